"""In which order the doors of one index are asked.

The order is the operator's, until a door does worse than the ones behind it:

1. A door that turned out to be another index is not asked at all.
2. One that is left alone after failures comes last: only the others make nobody wait.
3. One whose copy of the index is behind comes after those whose copies are not.
4. One that is slow comes after those that are not. That is looked at once a minute at most, and a
   door has to get much faster than it was when it was called slow: doors of about the same speed
   must not take turns.

``now`` may jump: a decision from the future counts as long ago.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from wheelyard.clock import Instant

__all__ = ["Ranking", "Standing", "order", "rank", "typical_seconds"]

_LONG_AGO: Final = Instant(0.0)
LATENCY_ALONE_SECONDS: Final = 60.0
_FEWEST_ANSWERS: Final = 5
_SLOW_TIMES, _SLOW_SECONDS = 3.0, 0.1
_FAST_TIMES, _FAST_SECONDS = 1.5, 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one door. ``is_whole``: its circuit is closed.

    ``latency_seconds`` is how long its answers take of late, None if that is not known.
    """

    is_whole: bool = True
    is_other: bool = False
    is_behind: bool = False
    latency_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which doors are called slow, by their numbers, and when that was looked at."""

    slow: frozenset[int] = frozenset()
    at: Instant = _LONG_AGO


def typical_seconds(latencies: Sequence[float]) -> float | None:
    """Return what an answer takes of late, or None if too few have come to tell."""
    return median(latencies) if len(latencies) >= _FEWEST_ANSWERS else None


def rank(ranking: Ranking, standings: Sequence[Standing], now: Instant) -> Ranking:
    """Return which doors are slow from now on: at most once a minute anything new."""
    if 0 <= now - ranking.at < LATENCY_ALONE_SECONDS:
        return ranking
    known = [each.latency_seconds for each in standings if _is_good(each)]
    fastest = min((seconds for seconds in known if seconds is not None), default=None)
    if fastest is None:
        return Ranking(frozenset(), now)
    slow = {
        number
        for number, standing in enumerate(standings)
        if standing.latency_seconds is not None
        and standing.latency_seconds > _limit(fastest, was_slow=number in ranking.slow)
    }
    return Ranking(frozenset(slow), now)


def order(ranking: Ranking, standings: Sequence[Standing]) -> tuple[int, ...]:
    """Return the numbers of the doors in the order in which they are to be asked."""

    def place(number: int) -> tuple[bool, bool, bool, int]:
        standing = standings[number]
        return (not standing.is_whole, standing.is_behind, number in ranking.slow, number)

    return tuple(sorted(_usable(standings), key=place))


def _usable(standings: Sequence[Standing]) -> list[int]:
    """Return the doors to this index."""
    return [number for number, standing in enumerate(standings) if not standing.is_other]


def _is_good(standing: Standing) -> bool:
    """Say whether a door could take the place of a slow one."""
    return standing.is_whole and not standing.is_behind and not standing.is_other


def _limit(fastest: float, *, was_slow: bool) -> float:
    """Return above how many seconds a door is slow, beside one that takes ``fastest``."""
    if was_slow:
        return _FAST_TIMES * fastest + _FAST_SECONDS
    return _SLOW_TIMES * fastest + _SLOW_SECONDS
