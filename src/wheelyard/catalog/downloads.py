"""Downloads: how often each file was taken, by day, index and program."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.download_tables import download_agents, downloads
from wheelyard.wire.local_stats import DownloadRow

__all__ = ["OTHER", "Counted", "DownloadCounts", "Downloads", "Selected"]

T = TypeVar("T")

OTHER = "other"
"""The program of downloads by programs for which there was no room."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often one program took one file from one index on one day."""

    day: date
    index: str
    project: str
    filename: str
    user_agent: str
    count: int


@dataclass(frozen=True, slots=True)
class Selected:
    """Which downloads are meant; None and empty mean all."""

    index: str = ""
    project: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class DownloadCounts:
    """How often something was taken: a day, a project, a file or a program."""

    what: str
    count: int


class Downloads:
    """The counts of one catalog. A day is forgotten whole."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, counted: Sequence[Counted], *, most_agents: int) -> None:
        """Add what was counted, in one transaction.

        A day has room for ``most_agents`` programs; further ones count as ``OTHER``.

        Raises:
            Unavailable: the catalog cannot be written now; nothing was counted.
        """
        await self._connections.write(_add, tuple(counted), most_agents)

    async def forget(self, before: date) -> None:
        """Forget the days before ``before``."""
        await self._connections.write(_forget, before.isoformat())

    async def days(self, index: str) -> tuple[date, ...]:
        """Return the days on which something of ``index`` was taken, in order."""
        return await self._connections.read(_select_days, index)

    async def has(self, index: str, day: date) -> bool:
        """Say whether something of ``index`` was taken on ``day``."""
        return await self._connections.read(_select_has, index, day.isoformat())

    async def of_day(self, index: str, day: date, use: Callable[[Iterator[DownloadRow]], T]) -> T:
        """Return what ``use`` makes of the rows of a day, in a thread, without keeping them all.

        They come in the order of mirrors: by file name, program and project.
        """
        return await self._connections.read(_use_day, index, day.isoformat(), use)

    async def each(self, selected: Selected, use: Callable[[Iterator[Counted]], T]) -> T:
        """Return what ``use`` makes of the rows that are meant, by day, index, file and program."""
        return await self._connections.read(_use_each, selected, use)

    async def by_day(self, selected: Selected) -> tuple[DownloadCounts, ...]:
        """Return the downloads of each day, in order."""
        return await self._connections.read(_sum, selected, "day")

    async def by_project(self, selected: Selected) -> tuple[DownloadCounts, ...]:
        """Return the downloads of each project, the one taken most first."""
        return await self._connections.read(_sum, selected, "project")

    async def by_file(self, selected: Selected) -> tuple[DownloadCounts, ...]:
        """Return the downloads of each file, the one taken most first."""
        return await self._connections.read(_sum, selected, "filename")


def _add(connection: sa.Connection, counted: Sequence[Counted], most_agents: int) -> None:
    numbers: dict[tuple[str, str], int] = {}
    summed: dict[tuple[str, str, str, str, int], int] = {}
    for each in counted:
        day = each.day.isoformat()
        agent = numbers.get((day, each.user_agent))
        if agent is None:
            agent = _agent(connection, day, each.user_agent, most_agents)
            numbers[day, each.user_agent] = agent
        key = (day, each.index, each.project, each.filename, agent)
        summed[key] = summed.get(key, 0) + each.count
    rows = [dict(zip(_KEYS, (*key, count), strict=True)) for key, count in summed.items()]
    if rows:
        connection.execute(_COUNT, rows)


def _agent(connection: sa.Connection, day: str, user_agent: str, most: int) -> int:
    """Return the number of a program on a day, or of ``OTHER`` if there is no room for it."""
    given = {"the_day": day, "agent": user_agent}
    found = connection.execute(_AGENT, given).scalar_one_or_none()
    if found is not None:
        return int(found)
    known = connection.execute(_AGENTS, {"the_day": day}).scalar_one()
    if known >= most and user_agent != OTHER:
        return _agent(connection, day, OTHER, most)
    connection.execute(download_agents.insert(), {"day": day, "user_agent": user_agent})
    return int(connection.execute(_AGENT, given).scalar_one())


def _forget(connection: sa.Connection, before: str) -> None:
    connection.execute(downloads.delete().where(downloads.c.day < before))
    connection.execute(download_agents.delete().where(download_agents.c.day < before))


def _select_days(connection: sa.Connection, index: str) -> tuple[date, ...]:
    rows = connection.execute(_DAYS, {"index": index}).scalars()
    return tuple(date.fromisoformat(day) for day in rows)


def _select_has(connection: sa.Connection, index: str, day: str) -> bool:
    return connection.execute(_HAS, {"the_day": day, "index": index}).first() is not None


def _use_day(
    connection: sa.Connection, index: str, day: str, use: Callable[[Iterator[DownloadRow]], T]
) -> T:
    rows = connection.execute(_OF_DAY, {"the_day": day, "index": index})
    return use(DownloadRow(*row) for row in rows)


def _use_each(
    connection: sa.Connection, selected: Selected, use: Callable[[Iterator[Counted]], T]
) -> T:
    query = (
        sa.select(
            downloads.c.day,
            downloads.c.index_name,
            downloads.c.project,
            downloads.c.filename,
            download_agents.c.user_agent,
            downloads.c.count,
        )
        .join(download_agents, _IS_AGENT)
        .where(*_conditions(selected))
        .order_by(
            downloads.c.day,
            downloads.c.index_name,
            downloads.c.filename,
            download_agents.c.user_agent,
            downloads.c.project,
        )
    )
    rows = connection.execute(query)
    return use(Counted(date.fromisoformat(row[0]), *row[1:]) for row in rows)


def _sum(connection: sa.Connection, selected: Selected, column: str) -> tuple[DownloadCounts, ...]:
    total = sa.func.sum(downloads.c.count)
    order = [downloads.c.day] if column == "day" else [total.desc(), downloads.c[column]]
    query = (
        sa.select(downloads.c[column], total)
        .where(*_conditions(selected))
        .group_by(downloads.c[column])
        .order_by(*order)
    )
    return tuple(DownloadCounts(*row) for row in connection.execute(query))


def _conditions(selected: Selected) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what is true of every row that is meant."""
    if selected.index:
        yield downloads.c.index_name == selected.index
    if selected.project:
        yield downloads.c.project == selected.project
    if selected.since is not None:
        yield downloads.c.day >= selected.since.isoformat()
    if selected.until is not None:
        yield downloads.c.day <= selected.until.isoformat()


_KEYS = ("day", "index_name", "project", "filename", "agent", "count")
_IS_AGENT = download_agents.c.id == downloads.c.agent
_INSERT = insert(downloads)
_COUNT = _INSERT.on_conflict_do_update(
    index_elements=list(downloads.primary_key.columns),
    set_={"count": downloads.c.count + _INSERT.excluded["count"]},
)
_AGENT = sa.select(download_agents.c.id).where(
    download_agents.c.day == sa.bindparam("the_day"),
    download_agents.c.user_agent == sa.bindparam("agent"),
)
_AGENTS = (
    sa.select(sa.func.count())
    .select_from(download_agents)
    .where(download_agents.c.day == sa.bindparam("the_day"))
)
_FIRST = sa.select(sa.func.min(downloads.c.day).label("day")).cte("days", recursive=True)
_NEXT = (
    sa.select(sa.func.min(downloads.c.day))
    .where(downloads.c.day > _FIRST.c.day)
    .correlate(_FIRST)
    .scalar_subquery()
)
_EVERY = _FIRST.union_all(sa.select(_NEXT).where(_FIRST.c.day.is_not(None)))
# From one day to the next along the key: DISTINCT would read every row of every day.
_DAYS = (
    sa.select(_EVERY.c.day)
    .where(
        _EVERY.c.day.is_not(None),
        sa.exists().where(
            downloads.c.day == _EVERY.c.day, downloads.c.index_name == sa.bindparam("index")
        ),
    )
    .order_by(_EVERY.c.day)
)
_HAS = (
    sa.select(downloads.c.day)
    .where(
        downloads.c.day == sa.bindparam("the_day"),
        downloads.c.index_name == sa.bindparam("index"),
    )
    .limit(1)
)
_OF_DAY = (
    sa.select(
        downloads.c.project,
        downloads.c.filename,
        download_agents.c.user_agent,
        downloads.c.count,
    )
    .join(download_agents, _IS_AGENT)
    .where(
        downloads.c.day == sa.bindparam("the_day"),
        downloads.c.index_name == sa.bindparam("index"),
    )
    .order_by(downloads.c.filename, download_agents.c.user_agent, downloads.c.project)
)
