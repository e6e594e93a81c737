"""How long a connection may wait for its client, and what counts as progress; pure.

A wait is one ``Phase`` of one request.  It ends well if the phase or the request changes, or if
enough bytes moved; else its time runs out.
"""

from dataclasses import dataclass
from enum import Enum, auto

from wheelyard.server.watch import LaneLimits

__all__ = ["Patience", "Phase", "allowed_seconds"]


class Phase(Enum):
    """What a connection waits for."""

    APPLICATION = auto()  # our own turn: no deadline here
    HEADERS = auto()  # the first request, or the rest of its headers
    BODY = auto()
    READER = auto()  # the client has to take bytes before we can go on
    NEXT_REQUEST = auto()
    LAST_CHANCE = auto()  # the same while we shut down: only what is under way already
    LINGER = auto()  # an error was answered; the client may read it before we close
    CLOSING = auto()  # closed by us, with bytes that the client has yet to take


MOVING = (Phase.BODY, Phase.READER, Phase.CLOSING)
"""The phases that may last as long as enough bytes move."""

QUIET = (Phase.NEXT_REQUEST, Phase.LAST_CHANCE, Phase.LINGER)
"""The phases whose end is nobody's fault."""


def allowed_seconds(phase: Phase, limits: LaneLimits) -> float:
    """Return how long ``phase`` may last, or how long it may last without enough progress."""
    return {
        Phase.APPLICATION: float("inf"),
        Phase.HEADERS: limits.header_seconds,
        Phase.BODY: limits.body_seconds,
        Phase.NEXT_REQUEST: limits.idle_seconds,
        Phase.LAST_CHANCE: 0.0,
        Phase.LINGER: limits.linger_seconds,
    }.get(phase, limits.write_stall_seconds)


@dataclass(slots=True)
class Patience:
    """What the sweeps saw of one connection: the present wait, and when the first saw it.

    A wait is measured from the sweep that first sees it, so it is never cut short.
    """

    phase: Phase = Phase.APPLICATION
    request: object = None
    since: float = 0.0
    moved_bytes: int = 0

    def begin(self, phase: Phase, request: object, now: float, moved_bytes: int) -> None:
        """Start to measure a wait."""
        self.phase, self.request = phase, request
        self.since, self.moved_bytes = now, moved_bytes

    def is_new(self, phase: Phase, request: object) -> bool:
        """Say whether this is another wait than the one that is being measured."""
        return phase is not self.phase or request is not self.request

    def is_over(self, now: float, limits: LaneLimits) -> bool:
        """Say whether the wait has lasted for as long as it may without progress."""
        return now - self.since >= allowed_seconds(self.phase, limits)

    def has_earned_more(self, moved_bytes: int, limits: LaneLimits) -> bool:
        """Say whether enough bytes moved since the wait began for it to begin again."""
        if self.phase not in MOVING:
            return False
        needed = limits.bytes_per_second * allowed_seconds(self.phase, limits)
        return moved_bytes - self.moved_bytes >= max(1, needed)
