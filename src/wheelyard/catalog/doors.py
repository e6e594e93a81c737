"""Doors: the upstreams of an index, recorded at the first start and kept from then on."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa

from wheelyard.catalog.base import DoorRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.rows import parse_map, render_json
from wheelyard.catalog.tables import doors
from wheelyard.clock import Clock
from wheelyard.names import IndexName

__all__ = ["Doors"]


class Doors:
    """The recorded doors of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self, index: IndexName) -> tuple[DoorRow, ...]:
        """Return the doors of ``index`` in order; none if nothing was recorded."""
        return await self._connections.read(_select, index)

    async def record(self, index: IndexName, rows: Sequence[DoorRow]) -> tuple[DoorRow, ...]:
        """Record the doors of ``index`` unless there are some, and return those that count.

        User-info is taken out of the URLs: no secret is stored in clear.
        """
        return await self._connections.write(self._record, index, rows)

    async def replace(self, index: IndexName, rows: Sequence[DoorRow]) -> tuple[DoorRow, ...]:
        """Record the doors of ``index`` in place of what is there, and return them."""
        return await self._connections.write(self._replace, index, rows)

    def _record(
        self, connection: sa.Connection, index: IndexName, rows: Sequence[DoorRow]
    ) -> tuple[DoorRow, ...]:
        return _select(connection, index) or self._replace(connection, index, rows)

    def _replace(
        self, connection: sa.Connection, index: IndexName, rows: Sequence[DoorRow]
    ) -> tuple[DoorRow, ...]:
        connection.execute(_REMOVE, {"index": index})
        for position, row in enumerate(rows):
            values = {
                "index_name": index,
                "position": position,
                "name": row.name,
                "url": _without_user_info(row.url),
                "options_json": render_json(dict(row.options)),
                "recorded_at": self._clock.now(),
            }
            connection.execute(_INSERT, values)
        return _select(connection, index)


def _select(connection: sa.Connection, index: IndexName) -> tuple[DoorRow, ...]:
    rows = connection.execute(_SELECT, {"index": index})
    return tuple(DoorRow(name, url, parse_map(options)) for name, url, options in rows)


def _without_user_info(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


_SELECT = (
    sa.select(doors.c.name, doors.c.url, doors.c.options_json)
    .where(doors.c.index_name == sa.bindparam("index"))
    .order_by(doors.c.position)
)
_INSERT = doors.insert()
_REMOVE = doors.delete().where(doors.c.index_name == sa.bindparam("index"))
