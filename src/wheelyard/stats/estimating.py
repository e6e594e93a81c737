"""What a log says of the traffic, and what a month of it would cost.

Sums only: each number is one that ``awk`` finds in the same log. Bytes are those that the log
counts as sent. A hit is an answer that the cache had, whether or not it asked if that still
counts; the rate is of the requests of which the log says what the cache did.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final, Literal

from wheelyard.clock import Instant
from wheelyard.stats.counting import day_of
from wheelyard.wire.access_logs import CacheResult, LogEntry

__all__ = [
    "CLASSES",
    "Cost",
    "Estimate",
    "Kind",
    "Prices",
    "Projection",
    "Sums",
    "classify",
    "cost_of",
    "project",
]

Kind = Literal["pages", "files", "metadata", "other"]
CLASSES: Final[tuple[Kind, ...]] = ("pages", "files", "metadata", "other")

MONTH_DAYS: Final = 30
GIGABYTE: Final = 10**9
PRICED_REQUESTS: Final = 10_000

_DAY_SECONDS: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LEAST_SECONDS: Final = 3_600
"""A log of less than an hour says nothing of a month."""
_METADATA: Final = re.compile(
    r"\.metadata$|/provenance$|\.provenance$|/pypi/[^/]+/(?:[^/]+/)?json$"
)
_FILE: Final = re.compile(
    r"\.(?:whl|zip|egg|tgz|tar|tar\.(?:gz|bz2|xz|Z)|exe|msi|rpm|deb|dmg)$|/packages/.",
    re.IGNORECASE,
)
_PAGE: Final = re.compile(r"/simple(?:/|$)|/(?:%2B|\+)(?:links|simple)(?:/|$)", re.IGNORECASE)
_HITS: Final = frozenset({CacheResult.HIT, CacheResult.REFRESHED})
_FETCHES: Final = frozenset({CacheResult.MISS, CacheResult.PASSED, CacheResult.REFRESHED})


def classify(path: str) -> Kind:
    """Return what a path is of: metadata and provenance are beside files, files are not pages."""
    if _METADATA.search(path):
        return "metadata"
    if _FILE.search(path):
        return "files"
    return "pages" if _PAGE.search(path) else "other"


@dataclass(slots=True)
class Sums:
    """Sums over requests, added to as they come.

    ``fetches`` are those for which the cache asked the server or the store behind it, with a body
    of ``fetched_bytes`` in case it did not have it.
    """

    requests: int = 0
    bytes: int = 0
    known: int = 0
    hits: int = 0
    hit_bytes: int = 0
    fetches: int = 0
    fetched_bytes: int = 0

    def add(self, entry: LogEntry) -> None:
        """Add a request."""
        self.requests += 1
        self.bytes += entry.bytes_sent
        cache = entry.cache
        if cache is CacheResult.UNKNOWN:
            return
        self.known += 1
        if cache in _HITS:
            self.hits += 1
            self.hit_bytes += entry.bytes_sent
        if cache in _FETCHES:
            self.fetches += 1
            self.fetched_bytes += 0 if cache in _HITS else entry.bytes_sent

    def add_all(self, other: "Sums") -> None:
        """Add the sums of other requests."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def hit_rate(self) -> float | None:
        """Share of the requests that were hits; None if the log does not say what was one."""
        return self.hits / self.known if self.known else None

    @property
    def mean_bytes(self) -> float | None:
        """Mean bytes of an answer; None without any."""
        return self.bytes / self.requests if self.requests else None


@dataclass(slots=True)
class Estimate:
    """Sums of a log by class and by day, and from when to when it goes."""

    by_class: dict[Kind, Sums] = field(default_factory=lambda: {kind: Sums() for kind in CLASSES})
    by_day: defaultdict[date, Sums] = field(default_factory=lambda: defaultdict(Sums))
    first: Instant | None = None
    last: Instant | None = None

    def add(self, log: Iterable[LogEntry]) -> None:
        """Add the requests of a log."""
        for entry in log:
            self.by_class[classify(entry.path)].add(entry)
            self.by_day[day_of(entry.at)].add(entry)
            self._cover(entry.at)

    def add_day(self, day: date, requests: int, byte_count: int) -> None:
        """Add the files that were taken on a whole day, of which no more is known."""
        sums = Sums(requests=requests, bytes=byte_count)
        self.by_class["files"].add_all(sums)
        self.by_day[day].add_all(sums)
        start = Instant(float((day.toordinal() - _EPOCH) * _DAY_SECONDS))
        self._cover(start)
        self._cover(Instant(start + _DAY_SECONDS))

    def _cover(self, at: Instant) -> None:
        """Note that ``at`` is in what was summed."""
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)

    @property
    def total(self) -> Sums:
        """The sums over everything."""
        total = Sums()
        for sums in self.by_class.values():
            total.add_all(sums)
        return total


@dataclass(frozen=True, slots=True)
class Projection:
    """A month of the traffic of a log: 30 days like those that it covers."""

    seconds: float
    """How long the log goes, from its first request to its last one."""
    requests: float
    bytes: float
    fetches: float
    fetched_bytes: float


def project(estimate: Estimate) -> Projection | None:
    """Return a month; None if the log covers less than an hour."""
    if estimate.first is None or estimate.last is None:
        return None
    seconds = estimate.last - estimate.first
    if seconds < _LEAST_SECONDS:
        return None
    total, times = estimate.total, MONTH_DAYS * _DAY_SECONDS / seconds
    return Projection(
        seconds=seconds,
        requests=times * total.requests,
        bytes=times * total.bytes,
        fetches=times * total.fetches,
        fetched_bytes=times * total.fetched_bytes,
    )


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid for; None where it is not known. A gigabyte is 10^9 bytes."""

    requests: float | None = None
    """Of 10,000 requests to the CDN."""
    gigabyte: float | None = None
    """Of a gigabyte that the CDN sends."""
    store_requests: float | None = None
    """Of 10,000 requests by the CDN to the store."""
    store_gigabyte: float | None = None
    """Of a gigabyte that the store sends to the CDN."""
    kept_gigabyte: float | None = None
    """Of a gigabyte that the store keeps for a month."""
    kept_gigabytes: float = 0.0
    """How much it keeps."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a month costs, by what is paid for; None where no price was given."""

    requests: float | None = None
    transfer: float | None = None
    store_requests: float | None = None
    store_transfer: float | None = None
    storage: float | None = None

    @property
    def total(self) -> float:
        """The sum of what is known."""
        return sum(getattr(self, each.name) or 0.0 for each in fields(self))


def cost_of(month: Projection, prices: Prices) -> Cost | None:
    """Return what a month costs, in the currency of the prices; None without a price."""
    cost = Cost(
        requests=_times(prices.requests, month.requests / PRICED_REQUESTS),
        transfer=_times(prices.gigabyte, month.bytes / GIGABYTE),
        store_requests=_times(prices.store_requests, month.fetches / PRICED_REQUESTS),
        store_transfer=_times(prices.store_gigabyte, month.fetched_bytes / GIGABYTE),
        storage=_times(prices.kept_gigabyte, prices.kept_gigabytes),
    )
    return None if cost == Cost() else cost


def _times(price: float | None, amount: float) -> float | None:
    """Return what an amount costs; None without a price."""
    return None if price is None else price * amount
