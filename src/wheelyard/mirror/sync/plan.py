"""The plan of a sync: which projects are looked at and why, before any of them is.

Made in one pass over what is remembered, beside the upstream's news: work and memory grow with what
has to be done, and with the names of the news, not with what is held.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import assert_never

from wheelyard.clock import Instant
from wheelyard.decide.mirroring import Listed, Reason, State, why_due
from wheelyard.decide.removal import Brake, is_too_much
from wheelyard.mirror.sync.listing import Changes, Listing, News
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import ProjectName

__all__ = ["Asks", "Due", "Plan", "make_plan", "named_projects"]


@dataclass(frozen=True, slots=True)
class Due:
    """A project that is looked at: why, its serial in the news, and what is remembered of it."""

    name: ProjectName
    reason: Reason
    serial: int | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Asks:
    """What a run is for.

    ``is_here`` says of a name whether this upstream is the one to ask for it. ``is_whole`` says
    that nothing else is wanted of it: what failed of others is forgotten. ``is_patient``
    leaves alone for a while what failed, ``allows_removals`` takes the brake off.
    """

    wanted: Wanted
    now: Instant
    is_here: Callable[[ProjectName], bool]
    brake: Brake = field(default_factory=Brake)
    is_whole: bool = True
    is_patient: bool = False
    allows_removals: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does.

    ``vanished`` are mirrored projects that upstream does not list any more; ``is_braked`` says that
    they are too many, and are left as they are. ``waiting`` is how many failed before and are left
    alone for now, ``mirrored`` how many projects were wanted and there when the run began.
    ``unwanted`` failed before, and are not wanted any more.
    """

    due: tuple[Due, ...] = ()
    vanished: tuple[Due, ...] = ()
    is_braked: bool = False
    waiting: int = 0
    mirrored: int = 0
    unwanted: tuple[ProjectName, ...] = ()

    @property
    def work(self) -> tuple[Due, ...]:
        """Everything that is looked at: first what may be gone, so that it goes at once."""
        return self.due if self.is_braked else (*self.vanished, *self.due)


class _Keys:
    """What is wanted of each project, as text: the same text for nearly all of them.

    To make it takes longer than everything else that is to be done about a name.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._common = ""
        self._has_common = not any(rule.specifiers for rule in wanted.projects)

    def of(self, name: ProjectName) -> str:
        """Return the key of ``name``, which is wanted."""
        if not self._has_common or name in self._wanted.files:
            return self._wanted.key_of(name)
        if not self._common:
            self._common = self._wanted.key_of(name)
        return self._common


@dataclass(slots=True)
class _Draft:
    """A plan while it is made. ``named`` are names wanted by themselves, and not met so far."""

    named: set[ProjectName]
    keys: "_Keys"
    due: list[Due] = field(default_factory=list)
    vanished: list[Due] = field(default_factory=list)
    unwanted: list[ProjectName] = field(default_factory=list)
    waiting: int = 0
    mirrored: int = 0


def named_projects(wanted: Wanted) -> frozenset[ProjectName]:
    """Return the names that are wanted by themselves, not by a pattern."""
    exact = (ProjectName(rule.pattern.text) for rule in wanted.projects if rule.pattern.is_exact)
    return frozenset(name for name in (*exact, *wanted.files) if wanted.covers(name))


def make_plan(states: Iterable[State], news: News, asks: Asks) -> Plan:
    """Return what to do, from what is remembered and what the upstream tells.

    ``states`` are gone through once.
    """
    draft = _Draft(_named_here(news, asks), _Keys(asks.wanted))
    serials = _wanted_serials(news, asks)
    for state in states:
        _take(draft, state, serials, news, asks)
    for name, serial in serials.items():
        draft.due.append(Due(name, Reason.NEW, serial))
    # A list may be behind, and who wrote a name down wants an answer.
    draft.due.extend(Due(name, Reason.NEW) for name in sorted(draft.named))
    too_much = is_too_much(len(draft.vanished), draft.mirrored, asks.brake)
    return Plan(
        tuple(draft.due),
        tuple(draft.vanished),
        is_braked=too_much and not asks.allows_removals,
        waiting=draft.waiting,
        mirrored=draft.mirrored,
        unwanted=tuple(draft.unwanted) if asks.is_whole else (),
    )


def _named_here(news: News, asks: Asks) -> set[ProjectName]:
    """Return the names that are wanted by themselves, and that the news do not have."""
    unheard = named_projects(asks.wanted) - news.serials.keys()
    return {name for name in unheard if asks.is_here(name)}


def _wanted_serials(news: News, asks: Asks) -> dict[ProjectName, int | None]:
    """Return what the news tell of the names that are wanted here."""
    covers, is_here = asks.wanted.covers, asks.is_here
    return {name: serial for name, serial in news.serials.items() if covers(name) and is_here(name)}


def _take(
    draft: _Draft,
    state: State,
    serials: dict[ProjectName, int | None],
    news: News,
    asks: Asks,
) -> None:
    """Say in ``draft`` what becomes of a project that is remembered."""
    name = state.project
    draft.named.discard(name)
    told = name in serials
    listed = Listed(serials.pop(name)) if told else _listed(state, news)
    if not told and not (asks.wanted.covers(name) and asks.is_here(name)):
        # What is complete may stay known: it costs nothing, and another index may want it.
        if state.failures:
            draft.unwanted.append(name)
        return
    if state.gone_at is None:
        draft.mirrored += 1
    if listed is None:
        if state.gone_at is None:
            draft.vanished.append(Due(name, Reason.GONE, state=state))
        return
    key = draft.keys.of(name)
    reason = why_due(state, listed, key, asks.now, is_patient=asks.is_patient)
    if reason is not None:
        draft.due.append(Due(name, reason, listed.serial, state))
    elif state.failures:
        draft.waiting += 1


def _listed(state: State, news: News) -> Listed | None:
    """Return what the news say of a remembered project that they do not name; None: it is gone."""
    match news:
        case Listing():
            return None
        case Changes():
            if state.project in news.removed or state.gone_at is not None:
                return None
            return Listed(state.listed_serial, is_told=False)
        case _:
            assert_never(news)
