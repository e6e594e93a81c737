"""``/-/api/packages/NAME/...``: how often a project was taken, as programs for PyPI ask for it.

The paths and the answers are those of pypistats.org, so that its clients work with another base
address: ``recent``, ``overall``, ``python_major``, ``python_minor``, ``system``. As there, only
days that are over count, of the last 180, and mirrors only where they are asked for. Who may not
read a project is told what a project is told of that never was.
Source: pypistats.org, "API".
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final, Protocol
from urllib.parse import parse_qsl, unquote

import msgspec

from wheelyard.app import MAIN, Index
from wheelyard.catalog.downloads import DownloadSeries, Selected
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, BadInput
from wheelyard.names import IndexName, ProjectName, parse_project_name
from wheelyard.repository.blocked import refuse_blocked
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange
from wheelyard.server.readers import Readers
from wheelyard.server.sending import matches
from wheelyard.server.who import shown_by
from wheelyard.stats import day_of, is_finished

__all__ = ["DownloadApi", "DownloadApiParts", "SeriesRows"]

_DAYS: Final = 180
_PERIODS: Final = {"day": 1, "month": 30, "week": 7}
_NULL: Final = "null"
_SYSTEMS: Final = frozenset({"Windows", "Linux", "Darwin", ""})
_QUESTIONS: Final = {
    "recent": "period",
    "overall": "mirrors",
    "python_major": "version",
    "python_minor": "version",
    "system": "os",
}
"""What can be asked, and by which parameter an answer is narrowed."""


class SeriesRows(Protocol):
    """What knows what was taken: the catalog's ``Downloads``."""

    async def series(self, selected: Selected) -> Sequence[DownloadSeries]:
        """Return the downloads of each day, by what is known of the clients, in order."""


@dataclass(frozen=True, slots=True)
class DownloadApiParts:
    """What the answers are made from."""

    rows: Callable[[], SeriesRows]
    indexes: Mapping[IndexName, Index]
    readers: Readers
    addresses: Addresses
    clock: Clock


class _Answer(msgspec.Struct, frozen=True):
    """An answer, with its keys in the order that pypistats.org has them in."""

    data: Mapping[str, int] | Sequence[Mapping[str, str | int]]
    package: str
    type: str


@dataclass(frozen=True, slots=True)
class DownloadApi:
    """Answers ``/-/api/packages/NAME/QUESTION`` and ``/-/api/INDEX/packages/NAME/QUESTION``."""

    parts: DownloadApiParts

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``api`` in the path."""
        match [unquote(part) for part in parts]:
            case ["packages", name, question] if question in _QUESTIONS:
                index: str = MAIN
            case [index, "packages", name, question] if question in _QUESTIONS:
                pass
            case _:
                raise Absent(f"`/{exchange.path[:100]}`", _WHERE)
        found = self.parts.indexes.get(IndexName(index))
        if found is None:
            raise Absent(f"`/{exchange.path[:100]}`", _WHERE)
        narrowed = _parameter(exchange, _QUESTIONS[question])
        project = parse_project_name(name)
        rows = await self._rows(exchange, found, project)
        answer = _answer(question, narrowed, project, rows, _last_day(self.parts.clock.now()))
        await _send(exchange, answer)

    async def _rows(
        self, exchange: Exchange, index: Index, project: ProjectName
    ) -> Sequence[DownloadSeries]:
        """Return what was taken of a project that the client may read.

        Raises:
            LoginNeeded: the index is not open to all.
            Refused: the name is blocked, as its page says too.
            Absent: it is not there for them, or nothing was taken.
        """
        try:
            shown = shown_by(exchange, self.parts.addresses)
            exchange.reader = await self.parts.readers.of(index, shown)
        except Absent:
            raise Absent(f"`/{exchange.path[:100]}`", _WHERE) from None
        exchange.reader.admit(project)
        refuse_blocked(index.chain.parts.ownership.blocked, project, f"`{project}`")
        if not await _is_shown(index, project):
            raise Absent(f"`{project}`")
        until = _last_day(self.parts.clock.now())
        since = until - timedelta(days=_DAYS - 1)
        rows = await self.parts.rows().series(Selected(index.name, project, since, until))
        if not rows:
            raise Absent(f"`{project}`")
        return rows


_WHERE: Final = (
    "this server: counts are at `/-/api/packages/NAME/` and `/-/api/INDEX/packages/NAME/`, "
    f"followed by {', '.join(f'`{name}`' for name in _QUESTIONS)}"
)


async def _is_shown(index: Index, project: ProjectName) -> bool:
    """Say whether a project is one of the index now: it may have become one of another."""
    front = index.chain.parts
    if project in front.ownership.reserved or project in await front.hosted_names():
        return any(own.has(project) for own in front.own)
    return True


def _parameter(exchange: Exchange, name: str) -> str | None:
    """Return the parameter of that name; None if it is not there or empty."""
    query: bytes = exchange.scope.get("query_string", b"")
    return dict(parse_qsl(query[:1_000].decode("latin-1"))).get(name)


def _last_day(now: Instant) -> date:
    """Return the last day that is over, with all its counts."""
    yesterday = day_of(now) - timedelta(days=1)
    return yesterday if is_finished(yesterday, now) else yesterday - timedelta(days=1)


def _answer(
    question: str,
    narrowed: str | None,
    project: ProjectName,
    rows: Sequence[DownloadSeries],
    last: date,
) -> _Answer:
    """Return the answer to a question.

    Raises:
        BadInput: it is narrowed to what there is none of.
    """
    kind = f"{question}_downloads"
    if question == "recent":
        return _Answer(_recent(narrowed, rows, last), project, kind)
    if question == "overall":
        return _Answer(_overall(narrowed, rows), project, kind)
    taken = [row for row in rows if not row.is_mirror]
    found = _series((_CATEGORY[question](row) or _NULL, row) for row in taken)
    if narrowed is not None:
        wanted = narrowed.casefold()
        found = [row for row in found if str(row["category"]).casefold() == wanted]
    return _Answer(found, project, kind)


def _recent(period: str | None, rows: Iterable[DownloadSeries], last: date) -> dict[str, int]:
    """Return what was taken in the last day, week and month, but for mirrors."""
    if period is not None and period not in _PERIODS:
        raise BadInput(f"`period`: expected `day`, `week` or `month`, got `{period[:40]}`.")
    wanted = _PERIODS if period is None else {period: _PERIODS[period]}
    sums = {f"last_{name}": 0 for name in wanted}
    for row in rows:
        for name, days in wanted.items():
            if not row.is_mirror and row.day > last - timedelta(days=days):
                sums[f"last_{name}"] += row.count
    return sums


def _overall(mirrors: str | None, rows: Sequence[DownloadSeries]) -> list[Mapping[str, str | int]]:
    """Return what was taken by day, with mirrors and without."""
    if mirrors is not None and mirrors not in {"true", "false"}:
        raise BadInput(f"`mirrors`: expected `true` or `false`, got `{mirrors[:40]}`.")
    both = [("with_mirrors", row) for row in rows] if mirrors != "false" else []
    if mirrors != "true":
        both += [("without_mirrors", row) for row in rows if not row.is_mirror]
    return _series(both)


def _series(
    sorted_rows: Iterable[tuple[str, DownloadSeries]],
) -> list[Mapping[str, str | int]]:
    """Return the sums of each category, by day."""
    sums: defaultdict[tuple[str, date], int] = defaultdict(int)
    for category, row in sorted_rows:
        sums[category, row.day] += row.count
    return [
        {"category": category, "date": day.isoformat(), "downloads": count}
        for (category, day), count in sorted(sums.items())
    ]


_CATEGORY: Final[Mapping[str, Callable[[DownloadSeries], str]]] = {
    "python_major": lambda row: row.python.partition(".")[0],
    "python_minor": lambda row: row.python,
    "system": lambda row: row.system if row.system in _SYSTEMS else "other",
}


async def _send(exchange: Exchange, answer: _Answer) -> None:
    """Send an answer, or the news that the client has it."""
    body = msgspec.json.encode(answer)
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    caching = b"private, no-cache" if exchange.reader.is_private else b"no-cache"
    headers = [
        (b"etag", etag.encode()),
        (b"cache-control", caching),
        (b"vary", b"Authorization"),
        (b"cache-status", b"wheelyard; detail=own"),
    ]
    if matches(exchange.header(b"if-none-match"), etag):
        await exchange.answer(304, headers)
        return
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await exchange.answer(200, headers, body)
