"""Indexes that were added by command; those of the configuration are not written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_tables import indexes
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.rows import parse_map, render_json
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Conflict
from wheelyard.names import IndexName

__all__ = ["INDEX_CHANGED", "IndexRow", "Indexes"]

INDEX_CHANGED = "index.changed"


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One index. ``settings`` are those of ``[index.NAME]`` that differ from the defaults."""

    name: IndexName
    settings: Mapping[str, object] = field(hash=False)
    created_at: Instant
    created_by: str


class Indexes:
    """The indexes of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self) -> tuple[IndexRow, ...]:
        """Return every index, by name."""
        return await self._connections.read(_select)

    async def add(self, name: IndexName, settings: Mapping[str, object], actor: Actor) -> None:
        """Write down a new index.

        Raises:
            Conflict: there is one of that name.
        """
        await self._connections.write(_add, name, settings, actor, self._clock.now())

    async def remove(self, name: IndexName, actor: Actor) -> None:
        """Forget an index; what it holds of its own stays, and is there again if it is added.

        Raises:
            Absent: there is none of that name.
        """
        await self._connections.write(_remove, name, actor, self._clock.now())


def _select(connection: sa.Connection) -> tuple[IndexRow, ...]:
    return tuple(
        IndexRow(IndexName(name), parse_map(settings), Instant(at), by)
        for name, settings, at, by in connection.execute(_ALL)
    )


def _add(
    connection: sa.Connection,
    name: IndexName,
    settings: Mapping[str, object],
    actor: Actor,
    at: Instant,
) -> None:
    if connection.execute(_ONE, {"of_name": name}).first() is not None:
        raise Conflict(f"The index `{name}`", "there is one of that name already.")
    values = {
        "name": name,
        "settings_json": render_json(settings),
        "created_at": at,
        "created_by": actor.name,
    }
    connection.execute(_INSERT, values)
    append_change(connection, Change(INDEX_CHANGED, detail={"index": name}), at)
    append_audit(connection, actor, AuditEntry("index.add", name, detail=settings), at)


def _remove(connection: sa.Connection, name: IndexName, actor: Actor, at: Instant) -> None:
    if connection.execute(_REMOVE, {"of_name": name}).rowcount == 0:
        raise Absent(
            f"The index `{name}`", "this data directory: `wheelyard index list` shows which do"
        )
    append_change(connection, Change(INDEX_CHANGED, detail={"index": name}), at)
    append_audit(connection, actor, AuditEntry("index.remove", name), at)


_ALL = sa.select(
    indexes.c.name, indexes.c.settings_json, indexes.c.created_at, indexes.c.created_by
).order_by(indexes.c.name)
_ONE = sa.select(indexes.c.name).where(indexes.c.name == sa.bindparam("of_name"))
_INSERT = indexes.insert()
_REMOVE = indexes.delete().where(indexes.c.name == sa.bindparam("of_name"))
