"""The audit log: who changed what, when and from where. Rows are never changed and never deleted.

``append_audit`` belongs into the transaction of the change itself: neither is there without the
other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange
from wheelyard.catalog.people_tables import audit
from wheelyard.catalog.rows import columns_of, parse_map, render_json
from wheelyard.clock import Clock, Instant

__all__ = ["Actor", "Audit", "AuditEntry", "AuditRow", "append_audit"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and from where: a client's address, or ``command line``."""

    name: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did, before it is written. ``action`` is dotted: ``file.yank``.

    An empty ``index`` or ``project`` means that it was about none, or about all.
    """

    action: str
    index: str = ""
    project: str = ""
    detail: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the log. The order of fields is that of the columns."""

    id: int
    at: Instant
    actor: str
    action: str
    index_name: str
    project: str
    origin: str
    detail: Mapping[str, object] = field(default_factory=dict, hash=False)


def append_audit(connection: sa.Connection, actor: Actor, entry: AuditEntry, at: Instant) -> None:
    """Write down in the transaction of ``connection`` what ``actor`` did."""
    values = {
        "at": at,
        "actor": actor.name,
        "action": entry.action,
        "index_name": entry.index,
        "project": entry.project,
        "origin": actor.origin,
        "detail_json": render_json(dict(entry.detail)),
    }
    _INSERT.run(connection, values)


class Audit:
    """The audit log of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def append(self, actor: Actor, entry: AuditEntry) -> None:
        """Write down what changed nothing else in the catalog: a refused login, an export."""
        await self._connections.write(append_audit, actor, entry, self._clock.now())

    async def since(self, number: int = 0, limit: int = 1_000) -> tuple[AuditRow, ...]:
        """Return at most ``limit`` lines after line ``number``, oldest first."""
        return await self._connections.read(_select_since, number, limit)


def _select_since(connection: sa.Connection, after: int, limit: int) -> tuple[AuditRow, ...]:
    rows = connection.execute(_SINCE, {"after": after, "limit": limit})
    return tuple(
        AuditRow(number, at, actor, action, index, project, origin, parse_map(detail))
        for number, at, actor, action, index, project, origin, detail in rows
    )


_INSERT = PreparedChange(
    audit.insert(), [column.name for column in audit.columns if column.name != "id"]
)
_SINCE = (
    sa.select(*columns_of(audit, AuditRow))
    .where(audit.c.id > sa.bindparam("after"))
    .order_by(audit.c.id)
    .limit(sa.bindparam("limit"))
)
