"""How many bytes the files had that were taken, by day: counts, and sizes out of the ledger."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.download_tables import downloads
from wheelyard.catalog.tables import ledger

__all__ = ["Taken", "TakenDay"]


@dataclass(frozen=True, slots=True)
class TakenDay:
    """What was taken on a day; ``unsized`` of the downloads are of files of unknown size."""

    day: date
    downloads: int
    bytes: int
    unsized: int


class Taken:
    """What was taken from all indexes of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def by_day(self) -> tuple[TakenDay, ...]:
        """Return what was taken on each day, in order.

        A file that had other bytes once counts with the most that it ever had.
        """
        return await self._connections.read(_select_days)


def _select_days(connection: sa.Connection) -> tuple[TakenDay, ...]:
    """Return the sums of each day."""
    files = _files(_owners(connection))
    taken, size = files.c.taken, files.c.size
    query = (
        sa.select(
            files.c.day,
            sa.func.sum(taken),
            sa.func.sum(taken * sa.func.coalesce(size, 0)),
            sa.func.sum(sa.case((size.is_(None), taken), else_=0)),
        )
        .group_by(files.c.day)
        .order_by(files.c.day)
    )
    return tuple(
        TakenDay(date.fromisoformat(day), int(number), int(byte_count), int(unsized))
        for day, number, byte_count, unsized in connection.execute(query)
    )


def _files(owners: list[str]) -> sa.Subquery:
    """Return how often each file was taken on each day, and its size.

    With the owners named a size is one look-up in the key of the ledger, which may be long.
    """
    size = (
        sa.select(sa.func.max(ledger.c.size))
        .where(ledger.c.owner.in_(owners))
        .where(ledger.c.project == downloads.c.project)
        .where(ledger.c.filename == downloads.c.filename)
        .correlate(downloads)
        .scalar_subquery()
    )
    columns = (downloads.c.day, downloads.c.project, downloads.c.filename)
    return (
        sa.select(*columns, sa.func.sum(downloads.c.count).label("taken"), size.label("size"))
        .group_by(*columns)
        .subquery()
    )


def _owners(connection: sa.Connection) -> list[str]:
    """Return every owner in the ledger: a few, found without reading all of it."""
    found: list[str] = []
    query = sa.select(sa.func.min(ledger.c.owner)).where(ledger.c.owner > sa.bindparam("last"))
    last = ""
    while (last := connection.execute(query, {"last": last}).scalar_one()) is not None:
        found.append(last)
    return found
