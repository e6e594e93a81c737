"""Ranking: which door is asked first now, and who is asked beside it.

What is decided is in ``decide/doors.py`` and ``decide/hedging.py``; here is what the decisions are
about: how long the doors take, which of them are out, and how much was asked twice.

A door that is out is asked behind, once a second and for as long as people ask for anything, so
that nobody waits for it while another door answers. A slow one is asked behind once a minute:
nobody would notice otherwise that it has become fast again.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Final

import anyio

from wheelyard.clock import Clock, Instant, SystemClock
from wheelyard.decide import doors, hedging
from wheelyard.decide.circuit import State
from wheelyard.errors import WheelyardError
from wheelyard.repository.flights import Spawner
from wheelyard.repository.observed import DoorState

__all__ = ["Ranking", "unranked"]

_PROBE_SECONDS: Final = 1.0
_INTEREST_SECONDS: Final = 15.0
"""For how long after a question a door that is out goes on to be asked."""
_SAMPLE_SECONDS: Final = 60.0

Question = Callable[[], Awaitable[object]]


class Ranking:
    """The order of doors, by their states; doors and states have the same numbers."""

    def __init__(self, states: Sequence[DoorState], clock: Clock, spawn: Spawner) -> None:
        """Rank the doors of ``states``; ask behind through ``spawn``."""
        self._states = states
        self._clock = clock
        self._spawn = spawn
        self._ranking = doors.Ranking()
        self._budget = hedging.Budget()
        self._wanted: dict[int, dict[str, tuple[Instant, Question]]] = {}
        self._probing: set[int] = set()
        self._sampled: dict[int, Instant] = {}

    def order(self) -> tuple[int, ...]:
        """Return the numbers of the doors in the order in which to ask them; other indexes none."""
        standings = [_standing_of(state) for state in self._states]
        self._ranking = doors.rank(self._ranking, standings, self._clock.now())
        return doors.order(self._ranking, standings)

    def is_whole(self, number: int) -> bool:
        """Say whether a door answers, as far as is known."""
        return self._states[number].circuit is State.CLOSED

    def is_behind(self, number: int) -> bool:
        """Say whether a door's copy of the index is older than another's."""
        return self._states[number].is_behind

    def look_behind(
        self, order: Sequence[int], ask: Callable[[int], Question], kind: str = "page"
    ) -> None:
        """Have doors that are out or slow asked behind, if another is asked first.

        ``ask`` returns the question for a door. Of each ``kind`` the newest is put to it: pages and
        files may be on different hosts, of which one is out.
        """
        if not order or not self.is_whole(order[0]):
            return
        now = self._clock.now()
        for number in order[1:]:
            if not self.is_whole(number):
                self._wanted.setdefault(number, {})[kind] = (now, ask(number))
                if number not in self._probing:
                    self._probing.add(number)
                    self._spawn(partial(self._probe, number))
            elif number in self._ranking.slow and self._may_sample(number, now):
                self._sampled[number] = now
                self._spawn(partial(_ask_quietly, ask(number)))

    @contextmanager
    def timing(self, number: int) -> Iterator[None]:
        """Note how long the block took if it ends well: it asks a door for a page."""
        began = perf_counter()
        yield
        self.note_seconds(number, perf_counter() - began)

    def note_seconds(self, number: int, seconds: float) -> None:
        """Note how long a door took, or that it took at least so long."""
        self._states[number].recent.append(seconds)

    def hedge(self, order: Sequence[int]) -> float | None:
        """Return after how many seconds to ask the second of ``order`` beside the first.

        None if there is none to ask, if too much was asked twice already, or while any door asks
        for patience: it would get the questions of the others as well.
        """
        self._budget = hedging.note_asked(self._budget)
        if len(order) < 2 or not self._budget.allows_one:  # noqa: PLR2004 - a first and a second
            return None
        if any(state.wants_peace for state in self._states):
            return None
        first, second = order[0], order[1]
        if not self.is_whole(first) or not self.is_whole(second) or self.is_behind(second):
            return None
        return hedging.hedge_after_seconds(self._states[first].recent)

    def note_hedged(self) -> None:
        """Note that a question was asked twice."""
        self._budget = hedging.note_hedged(self._budget)

    def _may_sample(self, number: int, now: Instant) -> bool:
        """Say whether a slow door may be asked behind."""
        last = self._sampled.get(number)
        return last is None or not 0 <= now - last < _SAMPLE_SECONDS

    async def _probe(self, number: int) -> None:
        """Ask a door that is out until it is back, or nobody wants anything any more."""
        try:
            while not self.is_whole(number):
                now, newest = self._clock.now(), self._wanted[number].values()
                wanted = [each for at, each in newest if 0 <= now - at < _INTEREST_SECONDS]
                if not wanted:
                    return
                for question in wanted:
                    await _ask_quietly(question)
                await anyio.sleep(_PROBE_SECONDS)
        finally:
            self._probing.discard(number)


def unranked(count: int) -> Ranking:
    """Return the ranking of doors of which nothing is known: they are asked as they stand."""
    states = [DoorState("", "") for _ in range(count)]
    return Ranking(states, SystemClock(), _never)


def _never(_: Callable[[], Coroutine[None, None, None]]) -> None:
    """Ask nothing behind."""


async def _ask_quietly(question: Question) -> None:
    """Ask for what it says about the door; the answer itself is not wanted."""
    try:
        await question()
    except WheelyardError:
        return


def _standing_of(state: DoorState) -> doors.Standing:
    """Return what of a door's state matters to its place."""
    return doors.Standing(
        is_whole=state.circuit is State.CLOSED,
        is_other=bool(state.difference),
        is_behind=state.is_behind,
        latency_seconds=doors.typical_seconds(state.recent),
    )
