"""Readiness: what each judgement of ``wheelyard ready`` came to, the last one of each kept.

A judgement has a name, that of the requirements file, and one row for each target.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from wheelyard.catalog.base import ReadinessRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.mirror_tables import readiness
from wheelyard.catalog.rows import columns_of, parse_map, render_json
from wheelyard.clock import Clock

__all__ = ["Readiness"]


class Readiness:
    """The judgements of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def save(self, name: str, rows: Sequence[ReadinessRow]) -> None:
        """Keep the judgement about ``name`` in place of the one before, whatever its targets."""
        await self._connections.write(_save, name, tuple(rows))

    async def load(self) -> tuple[ReadinessRow, ...]:
        """Return the last judgement of each name, by name and target."""
        return await self._connections.read(_select)


def _save(connection: sa.Connection, name: str, rows: tuple[ReadinessRow, ...]) -> None:
    connection.execute(_REMOVE, {"of_name": name})
    for row in rows:
        values = {
            "name": name,
            "target": row.target,
            "checked_at": row.checked_at,
            "wanted": row.wanted,
            "missing": row.missing,
            "report_json": render_json(row.report),
        }
        connection.execute(_SAVE, values)


def _select(connection: sa.Connection) -> tuple[ReadinessRow, ...]:
    return tuple(
        ReadinessRow(name, target, checked_at, wanted, missing, parse_map(text))
        for name, target, checked_at, wanted, missing, text in connection.execute(_ALL)
    )


_REMOVE = readiness.delete().where(readiness.c.name == sa.bindparam("of_name"))
_SAVE = upsert(readiness)
_ALL = sa.select(*columns_of(readiness, ReadinessRow)).order_by(
    readiness.c.name, readiness.c.target
)
