"""What mirrors have told each other since 2009, as far as it lives.

``/last-modified``: an index is at least as new as this. ``/local-stats/days/``: how often each file
was taken, by day. Signatures of pages went another way, and are gone.
Source: PEP 381; PEP 449 and 464 (what was withdrawn).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import takewhile
from typing import Protocol, TypeVar

import anyio

from wheelyard.app import Index
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent
from wheelyard.names import ProjectName
from wheelyard.server.exchange import Exchange
from wheelyard.server.problems import gone
from wheelyard.server.sending import matches
from wheelyard.stats import is_finished
from wheelyard.wire.last_modified import render_last_modified
from wheelyard.wire.local_stats import (
    DownloadRow,
    parse_day_filename,
    render_local_stats,
    render_stats_listing,
)

__all__ = ["DayRows", "LastModified", "LocalStats", "Runs", "Signatures"]

T = TypeVar("T")

_KEPT_BYTES = 32 * 1024**2
_KEPT_SECONDS = 60.0
"""How long a file of a day is given out again: whoever asks often makes no work."""


class Runs(Protocol):
    """What knows when an index was last filled ahead of need."""

    async def last_complete(self, index: str) -> Instant | None:
        """Return when the last run began that got all of it; None if none did."""


@dataclass(frozen=True, slots=True)
class LastModified:
    """Answers ``/last-modified`` of one index.

    The answer is short on purpose: probes of the past read once, and take 1,200 bytes.
    """

    index: Index
    runs: Callable[[], Runs]

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``last-modified`` in the path."""
        if parts:
            raise Absent(f"`/{exchange.path[:100]}`", "this server: leave out what follows")
        name = self.index.name
        moment = await self.runs().last_complete(name)
        if moment is None:
            reason = f"this server: no `wheelyard sync` of the index `{name}` was ever complete"
            raise Absent("`last-modified`", reason)
        body = render_last_modified(moment)
        headers = (
            (b"content-type", b"text/plain"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-cache"),
            (b"cache-status", b"wheelyard; detail=own"),
        )
        await exchange.answer(200, headers, body)


class DayRows(Protocol):
    """What knows what was taken."""

    async def days(self, index: str) -> tuple[date, ...]:
        """Return the days on which something of ``index`` was taken, in order."""

    async def has(self, index: str, day: date) -> bool:
        """Say whether something of ``index`` was taken on ``day``."""

    async def of_day(self, index: str, day: date, use: Callable[[Iterator[DownloadRow]], T]) -> T:
        """Return what ``use`` makes of the rows of a day, in a thread."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The file of a day, made at a moment."""

    body: bytes = field(repr=False)
    at: Instant

    @property
    def etag(self) -> str:
        """The name of these bytes."""
        return f'"{blake2b(self.body, digest_size=16).hexdigest()}"'


@dataclass(slots=True)
class LocalStats:
    """Answers ``/local-stats/days/`` of one index, from ``rows``.

    A reader sees the projects that they may read in this index now. One that became a private
    project of another index is left out, whoever took it before.
    """

    index: Index
    rows: Callable[[], DayRows]
    clock: Clock
    has_header: bool = True
    _kept: OrderedDict[date, _Made] = field(default_factory=OrderedDict, init=False)
    _making: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``local-stats`` in the path."""
        match parts:
            case []:
                await exchange.redirect("local-stats/days/")
            case [""] | ["days"]:
                await exchange.redirect("days/")
            case ["days", ""]:
                now = self.clock.now()
                days = await self.rows().days(self.index.name)
                listed = takewhile(lambda day: is_finished(day, now), days)
                body = render_stats_listing(listed)
                await _send(exchange, b"text/html; charset=utf-8", _Made(body, now))
            case ["days", name]:
                made = await self._file(exchange, name)
                await _send(exchange, b"application/x-bzip2", made)
            case _:
                raise Absent(f"`/{exchange.path[:100]}`", "this server: see `/local-stats/days/`")

    async def _file(self, exchange: Exchange, name: str) -> _Made:
        """Return the file of a day.

        Raises:
            Absent: it is no day, is not over, or nothing was taken on it.
        """
        day, now = parse_day_filename(name), self.clock.now()
        is_over = day is not None and is_finished(day, now)
        if day is None or not is_over or not await self.rows().has(self.index.name, day):
            where = "this server: `/local-stats/days/` lists the days that are over"
            raise Absent(f"`/local-stats/days/{name[:40]}`", where)
        async with self._making:  # one at a time: a day may have a million rows
            if exchange.reader.names != "all":
                return await self._made(day, exchange.reader.may_read)
            made = self._kept.get(day)
            if made is None or not 0 <= now - made.at < _KEPT_SECONDS:
                made = self._kept[day] = await self._made(day, None)
                self._kept.move_to_end(day)
                while len(self._kept) > 1 and self._kept_bytes() > _KEPT_BYTES:
                    self._kept.popitem(last=False)
            return made

    def _kept_bytes(self) -> int:
        """Return how much memory the files take that are kept."""
        return sum(len(made.body) for made in self._kept.values())

    async def _made(self, day: date, may_read: Callable[[ProjectName], bool] | None) -> _Made:
        """Return the file of a day, for whoever may read these projects."""
        front = self.index.chain.parts
        hosted = frozenset(await front.hosted_names())
        known: dict[str, bool] = {}

        def is_shown(project: str) -> bool:
            name = ProjectName(project)
            if may_read is not None and not may_read(name):
                return False
            if name not in hosted and name not in front.ownership.reserved:
                return True
            return any(own.has(name) for own in front.own)

        def use(rows: Iterator[DownloadRow]) -> bytes:
            shown = (row for row in rows if _known(known, row.project, is_shown))
            return render_local_stats(shown, has_header=self.has_header)

        body = await self.rows().of_day(self.index.name, day, use)
        return _Made(body, self.clock.now())


def _known(known: dict[str, bool], project: str, decide: Callable[[str], bool]) -> bool:
    """Return what was decided of a project; once for all of its rows."""
    if project not in known:
        known[project] = decide(project)
    return known[project]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Answers ``/serverkey`` and ``/serversig/``: what signed pages once, and what does now.

    Source: PEP 464.
    """

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` does not matter."""
        del parts
        sentence = (
            "Signatures of pages with the server's DSA key were withdrawn in 2014 (PEP 464). "
            "The signed manifest at `/-/manifest` takes their place: "
            "`wheelyard verify --manifest FILE` checks it."
        )
        await exchange.problem(gone(sentence))


async def _send(exchange: Exchange, content_type: bytes, made: _Made) -> None:
    """Send what was made, or the news that the client has it."""
    headers = [
        (b"etag", made.etag.encode()),
        (b"cache-control", b"no-cache"),
        (b"cache-status", b"wheelyard; detail=own"),
    ]
    if matches(exchange.header(b"if-none-match"), made.etag):
        await exchange.answer(304, headers)
        return
    headers += [(b"content-type", content_type), (b"content-length", b"%d" % len(made.body))]
    await exchange.answer(200, headers, made.body)
