"""Mirroring: which projects a sync has to look at, and what is remembered of each afterwards.

The state is per project, and no number covers several: one that is stuck is due again and again,
and holds up nobody.

1. A project is due if it is new, if its serial is not the one for which it was done, if something
   else is wanted of it than then, or if it failed.
2. Where the upstream counts nothing each page is asked for, on condition that it has changed.
3. What failed is tried at each run that somebody asked for. A schedule waits between two trials,
   twice as long after each failure, unless the project changed meanwhile.
4. A page that is older than the change that was announced is not done: the change is yet to come.

Source: reference of mirrors, P-08 (the change comes before the content).
"""

from dataclasses import dataclass
from enum import Enum

import msgspec
from msgspec.structs import replace

from wheelyard.clock import Instant
from wheelyard.names import ProjectName

__all__ = [
    "Done",
    "Listed",
    "Reason",
    "State",
    "failed",
    "finished",
    "is_behind",
    "is_whole",
    "why_due",
    "withdrawn",
]

FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 6 * 3600.0
_MAX_DOUBLINGS = 20
MAX_ERROR_CHARACTERS = 500


class State(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of one project; there are hundreds of thousands.

    ``done_serial`` and ``done_revision`` are those of the page for which everything that
    ``done_for`` names is here. ``gone_at`` is when it was believed that upstream has it no more.
    """

    project: ProjectName
    listed_serial: int | None = None
    done_serial: int | None = None
    done_revision: int | None = None
    done_for: str = ""
    done_at: Instant | None = None
    gone_at: Instant | None = None
    failures: int = 0
    next_try_at: Instant | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the upstream's news say of a project: that it is there, and its serial.

    ``is_told`` is False where the news would have told a change, and told none.
    """

    serial: int | None
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: for which page, as listed and as read, and what was wanted of it."""

    listed_serial: int | None
    page_serial: int | None
    revision: int | None
    wanted: str


class Reason(Enum):
    """Why a project is looked at."""

    NEW = "new"
    CHANGED = "changed"
    WANTED = "wanted differently"
    INCOMPLETE = "incomplete"
    UNCOUNTED = "without serial"
    GONE = "not listed any more"


def why_due(
    state: State | None, listed: Listed, wanted: str, now: Instant, *, is_patient: bool
) -> Reason | None:
    """Return why the project has to be looked at; None if there is nothing to do.

    ``wanted`` names what is wanted of it. ``is_patient`` leaves alone for a while what failed.
    """
    if state is None or state.gone_at is not None:
        return Reason.NEW
    if state.failures:
        is_news = listed.serial != state.listed_serial
        return Reason.INCOMPLETE if is_news or not is_patient or _may_try(state, now) else None
    if not state.done_for:
        return Reason.INCOMPLETE
    return Reason.WANTED if state.done_for != wanted else _why_changed(state, listed)


def _why_changed(state: State, listed: Listed) -> Reason | None:
    """Return why a project may have changed that is complete; None if it has not."""
    if listed.serial is None:
        return Reason.UNCOUNTED if listed.is_told else None
    is_newer = state.done_serial is None or listed.serial > state.done_serial
    # A smaller one than was listed: it counts anew, or an older list was given.
    is_older = state.listed_serial is not None and listed.serial < state.listed_serial
    return Reason.CHANGED if is_newer or is_older else None


def is_whole(state: State | None, wanted: str, revision: int | None) -> bool:
    """Say whether everything wanted is here of the page with that ``revision``."""
    if state is None or not state.done_for or state.failures or revision is None:
        return False
    return state.done_for == wanted and state.done_revision == revision


def is_behind(listed_serial: int | None, page_serial: int | None) -> bool:
    """Say whether a page is older than the change that was announced. Source: P-08."""
    return listed_serial is not None and page_serial is not None and page_serial < listed_serial


def finished(state: State | None, project: ProjectName, done: Done, now: Instant) -> State:
    """Return the state of a project of which everything wanted is here."""
    before = state or State(project)
    serials = [each for each in (done.listed_serial, done.page_serial) if each is not None]
    return replace(
        before,
        listed_serial=done.listed_serial,
        done_serial=max(serials, default=None),
        done_revision=done.revision,
        done_for=done.wanted,
        done_at=now,
        gone_at=None,
        failures=0,
        next_try_at=None,
        error="",
    )


def failed(
    state: State | None, project: ProjectName, serial: int | None, error: str, now: Instant
) -> State:
    """Return the state of a project of which something wanted is not here."""
    before = state or State(project)
    doublings = min(before.failures, _MAX_DOUBLINGS)
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**doublings)
    return replace(
        before,
        listed_serial=serial,
        gone_at=None,
        failures=before.failures + 1,
        next_try_at=Instant(now + pause),
        error=error[:MAX_ERROR_CHARACTERS],
    )


def withdrawn(state: State, now: Instant) -> State:
    """Return the state of a project that upstream does not have any more."""
    return State(state.project, gone_at=now)


def _may_try(state: State, now: Instant) -> bool:
    """Say whether the pause after a failure is over; one that a clock made too long is."""
    next_try = state.next_try_at
    return next_try is None or not now < next_try <= now + LONGEST_PAUSE_SECONDS
