"""Watching: what changed in the catalog since the last look, whoever changed it."""

import sqlalchemy as sa

from wheelyard.catalog.base import JournalRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import load_data_version
from wheelyard.catalog.journal import select_last, select_since
from wheelyard.errors import Unavailable

__all__ = ["Watcher"]

MAX_ROWS = 1_000


class Watcher:
    """Sees every journal row once: those of other processes and those of this one.

    ``poll`` asks one cheap question (a number in shared memory) unless somebody has committed
    since the last poll. Call it every 200 ms to see changes within a second.
    """

    def __init__(self, connections: Connections, since: int | None = None) -> None:
        self._connections = connections
        self._serial = since
        self._version: int | None = None

    async def poll(self) -> tuple[JournalRow, ...]:
        """Return the rows that are new since the last poll, oldest first.

        The first poll of a watcher made without ``since`` returns none: it sets the mark. So poll
        once before reading what the rows are to keep up to date.

        Raises:
            Unavailable: the catalog cannot be read now; the next poll makes up for it.
        """
        try:
            return await self._connections.watch(self._look)
        except Unavailable:
            self._version = None  # numbers of two connections say nothing about each other
            raise

    def _look(self, connection: sa.Connection) -> tuple[JournalRow, ...]:
        version = load_data_version(connection)
        if version == self._version:
            return ()
        if self._serial is None:
            self._serial = select_last(connection)
        rows = select_since(connection, self._serial, MAX_ROWS)
        if rows:
            self._serial = rows[-1].serial
        if len(rows) < MAX_ROWS:
            self._version = version
        return rows
