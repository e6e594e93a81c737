"""When the scrubber reads what: all of the store once in so many days, a shelf at a time.

A store has 256 shelves, by the first two digits of a digest, and the digests fall on them evenly.
So a shelf is due every 256th part of a pass, and nobody has to know how large the store is. A
scrubber that is late, because it was off or the store is large, goes on without waiting for the
next time; how fast it reads is bounded all the same.
"""

from dataclasses import dataclass, replace

from wheelyard.clock import Instant

__all__ = ["SHELVES", "Course", "Pace", "Work", "begin", "is_busy", "pause", "step", "wait"]

SHELVES = 256
_DAY_SECONDS = 86_400
_BUSY_REQUESTS_PER_SECOND = 50.0


@dataclass(frozen=True, slots=True)
class Course:
    """How far the scrubber is. Kept in the catalog, so that a restart goes on.

    ``shelf`` is the next one of the pass that began at ``began_at``; ``files`` and ``bytes`` were
    read in it, ``wrong`` found in it, of which ``healed`` are right again. ``ended_at`` and
    ``last_wrong`` are of the last pass that came to its end, ``total_wrong`` and ``total_bytes`` of
    all passes.
    """

    began_at: float
    shelf: int = 0
    files: int = 0
    bytes: int = 0
    wrong: int = 0
    healed: int = 0
    ended_at: float | None = None
    last_wrong: int = 0
    total_wrong: int = 0
    total_bytes: int = 0

    @property
    def position(self) -> float:
        """How much of the present pass is done, 0 to 1."""
        return self.shelf / SHELVES


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: everything in ``days``, never more than ``bytes_per_second``."""

    days: float
    bytes_per_second: int

    @property
    def shelf_seconds(self) -> float:
        """The time for one shelf."""
        return self.days * _DAY_SECONDS / SHELVES


@dataclass(frozen=True, slots=True)
class Work:
    """What the server has done for clients so far, and the downloads that run."""

    requests: int = 0
    fills: int = 0


def begin(now: Instant) -> Course:
    """Return the course of a store that was never read."""
    return Course(now)


def wait(course: Course, pace: Pace, now: Instant) -> float:
    """Return for how many seconds the next shelf is not due yet.

    Never more than the time for one shelf, whatever became of the clock.
    """
    due = course.began_at + course.shelf * pace.shelf_seconds
    return min(max(0.0, due - now), pace.shelf_seconds)


def step(course: Course, pace: Pace, now: Instant) -> Course:
    """Return ``course`` with its present shelf done, at the beginning of a new pass after the last.

    A pass that came to its end in time is followed by one that begins when it is due.
    """
    if course.shelf + 1 < SHELVES:
        return replace(course, shelf=course.shelf + 1)
    due = course.began_at + SHELVES * pace.shelf_seconds
    return Course(
        began_at=due if now <= due <= now + pace.shelf_seconds else now,
        ended_at=now,
        last_wrong=course.wrong,
        total_wrong=course.total_wrong,
        total_bytes=course.total_bytes,
    )


def pause(byte_count: int, spent_seconds: float, pace: Pace) -> float:
    """Return how long to rest after having read so much in that time."""
    return max(0.0, byte_count / max(1, pace.bytes_per_second) - spent_seconds)


def is_busy(before: Work, now: Work, seconds: float) -> bool:
    """Say whether clients need the disk more, by what was done for them in the last ``seconds``."""
    if now.fills:
        return True
    return (now.requests - before.requests) / max(seconds, 0.001) > _BUSY_REQUESTS_PER_SECOND
