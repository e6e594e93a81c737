"""Serials: whether a thing is to be renewed because another one says that there is a newer one.

The page of a project tells its serial, and so does the JSON API's document about it. They are
fetched at different times, and a mirror program takes none that is older than was announced.
"""

from dataclasses import dataclass
from typing import Final

from wheelyard.clock import Instant
from wheelyard.model import Knowledge

__all__ = ["Told", "is_superseded"]

_PAUSE_SECONDS: Final = 5.0
"""How soon an upstream is asked again whose things do not agree."""


@dataclass(frozen=True, slots=True)
class Told:
    """A serial that a thing has by the word of another one, and when that came."""

    serial: int
    at: Instant


def is_superseded(serial: int | None, told: Told | None, known: Knowledge, now: Instant) -> bool:
    """Say whether a thing of ``serial`` is to be renewed because another one was told of.

    Not where the upstream does not count, or cannot answer. What was asked for after that other one
    was told of, and is old all the same, is asked for again after a moment.
    """
    if serial is None or told is None or serial >= told.serial:
        return False
    is_older = known.checked_at < told.at
    return known.how != "stale" and (is_older or not 0 <= now - known.checked_at < _PAUSE_SECONDS)
