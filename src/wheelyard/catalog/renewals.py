"""Renewals: many pages read anew, written in one transaction.

Whoever renews a page alone holds a lock meanwhile, so that two answers cannot overtake each other.
Here the check is made when writing: a page that somebody else has renewed since it was looked at is
left as it is, and told, so that the answer that came late never replaces the newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from wheelyard.catalog.base import Change, PageRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, upsert
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.rows import values_of
from wheelyard.catalog.tables import ledger, pages
from wheelyard.clock import Clock, Instant

__all__ = ["Renewal", "Renewals", "Written"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """A page to be written: ``row``, unless it was checked since ``seen_at`` (None: not held).

    ``model`` takes the place of that of the row; empty, it says that the page was confirmed.
    """

    row: PageRow
    model: bytes = field(repr=False)
    seen_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A page as it was written: its revision, and whether the ledger has a file of its project."""

    revision: int
    has_evidence: bool


class Renewals:
    """Writes the pages of one catalog, many at a time."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def write(self, renewals: Sequence[Renewal], kind: str) -> list[Written | None]:
        """Write ``renewals`` in one transaction, and return what came of each.

        None stands for a page that was renewed by somebody else meanwhile, and left as it is. The
        journal has an entry of ``kind`` for each whose model changed, as ``Pages.renew``.
        """
        return await self._connections.write(self._write, renewals, kind)

    def _write(
        self, connection: sa.Connection, renewals: Sequence[Renewal], kind: str
    ) -> list[Written | None]:
        now = self._clock.now()
        return [_renew(connection, renewal, kind, now) for renewal in renewals]


@dataclass(frozen=True, slots=True)
class _Held:
    """What is there of a page, as far as a renewal depends on it."""

    checked_at: Instant
    revision: int
    is_same: int | None


def _renew(connection: sa.Connection, renewal: Renewal, kind: str, now: Instant) -> Written | None:
    """Write one page; None if somebody else has renewed it."""
    row = renewal.row
    values = values_of(row)
    values["model"] = renewal.model
    held = _HELD.first(connection, values)
    if (held.checked_at if held else None) != renewal.seen_at:
        return None
    has_evidence = _EVIDENCE.first(connection, values) is not None
    if held is not None and not renewal.model:
        _TOUCH.run(connection, values)
        return Written(held.revision, has_evidence)
    if held is not None and held.is_same:
        revision = held.revision
    else:
        revision = append_change(connection, Change(kind, row.owner, row.project), now)
    values["revision"] = revision
    _SAVE.run(connection, values)
    return Written(revision, has_evidence)


_IS_IT = (pages.c.owner == sa.bindparam("owner")) & (pages.c.project == sa.bindparam("project"))
_HELD = PreparedQuery(
    sa.select(pages.c.checked_at, pages.c.revision, pages.c.model == sa.bindparam("model")).where(
        _IS_IT
    ),
    _Held,
)
_EVIDENCE = PreparedQuery(
    sa.select(ledger.c.size)
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .limit(1),
    int,
)
_SAVE = PreparedChange(upsert(pages), [column.name for column in pages.columns])
_TOUCH = PreparedChange(
    pages.update()
    .where(_IS_IT)
    .values(
        checked_at=sa.bindparam("checked_at"), lifetime_seconds=sa.bindparam("lifetime_seconds")
    )
)
