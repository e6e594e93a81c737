"""Whether a question that has just failed is put to the upstream once more.

Clients try again when they are told to, and all of them do: what failed once would be asked for
seven times, by everybody, of an upstream that is in trouble already. So there is a budget: a tenth
of the first questions, and a few saved up for the one who tries by hand. Beyond that a question
that failed is put again after a second at the earliest: then clients are told to come back.
Source: "Addressing Cascading Failures" in Beyer et al., "Site Reliability Engineering" (2016).
"""

from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Budget", "may_ask_again", "note_again", "note_first"]

_SHARE: Final = 0.1
_MOST_SAVED: Final = 10.0
_REST_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How many questions may be put again at once."""

    saved: float = _MOST_SAVED


def note_first(budget: Budget) -> Budget:
    """Return the budget after a question that had not failed before."""
    return replace(budget, saved=min(_MOST_SAVED, budget.saved + _SHARE))


def may_ask_again(budget: Budget, failed_seconds_ago: float) -> bool:
    """Say whether a question may be put again that failed so long ago; a clock may jump."""
    return budget.saved >= 1.0 or not 0 <= failed_seconds_ago < _REST_SECONDS


def note_again(budget: Budget) -> Budget:
    """Return the budget after a question was put again."""
    return replace(budget, saved=max(0.0, budget.saved - 1.0))
