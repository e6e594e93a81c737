"""When a door counts as out, and when it counts as back.

One failure is no outage and one answer is no recovery: only several in a row of one kind are, so
that a door which answers every other time neither begins nor ends anything.  An outage reaches
from the first failure of the row that began it to the first answer of the row that ended it.

Several processes watch the same door and share one log.  What a process saw before the last entry
of the log is covered by that entry: it is forgotten, and counting starts anew.
"""

from dataclasses import dataclass, replace
from enum import Enum

from wheelyard.clock import Instant

__all__ = ["Decision", "Outage", "Row", "Rules", "decide", "follow"]


class Decision(Enum):
    """What follows from the newest answers of a door."""

    STAYS = "stays"
    BEGINS = "begins"
    ENDS = "ends"
    FORGETS = "forgets"


@dataclass(frozen=True, slots=True)
class Row:
    """Answers of one kind without any of the other kind between them."""

    good: bool
    began_at: Instant
    last_at: Instant
    count: int = 1


@dataclass(frozen=True, slots=True)
class Outage:
    """The newest outage of a door that is written down; ``ended_at`` is None while it lasts."""

    started_at: Instant
    ended_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How many in a row count.

    Two failures count as well if they are ``failing_seconds`` apart, and a single answer if for
    ``calm_seconds`` no failure followed it: on a quiet server nobody asks three times.
    """

    failures: int = 3
    failing_seconds: float = 10.0
    answers: int = 3
    calm_seconds: float = 60.0


RULES = Rules()


def follow(row: Row | None, at: Instant, *, good: bool) -> Row:
    """Return the row of answers after one more at the moment ``at``."""
    if row is None or row.good is not good:
        return Row(good, at, at)
    return replace(row, last_at=at, count=row.count + 1)


def decide(row: Row | None, last: Outage | None, now: Instant, rules: Rules = RULES) -> Decision:
    """Say what the answers in ``row`` mean when ``last`` is what the log ends with."""
    if row is None:
        return Decision.STAYS
    lasts = last is not None and last.ended_at is None
    if row.good is not lasts:  # an answer while all is well, or a failure while it is out
        return Decision.STAYS
    if last is not None and row.began_at < _mark(last) <= now:
        return Decision.FORGETS
    if lasts:
        is_over = row.count >= rules.answers or now - row.began_at >= rules.calm_seconds
        return Decision.ENDS if is_over else Decision.STAYS
    return Decision.BEGINS if _has_begun(row, rules) else Decision.STAYS


def _mark(last: Outage) -> Instant:
    """Return the moment of the log's last entry."""
    return last.started_at if last.ended_at is None else last.ended_at


def _has_begun(row: Row, rules: Rules) -> bool:
    """Say whether so many failures, or over so long a time, are an outage."""
    failing_seconds = row.last_at - row.began_at
    return row.count >= rules.failures or failing_seconds >= rules.failing_seconds
