"""The pacer: so many questions at the same time as the upstream bears; see ``decide/pacing.py``."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from wheelyard.clock import Clock
from wheelyard.decide import pacing
from wheelyard.errors import Unavailable
from wheelyard.transport import Fault, fault_of

__all__ = ["Pacer"]

_LONGEST_NAP_SECONDS: Final = 5.0
"""A rest is slept in pieces: the clock may be set meanwhile."""
_FAULTS: Final = frozenset(
    {
        Fault.BUSY,
        Fault.CONNECT_TIMEOUT,
        Fault.REFUSED,
        Fault.RESET,
        Fault.SILENT,
        Fault.SLOW,
        Fault.STALLED,
        Fault.TRUNCATED,
    }
)
"""What goes wrong on the way to somebody who is asked too much; the first is our own limit."""


class Pacer:
    """Lets as many blocks run at the same time as the upstream's answers allow."""

    def __init__(self, rules: pacing.Rules, clock: Clock) -> None:
        """Begin as ``rules`` say; ``clock`` tells when a rest is over."""
        self._rules = rules
        self._clock = clock
        self._pace = pacing.Pace.begin(rules)
        self._running = 0
        self._waiting: deque[anyio.Event] = deque()

    @property
    def pace(self) -> pacing.Pace:
        """What is known of the upstream, for people."""
        return self._pace

    @property
    def running(self) -> int:
        """How many blocks run now."""
        return self._running

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one of the places while the block runs, and learn from how it went.

        An ``Unavailable`` that says that the upstream is in trouble, or asks for patience, slows
        everybody down. What is wrong on our side, or is not believed, does not.
        """
        await self._enter()
        began = anyio.current_time()
        try:
            yield
        except Unavailable as error:
            if _is_trouble(error):
                self.note_trouble(error.retry_seconds)
            raise
        else:
            self.note_answer(anyio.current_time() - began)
        finally:
            self._leave()

    def note_answer(self, seconds: float) -> None:
        """Learn that an answer took ``seconds``."""
        self._pace = pacing.note_answer(self._pace, seconds, self._clock.now(), self._rules)

    def note_trouble(self, retry_seconds: float | None) -> None:
        """Learn that the upstream is in trouble; ``retry_seconds`` is what it asked for."""
        now = self._clock.now()
        self._pace = pacing.note_trouble(self._pace, retry_seconds, now, self._rules)

    async def _enter(self) -> None:
        """Return when there is a place, and no rest to be kept; first come, first served."""
        if not self._waiting and self._running < int(self._pace.limit):
            self._running += 1
        else:
            # There is at least one place, so somebody runs, who hands one on in the end.
            await self._wait()
        try:
            await self._rest()
        except BaseException:
            self._leave()
            raise

    async def _rest(self) -> None:
        """Return when the upstream may be asked."""
        while True:
            rest = pacing.seconds_until_asked(self._pace, self._clock.now())
            if not rest:
                return
            await anyio.sleep(min(rest, _LONGEST_NAP_SECONDS))

    async def _wait(self) -> None:
        """Return when somebody has handed a place on."""
        handed = anyio.Event()
        self._waiting.append(handed)
        try:
            await handed.wait()
        except BaseException:
            if handed.is_set():
                self._leave()
            else:
                self._waiting.remove(handed)
            raise

    def _leave(self) -> None:
        """Give a place back, and hand on those that are free: there may be more than before."""
        self._running -= 1
        while self._waiting and self._running < int(self._pace.limit):
            self._running += 1
            self._waiting.popleft().set()


def _is_trouble(error: Unavailable) -> bool:
    """Say whether ``error`` tells that the upstream is in trouble, or asks for patience.

    What is not believed, or cannot be kept here, says nothing of how much it bears.
    """
    if error.failing in {"door", "thing"} or fault_of(error) in _FAULTS:
        return True
    return any(_is_trouble(cause) for cause in error.causes if isinstance(cause, Unavailable))
