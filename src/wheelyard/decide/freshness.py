"""Whether a kept page may be used, should be renewed, or has to be asked for.

The clock is the only thing consulted.  A page checked in the future (the clock was set back) is
stale: it is asked for again, never kept for ever.
Source: RFC 9111, 4.2 (freshness); RFC 5861, 3 (answer now, renew behind).
"""

from dataclasses import dataclass
from enum import Enum

from wheelyard.clock import Instant

__all__ = ["Decision", "Entry", "Rules", "decide", "remaining_seconds"]


class Decision(Enum):
    """What to do with a kept page."""

    USE = "use"
    USE_AND_RENEW = "use and renew"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Rules:
    """How long answers count, in seconds.

    ``max_seconds`` bounds every lifetime and stands in for one that the upstream does not state;
    ``negative_seconds`` bounds an "it is not here"; ``suspicious_seconds`` is when an unconfirmed
    loss is asked about again; for ``renew_behind_seconds`` after its lifetime a page is still used
    at once while it is renewed.
    """

    max_seconds: float = 600.0
    negative_seconds: float = 60.0
    suspicious_seconds: float = 60.0
    renew_behind_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What freshness needs to know of a kept answer.

    ``fetched_at`` is when its bytes came, ``checked_at`` when the upstream last confirmed them.
    ``lifetime_seconds`` is what its headers said then; None if they did not.
    """

    fetched_at: Instant
    checked_at: Instant
    lifetime_seconds: float | None = None
    absent: bool = False
    suspicious: bool = False


def decide(entry: Entry | None, now: Instant, rules: Rules) -> Decision:
    """Say what to do with a kept page before anyone is asked."""
    if entry is None or entry.checked_at > now:
        return Decision.ASK
    left = remaining_seconds(entry, now, rules)
    if left > 0:
        return Decision.USE
    if left > -rules.renew_behind_seconds and _may_be_renewed_behind(entry):
        return Decision.USE_AND_RENEW
    return Decision.ASK


def _may_be_renewed_behind(entry: Entry) -> bool:
    """Say whether an expired answer may be given once more before the upstream was asked.

    Not an "it is not here", because a first release must show soon; and not a page whose owner says
    ``no-cache``: on a private index what was just published must be there for the next install.
    """
    wants_asking = entry.lifetime_seconds is not None and entry.lifetime_seconds <= 0
    return not entry.absent and (entry.suspicious or not wants_asking)


def remaining_seconds(entry: Entry, now: Instant, rules: Rules) -> float:
    """Return for how long the entry is still fresh; 0 or less once it is not."""
    return _lifetime(entry, rules) - (now - entry.checked_at)


def _lifetime(entry: Entry, rules: Rules) -> float:
    """Return the lifetime of an entry, within the rules; a stated 0 stays 0."""
    limit = rules.max_seconds
    if entry.absent:
        limit = min(limit, rules.negative_seconds)
    if entry.suspicious:
        return min(limit, rules.suspicious_seconds)
    stated = entry.lifetime_seconds
    return limit if stated is None else min(max(stated, 0.0), limit)
