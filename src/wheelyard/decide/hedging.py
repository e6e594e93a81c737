"""When the next door is asked as well because the first takes long.

A hedge is for the one answer in twenty that is slow for no good reason.  So it waits for as long
as nineteen in twenty take, and at most one question in twenty is asked twice: a door that has
become slow altogether is not helped by being asked twice, and neither is its neighbour.
Source: Dean and Barroso, "The Tail at Scale" (2013).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Budget", "hedge_after_seconds", "note_asked", "note_hedged"]

_FEWEST_ANSWERS: Final = 20
_SHORTEST_SECONDS: Final = 0.05
_SHARE: Final = 0.05
_MOST_SAVED: Final = 5.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How many hedges may be made now: a twentieth of every question, and a few saved up."""

    saved: float = 0.0

    @property
    def allows_one(self) -> bool:
        """Whether a hedge may be made."""
        return self.saved >= 1.0


def note_asked(budget: Budget) -> Budget:
    """Return the budget after one more question."""
    return replace(budget, saved=min(_MOST_SAVED, budget.saved + _SHARE))


def note_hedged(budget: Budget) -> Budget:
    """Return the budget after one more hedge."""
    return replace(budget, saved=max(0.0, budget.saved - 1.0))


def hedge_after_seconds(latencies: Sequence[float]) -> float | None:
    """Return after how many seconds an answer is late for this door; None if nobody can tell.

    ``latencies`` are what its last answers took, in seconds, in any order.
    """
    if len(latencies) < _FEWEST_ANSWERS:
        return None
    ordered = sorted(latencies)
    return max(_SHORTEST_SECONDS, ordered[(len(ordered) * 95) // 100])
