"""Time as a value that is handed in, so that decisions and tests own it."""

import time
from dataclasses import dataclass
from typing import NewType, Protocol

__all__ = ["Clock", "FrozenClock", "Instant", "SystemClock"]

Instant = NewType("Instant", float)
"""Seconds since the Unix epoch."""


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> Instant:
        """Return the present moment, in seconds since the Unix epoch."""


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> Instant:
        """Return the present moment, in seconds since the Unix epoch."""
        return Instant(time.time())


@dataclass(slots=True)
class FrozenClock:
    """A clock that moves only when told; for tests and for replaying a decision."""

    seconds: float = 1_790_000_000.0

    def now(self) -> Instant:
        """Return the moment at which this clock was stopped."""
        return Instant(self.seconds)

    def forward(self, seconds: float) -> None:
        """Move the clock by ``seconds``; negative values move it back."""
        self.seconds += seconds
