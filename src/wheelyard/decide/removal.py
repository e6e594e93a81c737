"""Removal: how much may vanish from a mirror in one run before a person is asked.

An upstream that lost its list, a proxy that answers with another index, half a list: each looks
like thousands of projects that were withdrawn on one day. Nothing of that is removed, and nothing
is lost by waiting for a person.
"""

from dataclasses import dataclass

__all__ = ["Brake", "is_too_much"]


@dataclass(frozen=True, slots=True)
class Brake:
    """How much may vanish: so many percent of what is mirrored, and so many in any case."""

    max_percent: float = 5.0
    always: int = 10


def is_too_much(vanishing: int, mirrored: int, brake: Brake) -> bool:
    """Say whether a run stops before it removes ``vanishing`` of ``mirrored`` projects.

    All of several never vanish by themselves, however few they are.
    """
    if 1 < mirrored <= vanishing:
        return True
    return vanishing > max(float(brake.always), mirrored * brake.max_percent / 100)
