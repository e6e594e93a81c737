"""How far a request has come and how fast its body arrives: what a deadline is about."""

import asyncio
from dataclasses import dataclass, field

from wheelyard.transport.base import Fault

__all__ = ["Pace", "Progress"]


@dataclass(slots=True)
class Progress:
    """The phase that a request is in, with the deadline that this phase has.

    The HTTP library reports each phase as it begins; the one timeout is then moved, and if it
    ends, ``fault`` says in which phase.
    """

    timeout: asyncio.Timeout
    fault: Fault = Fault.CONNECT_TIMEOUT
    seconds: float = 0.0
    reused: bool = False
    over: bool = False

    def enter(self, fault: Fault, seconds: float) -> None:
        """Begin a phase that may take ``seconds``; ``fault`` is its failure.

        A name may still be being resolved for others after this request gave up: no phase then.
        """
        if self.over:
            return
        self.fault = fault
        self.seconds = seconds
        self.timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    def enter_body(self, seconds: float) -> None:
        """Begin the body, whose gaps may be ``seconds`` long; the library watches them."""
        self.fault = Fault.STALLED
        self.seconds = seconds


@dataclass(slots=True)
class Pace:
    """The rate of a body, counting only the time spent waiting for the upstream.

    A reader who is slow makes the transfer slow too, but that time is spent elsewhere.
    Source: TUF specification, 1.5.2, "slow retrieval attacks".
    """

    least_bytes_per_second: int
    window_seconds: float
    _bytes: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)

    def add(self, received: int, waited: float) -> bool:
        """Count ``received`` bytes after ``waited`` seconds; say whether the pace is kept."""
        self._bytes += received
        self._seconds += waited
        if self._seconds < self.window_seconds:
            return True
        kept = self._bytes >= self._seconds * self.least_bytes_per_second
        self._bytes, self._seconds = 0, 0.0
        return kept
