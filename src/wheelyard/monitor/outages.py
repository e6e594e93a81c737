"""Watching for outages: what the doors did becomes the outage log, while the server runs.

Every worker watches its own requests; the log is in the catalog, and whoever sees a beginning or
an end first writes it and tells it.  ``decide/outage.py`` says what counts as one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import anyio

from wheelyard.catalog import OutageRow
from wheelyard.clock import Clock, Instant
from wheelyard.decide import outage
from wheelyard.errors import Unavailable
from wheelyard.monitor.counters import Counters
from wheelyard.repository.observed import DoorState

__all__ = ["OutageLog", "OutageWatch"]

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_UNCLEAR_SECONDS = 30.0
"""For how long a failure may turn out to be the first of an outage, as to what is counted."""


class OutageLog(Protocol):
    """Where outages are written down; the catalog's ``Outages``."""

    async def begin(self, row: OutageRow) -> OutageRow | None:
        """Write down a beginning; None if it was known."""

    async def end(self, row: OutageRow, at: Instant) -> OutageRow | None:
        """Write down an end; None if it was known."""

    async def add(self, row: OutageRow, stale_answers: int, failed_answers: int) -> None:
        """Count answers given during an outage."""

    async def last(self, url: str) -> OutageRow | None:
        """Return the newest outage of a door."""

    async def since(self, moment: Instant) -> tuple[OutageRow, ...]:
        """Return the outages that reached beyond a moment."""


@dataclass(frozen=True, slots=True)
class _Given:
    """Answers that an outage may have spoilt, since the worker started."""

    stale: int = 0
    failed: int = 0


@dataclass(slots=True)
class OutageWatch:
    """Looks at the doors every second. Its work is done in the event loop's thread.

    ``knows_all_doors`` says that there are no doors but these: an outage of any other is over.
    """

    log: OutageLog
    doors: Sequence[DoorState]
    counters: Counters
    clock: Clock
    knows_all_doors: bool = field(default=True, kw_only=True)
    _open: dict[str, OutageRow] = field(default_factory=dict, init=False)
    _seen: list[outage.Row | None] | None = field(default=None, init=False)
    _told: _Given = field(default_factory=_Given, init=False)

    async def run(self) -> None:
        """Look, now and then, until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                _LOG.warning("The outage log cannot be kept up to date: %s", error)
            await anyio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Write down what has begun, what is over, and what was answered meanwhile.

        Raises:
            Unavailable: the catalog cannot be read or written now; the next look makes up for it.
        """
        rows = [door.row for door in self.doors]
        if rows == self._seen and _given(self.counters) == self._told and not self._open:
            return  # nothing happened that anybody could have written about
        if self._seen is None:
            await self._end_forgotten()
        for door in self.doors:
            await self._follow(door)
        await self._count()
        self._seen = rows

    async def _end_forgotten(self) -> None:
        """End the outages of doors that are not in use any more: nobody else would."""
        now, urls = self.clock.now(), {door.url for door in self.doors}
        if not self.knows_all_doors:
            return
        for row in await self.log.since(now):
            if row.ended_at is None and row.url not in urls:
                await self.log.end(row, now)

    async def _follow(self, door: DoorState) -> None:
        """Compare what a door did with what is written about it."""
        last = await self.log.last(door.url)
        known = None if last is None else outage.Outage(last.started_at, last.ended_at)
        row = door.row
        match outage.decide(row, known, self.clock.now()):
            case outage.Decision.BEGINS if row is not None:
                last = await self._begin(door, row)
            case outage.Decision.ENDS if row is not None and last is not None:
                last = await self._end(last, row)
            case outage.Decision.FORGETS:
                door.row = None
            case _:
                pass
        if last is None or last.ended_at is not None:
            self._open.pop(door.url, None)
        else:
            self._open[door.url] = last

    async def _begin(self, door: DoorState, row: outage.Row) -> OutageRow | None:
        """Write down that a door is out, and say so unless another worker has."""
        cause, reason = door.last_cause, door.last_error
        draft = OutageRow(door.name, door.url, row.began_at, cause=cause, last_error=reason)
        began = await self.log.begin(draft)
        if began is None:
            return await self.log.last(door.url)
        door.outages += 1
        _LOG.warning(
            "The door `%s` is out: %s", door.url, reason, extra={"door": door.url, "cause": cause}
        )
        return began

    async def _end(self, row: OutageRow, answers: outage.Row) -> OutageRow | None:
        """Write down that a door is back, and say so unless another worker has."""
        await self._count()
        ended = await self.log.end(row, answers.began_at)
        if ended is not None:
            seconds = max(0.0, answers.began_at - row.started_at)
            _LOG.info(
                "The door `%s` answers again, after %.0f seconds: meanwhile %d answers were old "
                "copies, and %d could not be given.",
                row.url,
                seconds,
                ended.stale_answers,
                ended.failed_answers,
                extra={"door": row.url, "cause": row.cause, "outage_seconds": round(seconds, 1)},
            )
        return ended or await self.log.last(row.url)

    async def _count(self) -> None:
        """Add what was answered since the last look to every outage that lasts.

        What is answered while a door fails and may be out is kept back until that is clear.
        """
        if not self._open and any(self._may_be_out(door) for door in self.doors):
            return
        before, self._told = self._told, _given(self.counters)
        stale, failed = self._told.stale - before.stale, self._told.failed - before.failed
        if stale or failed:
            for row in self._open.values():
                await self.log.add(row, stale, failed)

    def _may_be_out(self, door: DoorState) -> bool:
        """Say whether a door has just failed."""
        row = door.row
        return (
            row is not None and not row.good and self.clock.now() - row.last_at < _UNCLEAR_SECONDS
        )


def _given(counters: Counters) -> _Given:
    """Return how many answers were old copies, and how many could not be given."""
    unavailable = HTTPStatus.SERVICE_UNAVAILABLE
    answers, requests = counters.cache_answers.items(), counters.requests.items()
    return _Given(
        stale=sum(count for (_, result), count in answers if result == "stale"),
        failed=sum(count for (_, status), count in requests if status == unavailable),
    )
