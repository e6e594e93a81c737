"""Keeping: the flow of everything that is asked once and used for a while.

Pages, the project list, JSON API answers and provenance objects all go this way:

1. What is held and fresh is used; nobody is asked.
2. What is held and a little too old is used at once, and renewed behind.
3. Otherwise upstream is asked, one flight per key. If no answer comes within the client's
   patience, or nobody can answer, what is held is used all the same, marked stale.
4. ``Absent`` is kept for a short while, in memory only: a flood of unknown names leaves no rows.
5. What takes away from what is held is not believed at once; see ``believing.py``.

Freshness fails open here. Integrity, permission and policy are decided elsewhere, and closed.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, TypeVar

import anyio

from wheelyard.clock import Clock, Instant
from wheelyard.decide.freshness import Decision, Entry, Rules, decide, remaining_seconds
from wheelyard.errors import Absent, Corrupt, Unavailable
from wheelyard.model import Knowledge
from wheelyard.repository.base import Keeper, Kept, Loaded
from wheelyard.repository.believing import Believing, Losses
from wheelyard.repository.flights import Flight, Flights

__all__ = ["Answered", "Keeping", "KeepingRules"]

T = TypeVar("T")

How = Literal["hit", "miss", "renewed", "stale"]

_MAX_NEGATIVES = 50_000
_REUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 600.0
"""An upstream cannot keep its own renewal off for ever by a mistake in one header."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What a caller is given, and how we know it."""

    value: T
    known: Knowledge


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """How long to wait for whom. All in seconds.

    ``patience_seconds`` bounds the wait when something is held, ``first_seconds`` when nothing
    is: an installer gives up on a silent server after 15.
    """

    freshness: Rules
    negative_seconds: float = 15
    patience_seconds: float = 5
    first_seconds: float = 9
    pause_seconds: float = 5


@dataclass(frozen=True, slots=True)
class _Failed:
    """When and why nothing could be had, and how often in a row; in seconds of the loop's clock."""

    at: float
    error: Unavailable | Corrupt
    times: int


class Keeping(Generic[T]):
    """The flow above, over one ``Keeper``."""

    def __init__(
        self,
        keeper: Keeper[T],
        flights: Flights[Kept[T]],
        rules: KeepingRules,
        clock: Clock,
        losses: Losses[T] | None = None,
    ) -> None:
        """Answer from ``keeper``; ask through ``flights``; doubt ``losses``."""
        self._keeper = keeper
        self._believing = Believing(keeper, clock, losses)
        self._flights = flights
        self._rules = rules
        self._clock = clock
        self._absent: OrderedDict[str, tuple[Instant, Absent]] = OrderedDict()
        self._pause_until: OrderedDict[str, float] = OrderedDict()
        self._failed: OrderedDict[str, _Failed] = OrderedDict()

    async def get(self, key: str) -> Answered[T]:
        """Return the value of ``key`` and how we know it.

        Raises:
            Absent: upstream said so, now or a moment ago.
            Unavailable: nothing is held, and nobody could answer.
        """
        kept = await self._keeper.load(key)
        now = self._clock.now()
        decision = decide(_entry_of(kept) if kept else None, now, self._rules.freshness)
        if kept is not None and decision is Decision.USE:
            return self.answer(kept, "hit")
        if kept is not None and (decision is Decision.USE_AND_RENEW or self._is_paused(key)):
            if not self._is_paused(key):
                with suppress(Unavailable):  # too many wait: another request will renew it
                    self._fly(key, kept)
            return self.answer(kept, "stale" if decision is Decision.ASK else "hit")
        if kept is None:
            self._raise_if_absent(key, now)
            self._raise_if_failing(key)
        return await self._ask(key, kept)

    def expire(self, key: str) -> None:
        """Forget that ``key`` was absent, or that asking for it failed."""
        self._absent.pop(key, None)
        self._pause_until.pop(key, None)
        self._failed.pop(key, None)

    async def renew(self, key: str) -> Answered[T]:
        """Ask upstream now, however fresh what we hold; else as ``get``."""
        self.expire(key)
        return await self._ask(key, await self._keeper.load(key))

    async def ask_now(self, key: str, patience_seconds: float) -> Answered[T]:
        """Ask upstream now, however fresh what we hold, and wait; never fall back on that.

        Raises:
            Absent: upstream said so.
            Unavailable: nobody could answer within ``patience_seconds``.
        """
        self.expire(key)
        kept = await self._keeper.load(key)
        flight, revision = self._fly(key, kept), kept.revision if kept else None
        del kept  # a list of everything is large, and loaded once more in the flight
        with anyio.move_on_after(patience_seconds):
            await flight.done.wait()
        if not flight.done.is_set():
            raise Unavailable(f"`{key}`", f"no upstream answered within {patience_seconds:g} s")
        fresh = flight.result()
        renewed = fresh.revision == revision
        return self.answer(fresh, "renewed" if renewed else "miss")

    async def look(self, key: str) -> Answered[T]:
        """Return what upstream says now, on condition that it has changed; keep nothing of it.

        Raises:
            Absent: upstream said so; what is held stays.
            Unavailable: nobody could answer.
        """
        kept = await self._keeper.load(key)
        answer = await self._keeper.ask(key, kept.validators if kept else None)
        if not isinstance(answer, Loaded):
            if kept is None:
                raise Unavailable(f"`{key}`", "the upstream said `unchanged`, but nothing is held")
            return self.answer(kept, "renewed")
        now = self._clock.now()
        seconds = answer.lifetime_seconds
        return self.answer(Kept(answer.value, answer.validators, now, now, seconds), "miss")

    async def believe(self, key: str) -> Answered[T]:
        """Ask upstream now, past every cache, and keep the answer whatever is held.

        Raises:
            Absent: upstream said so; what was held is forgotten.
            Unavailable: nobody could answer; what is held stays.
        """
        try:
            answer = await self._keeper.ask(key, None, again=True)
        except Absent:
            await self._keeper.forget(key)
            raise
        if not isinstance(answer, Loaded):
            raise Unavailable(f"`{key}`", "the upstream said `unchanged`, and was not asked that")
        self.expire(key)
        return self.answer(await self._keeper.save(key, answer), "miss")

    async def _ask(self, key: str, kept: Kept[T] | None) -> Answered[T]:
        """Wait for a flight within the client's patience; then fall back on what is held."""
        try:
            flight = self._fly(key, kept)
        except Unavailable:
            if kept is None:
                raise
            return self.answer(kept, "stale")
        patience = self._rules.first_seconds if kept is None else self._rules.patience_seconds
        with anyio.move_on_after(patience):
            await flight.done.wait()
        try:
            if flight.done.is_set():
                fresh = flight.result()
                renewed = kept is not None and fresh.revision == kept.revision
                return self.answer(fresh, "renewed" if renewed else "miss")
        except (Unavailable, Corrupt):
            if kept is None:
                raise
        if kept is None:
            raise Unavailable(f"`{key}`", f"no upstream answered within {patience:g} s")
        self._pause(key)
        return self.answer(kept, "stale")

    def _fly(self, key: str, seen: Kept[T] | None) -> Flight[Kept[T]]:
        """Join the flight for ``key``, having ``seen`` what is held.

        Raises:
            Unavailable: too many others wait.
        """
        ask = partial(self._refresh, key, seen.checked_at if seen else None)
        return self._flights.join(key, ask, is_held=seen is not None)

    async def _refresh(self, key: str, seen_at: Instant | None) -> Kept[T]:
        """Ask, and keep the answer; unless another process did so while we waited for its lock."""
        kept = await self._keeper.load(key)
        if kept is not None and kept.checked_at != seen_at:
            return kept
        light = kept and self._believing.lightened(kept)
        del kept  # a list of everything is large, and not looked at while the next one comes
        try:
            answer = await self._believing.ask(key, light)
        except Absent as error:
            if light is not None:
                await self._keeper.forget(key)
            self.note_absent(key, error)
            raise
        except (Unavailable, Corrupt) as error:
            self._pause(key, getattr(error, "retry_seconds", None))
            if light is None:
                self._note_failed(key, error)
            raise
        self.expire(key)
        if isinstance(answer, Loaded):
            return await self._keeper.save(key, answer)
        whole = light if self._believing.has_losses else await self._keeper.load(key)
        if light is None or whole is None:
            raise Unavailable(f"`{key}`", "the upstream said `unchanged`, but nothing is held")
        return await self._keeper.confirm(key, whole, answer)

    def note_absent(self, key: str, error: Absent) -> None:
        """Remember for a while that ``key`` is not there."""
        self._absent[key] = (self._clock.now(), error)
        self._absent.move_to_end(key)
        while len(self._absent) > _MAX_NEGATIVES:
            self._absent.popitem(last=False)

    def _raise_if_absent(self, key: str, now: Instant) -> None:
        """Repeat a recent ``Absent``."""
        if (found := self._absent.get(key)) is None:
            return
        at, error = found
        if 0 <= now - at < self._rules.negative_seconds:
            raise error
        del self._absent[key]

    def _note_failed(self, key: str, error: Unavailable | Corrupt) -> None:
        """Remember why there is nothing to give out."""
        before = self._failed.get(key)
        times = before.times + 1 if before else 1
        self._failed[key] = _Failed(anyio.current_time(), error, times)
        self._failed.move_to_end(key)
        while len(self._failed) > _MAX_NEGATIVES:
            self._failed.popitem(last=False)

    def _raise_if_failing(self, key: str) -> None:
        """Repeat a recent failure, if asking again is not in the budget.

        To join costs nothing, and the first repetition is everybody's right: it may have been an
        accident.
        """
        if self._flights.is_running(key):
            return
        found = self._failed.get(key)
        if found is None:
            self._flights.retries.note_first()
        elif found.times > 1 and not self._flights.retries.take(anyio.current_time() - found.at):
            raise found.error

    def _pause(self, key: str, asked_seconds: float | None = None) -> None:
        """Do not ask again for a moment, so that an outage costs patience once and not always.

        An upstream that asked for a longer pause gets it, within reason.
        """
        seconds = max(self._rules.pause_seconds, min(asked_seconds or 0.0, _LONGEST_PAUSE_SECONDS))
        until = anyio.current_time() + seconds
        self._pause_until[key] = max(until, self._pause_until.get(key, until))
        self._pause_until.move_to_end(key)
        while len(self._pause_until) > _MAX_NEGATIVES:
            self._pause_until.popitem(last=False)

    def _is_paused(self, key: str) -> bool:
        """Say whether asking for ``key`` failed a moment ago."""
        return self._pause_until.get(key, 0.0) > anyio.current_time()

    def answer(self, kept: Kept[T], how: How) -> Answered[T]:
        """Return the value with how we know it; what is not fresh may be reused for a second."""
        now = self._clock.now()
        left = remaining_seconds(_entry_of(kept), now, self._rules.freshness)
        fresh_until = now + (_REUSE_SECONDS if how == "stale" or left <= 0 else left)
        known = Knowledge(
            checked_at=kept.checked_at,
            fresh_until=fresh_until,
            revision=kept.revision,
            how=how,
            source=kept.validators.door,
        )
        return Answered(kept.value, known)


def _entry_of(kept: Kept[T]) -> Entry:
    """Return what the decision needs to know of ``kept``."""
    return Entry(kept.fetched_at, kept.checked_at, kept.lifetime_seconds)
