"""The journal: every change with a serial. What publishing, search and feeds are derived from."""

from collections.abc import Collection

import sqlalchemy as sa

from wheelyard.catalog.base import Change, JournalRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange
from wheelyard.catalog.rows import columns_of, parse_map, render_json
from wheelyard.catalog.tables import journal
from wheelyard.clock import Clock, Instant

__all__ = ["Journal", "append_change", "select_last", "select_since"]


def append_change(connection: sa.Connection, change: Change, at: Instant) -> int:
    """Write ``change`` in the transaction of ``connection`` and return its serial."""
    values = {
        "at": at,
        "kind": change.kind,
        "owner": change.owner,
        "project": change.project,
        "detail_json": render_json(dict(change.detail)),
    }
    return _INSERT.run(connection, values)


def select_since(connection: sa.Connection, serial: int, limit: int) -> tuple[JournalRow, ...]:
    """Return at most ``limit`` changes after ``serial``, oldest first."""
    rows = connection.execute(_SINCE, {"after": serial, "limit": limit})
    return tuple(
        JournalRow(serial, at, kind, owner, project, parse_map(detail))
        for serial, at, kind, owner, project, detail in rows
    )


def select_last(connection: sa.Connection) -> int:
    """Return the serial of the newest change; 0 if there was none."""
    return int(connection.execute(_LAST).scalar_one() or 0)


class Journal:
    """The journal of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def append(self, change: Change) -> int:
        """Write ``change`` by itself and return its serial."""
        return await self._connections.write(append_change, change, self._clock.now())

    async def since(self, serial: int, limit: int = 1_000) -> tuple[JournalRow, ...]:
        """Return at most ``limit`` changes after ``serial``, oldest first."""
        return await self._connections.read(select_since, serial, limit)

    async def last(self) -> int:
        """Return the serial of the newest change; 0 if there was none."""
        return await self._connections.read(select_last)

    async def last_of(self, owners: Collection[str], until: int) -> JournalRow | None:
        """Return the newest change up to the serial ``until`` of a project of one of ``owners``."""
        return await self._connections.read(_select_last_of, tuple(owners), until)


def _select_last_of(
    connection: sa.Connection, owners: tuple[str, ...], until: int
) -> JournalRow | None:
    rows = connection.execute(_LAST_OF, {"owners": owners, "until": until})
    return next(
        (
            JournalRow(serial, at, kind, owner, project, parse_map(detail))
            for serial, at, kind, owner, project, detail in rows
        ),
        None,
    )


_INSERT = PreparedChange(
    journal.insert(), [column.name for column in journal.columns if column.name != "serial"]
)
_LAST = sa.select(sa.func.max(journal.c.serial))
_SINCE = (
    sa.select(*columns_of(journal, JournalRow))
    .where(journal.c.serial > sa.bindparam("after"))
    .order_by(journal.c.serial)
    .limit(sa.bindparam("limit"))
)
_LAST_OF = (
    sa.select(*columns_of(journal, JournalRow))
    .where(
        journal.c.serial <= sa.bindparam("until"),
        journal.c.owner.in_(sa.bindparam("owners", expanding=True)),
        journal.c.project != "",
    )
    .order_by(journal.c.serial.desc())
    .limit(1)
)
