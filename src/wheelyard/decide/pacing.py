"""How many questions an upstream is asked at the same time, by somebody who has thousands.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681):

* It begins with a few and grows by one with every answer (doubling per round trip) until the
  first sign that it is enough, from then on by one per round trip.
* Who says that it is too much (429, 503, any failure of the door) is believed: half as many, at
  most once per round trip, because what was under way then failed for the same reason. A
  ``Retry-After`` is obeyed: nothing is asked until then.
* Answers that take much longer than the quickest ones of late stand in a queue somewhere: more
  questions would only lengthen it, so it does not grow then, and shrinks by a tenth if they take
  very much longer. A few milliseconds more are no queue, whatever they are a multiple of.

The quickest answer is forgotten after a while: routes and machines change. ``now`` may jump; what
lies in the future counts as over.
Source: RFC 5681; Vegas (Brakmo and Peterson, 1995) for latency as a sign; RFC 9110, 10.2.3.
"""

from dataclasses import dataclass, replace
from typing import Final

from wheelyard.clock import Instant

__all__ = ["Pace", "Rules", "allowed", "note_answer", "note_trouble", "seconds_until_asked"]

_LONGEST_REST_SECONDS: Final = 600.0
"""A slip in one header does not keep a sync off for longer than this."""
_WEIGHT: Final = 0.1
"""How much one answer counts in what is typical."""
_QUICKEST_FOR_SECONDS: Final = 30.0
_QUEUE: Final = 3.0
_LONG_QUEUE: Final = 6.0
_NO_QUEUE_SECONDS: Final = 0.05
_LONG_QUEUE_SECONDS: Final = 0.5
_LONG_AGO: Final = Instant(0.0)


@dataclass(frozen=True, slots=True)
class Rules:
    """Between which numbers of questions at the same time it moves, and where it begins."""

    most: int = 64
    first: int = 8
    fewest: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """What is remembered of an upstream's answers. Latencies are in seconds.

    ``limit`` is how many questions may be under way; its fraction is progress to the next one.
    ``is_growing`` until the first sign of enough. ``quickest`` is the least latency since
    ``quickest_at``, ``typical`` a moving average. ``shrunk_at`` is when it last became less,
    nobody asks before ``resumes_at``.
    """

    limit: float
    is_growing: bool = True
    quickest: float = 0.0
    quickest_at: Instant = _LONG_AGO
    typical: float = 0.0
    shrunk_at: Instant = _LONG_AGO
    rested_at: Instant = _LONG_AGO
    resumes_at: Instant = _LONG_AGO

    @classmethod
    def begin(cls, rules: Rules) -> "Pace":
        """Return the pace at which somebody is asked of whom nothing is known."""
        return cls(float(max(rules.fewest, min(rules.first, rules.most))))


def allowed(pace: Pace, now: Instant) -> int:
    """Return how many questions may be under way at the same time; 0 while it asked for rest."""
    return 0 if seconds_until_asked(pace, now) > 0 else int(pace.limit)


def seconds_until_asked(pace: Pace, now: Instant) -> float:
    """Return for how long nobody asks; 0 if one may ask now."""
    if not pace.rested_at <= now < pace.resumes_at:
        return 0.0
    return pace.resumes_at - now


def note_answer(pace: Pace, seconds: float, now: Instant, rules: Rules) -> Pace:
    """Return the pace after an answer that took ``seconds``."""
    pace = _with_latency(pace, max(0.0, seconds), now)
    extra = pace.typical - pace.quickest
    if pace.typical > _LONG_QUEUE * pace.quickest and extra > _LONG_QUEUE_SECONDS:
        return _shrunk(pace, 0.9, now, rules)
    if pace.typical > _QUEUE * pace.quickest and extra > _NO_QUEUE_SECONDS:
        return replace(pace, is_growing=False)
    if pace.limit >= rules.most:
        return pace
    step = 1.0 if pace.is_growing else 1.0 / max(1.0, pace.limit)
    return replace(pace, limit=min(float(rules.most), pace.limit + step))


def note_trouble(pace: Pace, retry_seconds: float | None, now: Instant, rules: Rules) -> Pace:
    """Return the pace after the upstream could not answer, or asked for patience.

    ``retry_seconds`` is what it asked for, if it did.
    """
    pace = _shrunk(pace, 0.5, now, rules)
    rest = min(retry_seconds or 0.0, _LONGEST_REST_SECONDS)
    if rest <= seconds_until_asked(pace, now):
        return pace
    return replace(pace, rested_at=now, resumes_at=Instant(now + rest))


def _with_latency(pace: Pace, seconds: float, now: Instant) -> Pace:
    """Return the pace with one more latency."""
    is_first = pace.quickest_at == _LONG_AGO
    typical = seconds if is_first else pace.typical + _WEIGHT * (seconds - pace.typical)
    is_old = not 0 <= now - pace.quickest_at < _QUICKEST_FOR_SECONDS
    if is_first or is_old or seconds < pace.quickest:
        quickest = seconds if is_first else min(seconds, typical)
        return replace(pace, quickest=quickest, quickest_at=now, typical=typical)
    return replace(pace, typical=typical)


def _shrunk(pace: Pace, factor: float, now: Instant, rules: Rules) -> Pace:
    """Return the pace with less at the same time, unless that was done a round trip ago."""
    if 0 <= now - pace.shrunk_at < max(pace.typical, 0.1):
        return replace(pace, is_growing=False)
    limit = max(float(rules.fewest), pace.limit * factor)
    return replace(pace, limit=limit, is_growing=False, shrunk_at=now)
