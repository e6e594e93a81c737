"""What a webhook has yet to be told, and when it is tried again.

The outage log is the list of what there is to tell; nothing waits in memory. Of each webhook is
remembered how far it was told: so a restart in the middle of an outage neither repeats its
beginning nor forgets its end. A webhook that is new hears of nothing that had begun before, but of
the end of what lasts.

A webhook that does not take its news is tried again, ever more rarely, for some minutes; then this
piece of news is dropped. One that has been away while many doors came and went hears of the last
of them only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

__all__ = ["Entry", "Event", "News", "Told", "begin", "note", "pending", "retry_after_seconds"]

MOST_PENDING: Final = 100
"""How many pieces of news wait for one webhook; older ones are dropped."""

_FIRST_RETRY_SECONDS: Final = 1.0
_LONGEST_RETRY_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 300.0


class Event(StrEnum):
    """What there is to tell of an outage."""

    START = "outage.start"
    END = "outage.end"


@dataclass(frozen=True, slots=True)
class Entry:
    """One outage of the log: its number, which grows with each, and whether it is over."""

    id: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news: an outage began, or is over."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class Told:
    """How far a webhook was told: the newest outage it knows of, and those it believes to last."""

    newest: int = 0
    lasting: tuple[int, ...] = ()


def begin(entries: Sequence[Entry]) -> Told:
    """Return where a webhook begins that was never told anything, given what the log has."""
    newest = max((entry.id for entry in entries), default=0)
    return Told(newest, tuple(entry.id for entry in entries if not entry.is_over))


def pending(told: Told, entries: Sequence[Entry]) -> tuple[News, ...]:
    """Return what is to be told, in the order in which it happened as far as the log tells."""
    news: list[News] = []
    for entry in sorted(entries, key=lambda entry: entry.id):
        if entry.id > told.newest:
            news.append(News(entry.id, Event.START))
        if entry.is_over and (entry.id > told.newest or entry.id in told.lasting):
            news.append(News(entry.id, Event.END))
    return tuple(news)


def note(told: Told, news: News) -> Told:
    """Return how far a webhook is told once it has taken ``news``, or once that was dropped."""
    if news.event is Event.START:
        return Told(max(told.newest, news.id), (*told.lasting, news.id))
    return replace(told, lasting=tuple(each for each in told.lasting if each != news.id))


def retry_after_seconds(attempts: int, trying_seconds: float) -> float | None:
    """Return how long to wait after ``attempts`` failed; None once it is time to give up.

    ``trying_seconds`` is for how long this piece of news has been tried.
    """
    if trying_seconds >= _PATIENCE_SECONDS:
        return None
    wait = _FIRST_RETRY_SECONDS * float(2 ** min(max(attempts - 1, 0), 30))
    return min(wait, _LONGEST_RETRY_SECONDS)
