"""Outages: when which door did not answer. Whoever sees it first writes it; one row per outage."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import sqlalchemy as sa

from wheelyard.catalog.base import OutageRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import outages
from wheelyard.clock import Instant

__all__ = ["Outages"]


class Outages:
    """The outage log of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, row: OutageRow) -> OutageRow | None:
        """Write down that a door is out, and return the row; None if that was known already."""
        return await self._connections.write(_begin, row)

    async def end(self, row: OutageRow, at: Instant) -> OutageRow | None:
        """Write down that an outage is over, and return the row; None if that was known already."""
        return await self._connections.write(_end, row, at)

    async def add(self, row: OutageRow, stale_answers: int, failed_answers: int) -> None:
        """Count answers that were given during an outage."""
        counts = {"row": row.id, "stale": stale_answers, "failed": failed_answers}
        await self._connections.write(_add, counts)

    async def last(self, url: str) -> OutageRow | None:
        """Return the newest outage of a door, over or not; None if it never had one."""
        return await self._connections.read(_select_last, url)

    async def since(self, moment: Instant) -> tuple[OutageRow, ...]:
        """Return the outages that reached beyond ``moment``, oldest first."""
        return await self._connections.read(_select_since, moment)

    async def among(self, newer_than: int, numbers: Sequence[int]) -> tuple[OutageRow, ...]:
        """Return the outages with an ``id`` above ``newer_than`` or one of ``numbers``, by it."""
        return await self._connections.read(_select_among, newer_than, tuple(numbers))


def _begin(connection: sa.Connection, row: OutageRow) -> OutageRow | None:
    last = _select_last(connection, row.url)
    if last is not None and last.ended_at is None:
        return None
    values = {name: value for name, value in values_of(row).items() if name != "id"}
    inserted = connection.execute(_INSERT, values).inserted_primary_key
    return replace(row, id=cast("tuple[int]", inserted)[0])


def _end(connection: sa.Connection, row: OutageRow, at: Instant) -> OutageRow | None:
    if connection.execute(_END, {"row": row.id, "at": at}).rowcount == 0:
        return None
    return _select_last(connection, row.url)


def _add(connection: sa.Connection, counts: dict[str, int]) -> None:
    connection.execute(_ADD, counts)


def _select_last(connection: sa.Connection, url: str) -> OutageRow | None:
    row = connection.execute(_LAST, {"door": url}).one_or_none()
    return None if row is None else OutageRow(*row)


def _select_since(connection: sa.Connection, moment: Instant) -> tuple[OutageRow, ...]:
    rows = [*connection.execute(_ENDED_SINCE, {"moment": moment}), *connection.execute(_OPEN)]
    found = (OutageRow(*row) for row in rows)
    return tuple(sorted(found, key=lambda row: (row.started_at, row.id)))


def _select_among(
    connection: sa.Connection, newer_than: int, numbers: tuple[int, ...]
) -> tuple[OutageRow, ...]:
    given = {"newer_than": newer_than, "numbers": numbers}
    return tuple(OutageRow(*row) for row in connection.execute(_AMONG, given))


_COLUMNS = columns_of(outages, OutageRow)
_INSERT = outages.insert()
_LAST = (
    sa.select(*_COLUMNS)
    .where(outages.c.url == sa.bindparam("door"))
    .order_by(outages.c.id.desc())
    .limit(1)
)
_ENDED_SINCE = sa.select(*_COLUMNS).where(outages.c.ended_at > sa.bindparam("moment"))
_OPEN = sa.select(*_COLUMNS).where(outages.c.ended_at.is_(None))
_AMONG = (
    sa.select(*_COLUMNS)
    .where(
        (outages.c.id > sa.bindparam("newer_than"))
        | outages.c.id.in_(sa.bindparam("numbers", expanding=True))
    )
    .order_by(outages.c.id)
)
_END = (
    outages.update()
    .where(outages.c.id == sa.bindparam("row"), outages.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)
_ADD = (
    outages.update()
    .where(outages.c.id == sa.bindparam("row"))
    .values(
        stale_answers=outages.c.stale_answers + sa.bindparam("stale"),
        failed_answers=outages.c.failed_answers + sa.bindparam("failed"),
    )
)
