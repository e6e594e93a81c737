"""The outage log for people: the last outages, and how much of each month a door was there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from wheelyard.catalog import OutageRow

__all__ = ["OutageStatus", "availability", "months_before", "report_outages"]

MAX_SHOWN = 20
"""How many outages the status document has: the newest."""

_MONTHS = 12
_MONTHS_A_YEAR = 12


class OutageStatus(msgspec.Struct, frozen=True):
    """One outage, for people. Times are in UTC; ``ended_at`` is None while it lasts."""

    upstream: str
    url: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float
    cause: str
    last_error: str
    stale_answers: int
    failed_answers: int


def report_outages(rows: Sequence[OutageRow], now: float) -> tuple[OutageStatus, ...]:
    """Return the last outages, newest first; one that lasts has lasted until ``now``."""
    newest = sorted(rows, key=lambda row: row.started_at, reverse=True)[:MAX_SHOWN]
    return tuple(_report(row, now) for row in newest)


def availability(rows: Iterable[OutageRow], since: float, now: float) -> dict[str, float]:
    """Return in percent how much of each month no outage of ``rows`` covered, oldest month first.

    Months are those of UTC, as ``2026-11``. The first counts from ``since`` on and the present one
    until ``now``: what nobody could have seen is left out.
    """
    spans = [(row.started_at, now if row.ended_at is None else row.ended_at) for row in rows]
    begins = max(since, months_before(now))
    shares: dict[str, float] = {}
    for name, month_start, month_end in _months(begins, now):
        start, end = max(month_start, begins), min(month_end, now)
        if end > start:
            out = sum(max(0.0, min(until, end) - max(at, start)) for at, until in spans)
            shares[name] = round(100 * max(0.0, 1 - out / (end - start)), 3)
    return shares


def months_before(now: float) -> float:
    """Return when the oldest month began that people are told of."""
    today = datetime.fromtimestamp(now, UTC)
    months = today.year * _MONTHS_A_YEAR + today.month - _MONTHS
    return _month_start(months)


def _months(since: float, now: float) -> Iterator[tuple[str, float, float]]:
    """Yield name, beginning and end of every month from that of ``since`` to that of ``now``."""
    first = datetime.fromtimestamp(since, UTC)
    month = first.year * _MONTHS_A_YEAR + first.month - 1
    while (start := _month_start(month)) <= now:
        year, index = divmod(month, _MONTHS_A_YEAR)
        yield f"{year:04d}-{index + 1:02d}", start, _month_start(month + 1)
        month += 1


def _month_start(month: int) -> float:
    """Return when a month begins; months are counted from the year 0."""
    year, index = divmod(month, _MONTHS_A_YEAR)
    return datetime(year, index + 1, 1, tzinfo=UTC).timestamp()


def _report(row: OutageRow, now: float) -> OutageStatus:
    """Return one outage as people read it."""
    ended = row.ended_at
    return OutageStatus(
        upstream=row.upstream,
        url=row.url,
        started_at=_moment(row.started_at),
        ended_at=None if ended is None else _moment(ended),
        seconds=round(max(0.0, (now if ended is None else ended) - row.started_at), 1),
        cause=row.cause,
        last_error=row.last_error,
        stale_answers=row.stale_answers,
        failed_answers=row.failed_answers,
    )


def _moment(seconds: float) -> datetime:
    """Return a moment in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
