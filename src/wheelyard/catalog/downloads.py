"""Downloads: how often each file was taken, by day, index and program."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.download_sums import (
    Aspect,
    DownloadCounts,
    DownloadSeries,
    Selected,
    conditions_of,
    select_series,
    select_sums,
)
from wheelyard.catalog.download_tables import download_agents, downloads
from wheelyard.wire.local_stats import DownloadRow
from wheelyard.wire.user_agents import UNKNOWN, Client

__all__ = [
    "OTHER",
    "Counted",
    "DownloadCounts",
    "DownloadSeries",
    "Downloads",
    "Selected",
    "add_counts",
]

T = TypeVar("T")

OTHER = "other"
"""The program of downloads by programs for which there was no room."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often one program took one file from one index on one day.

    ``client`` is what was found out of the program from its whole name for itself, of which
    ``user_agent`` is what is kept.
    """

    day: date
    index: str
    project: str
    filename: str
    user_agent: str
    count: int
    client: Client = UNKNOWN


class Downloads:
    """The counts of one catalog. A day is forgotten whole."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, counted: Sequence[Counted], *, most_agents: int) -> None:
        """Add what was counted, in one transaction.

        A day has room for ``most_agents`` programs. Further ones count as ``OTHER``, of which as
        many again are told apart by what is known of the client, and the rest by family alone.

        Raises:
            Unavailable: the catalog cannot be written now; nothing was counted.
        """
        await self._connections.write(add_counts, tuple(counted), most_agents)

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

    async def sums(self, selected: Selected, aspect: Aspect) -> tuple[DownloadCounts, ...]:
        """Return the downloads by ``aspect``: days in order, else the one taken most first."""
        return await self._connections.read(select_sums, selected, aspect)

    async def series(self, selected: Selected) -> Sequence[DownloadSeries]:
        """Return the downloads of each day, by what is known of the clients, in order."""
        return await self._connections.read(select_series, selected)


def add_counts(connection: sa.Connection, counted: Sequence[Counted], most_agents: int) -> None:
    """Do what ``Downloads.add`` promises, in the transaction of ``connection``."""
    numbers: dict[_Agent, int] = {}
    summed: dict[tuple[str, str, str, str, int], int] = {}
    for each in counted:
        agent = _Agent(each.day.isoformat(), each.user_agent, each.client)
        number = numbers.get(agent)
        if number is None:
            number = numbers[agent] = _number(connection, agent, most_agents)
        key = (agent.day, each.index, each.project, each.filename, number)
        summed[key] = summed.get(key, 0) + each.count
    rows = [dict(zip(_KEYS, (*key, count), strict=True)) for key, count in summed.items()]
    if rows:
        connection.execute(_COUNT, rows)


class _Agent(msgspec.Struct, frozen=True):
    """A program on a day, as it is told from others."""

    day: str
    user_agent: str
    client: Client

    @property
    def values(self) -> dict[str, object]:
        """Its row."""
        return {
            "day": self.day,
            "user_agent": self.user_agent,
            **msgspec.structs.asdict(self.client),
        }

    @property
    def key(self) -> dict[str, object]:
        """What its row is looked up by."""
        return {f"the_{name}": value for name, value in self.values.items()}


def _number(connection: sa.Connection, agent: _Agent, most: int) -> int:
    """Return the number of a program; where there is no room for it, of what it is lumped with."""
    client = agent.client
    lumped = _Agent(agent.day, OTHER, client)
    family = _Agent(agent.day, OTHER, Client(family=client.family, is_mirror=client.is_mirror))
    known: int | None = None
    for each, room in ((agent, most), (lumped, 2 * most)):
        if (number := _find(connection, each)) is not None:
            return number
        if known is None:
            known = int(connection.execute(_AGENTS, {"the_day": agent.day}).scalar_one())
        if known < room:
            return _new(connection, each)
    number = _find(connection, family)
    return _new(connection, family) if number is None else number


def _find(connection: sa.Connection, agent: _Agent) -> int | None:
    found = connection.execute(_AGENT, agent.key).scalar_one_or_none()
    return None if found is None else int(found)


def _new(connection: sa.Connection, agent: _Agent) -> int:
    connection.execute(download_agents.insert(), agent.values)
    return int(connection.execute(_AGENT, agent.key).scalar_one())


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
            *(download_agents.c[name] for name in _CLIENT),
        )
        .join(download_agents, _IS_AGENT)
        .where(*conditions_of(selected))
        .order_by(
            downloads.c.day,
            downloads.c.index_name,
            downloads.c.filename,
            download_agents.c.user_agent,
            downloads.c.project,
            *(download_agents.c[name] for name in _CLIENT),
        )
    )
    return use(_counted(connection.execute(query)))


_Row = tuple[str, str, str, str, str, int, str, str, str, bool, bool]


def _counted(rows: Iterable[_Row]) -> Iterator[Counted]:
    """Yield rows as records; of each client there is one record, however often it comes."""
    clients: dict[tuple[str, str, str, bool, bool], Client] = {}
    for row in rows:
        day, index, project, filename, agent, count, *_ = row
        family, python, system, is_mirror, is_ci = told = row[6:]
        client = clients.get(told)
        if client is None:
            client = Client(family, python, system, bool(is_mirror), bool(is_ci))
            clients[told] = client
        yield Counted(date.fromisoformat(day), index, project, filename, agent, count, client)


_KEYS = ("day", "index_name", "project", "filename", "agent", "count")
_IS_AGENT = download_agents.c.id == downloads.c.agent
_INSERT = insert(downloads)
_COUNT = _INSERT.on_conflict_do_update(
    index_elements=list(downloads.primary_key.columns),
    set_={"count": downloads.c.count + _INSERT.excluded["count"]},
)
_CLIENT = Client.__struct_fields__
_AGENT = sa.select(download_agents.c.id).where(
    *(
        download_agents.c[name] == sa.bindparam(f"the_{name}")
        for name in ("day", "user_agent", *_CLIENT)
    )
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
        sa.func.sum(downloads.c.count),
    )
    .join(download_agents, _IS_AGENT)
    .where(
        downloads.c.day == sa.bindparam("the_day"),
        downloads.c.index_name == sa.bindparam("index"),
    )
    # What is known of a client besides what is kept of its name is not told to mirrors.
    .group_by(downloads.c.filename, download_agents.c.user_agent, downloads.c.project)
    .order_by(downloads.c.filename, download_agents.c.user_agent, downloads.c.project)
)
