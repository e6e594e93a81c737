"""What a run tells: how far it is, and what it came to."""

from dataclasses import dataclass, field

import msgspec

from wheelyard.catalog.sync_runs import Outcome
from wheelyard.clock import Instant
from wheelyard.names import ProjectName

__all__ = ["MOST_TOLD", "Account", "Amount", "PlanReport", "Problem", "Report"]

MOST_TOLD = 1_000
"""How many problems and names are told one by one; all of them are counted."""


class Problem(msgspec.Struct, frozen=True):
    """Something wanted that is not here, and why. ``project`` is empty if it is none of one."""

    project: str
    reason: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Files, and how many bytes they are; ``unsized`` of them are of a size that nobody told."""

    files: int = 0
    bytes: int = 0
    unsized: int = 0

    def add(self, files: int, size: int, unsized: int = 0) -> "Amount":
        """Return all with so much more."""
        return Amount(self.files + files, self.bytes + size, self.unsized + unsized)


class PlanReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do. ``bytes`` are of the files whose page states a size.

    ``unsized`` counts those whose page states none, ``held`` files that are wanted and held.

    ``unread`` are projects whose pages were not looked at: nobody knows their files yet.
    ``names`` and ``removals`` have the first ones of many.
    """

    index: str
    projects: int
    files: int
    bytes: int
    unread: int
    names: tuple[str, ...]
    removed: int
    removals: tuple[str, ...]
    held_back: int
    unsized: int = 0
    held: int = 0
    problems: tuple[Problem, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. ``problems`` are the first ones of ``failed``, by project.

    ``wanted`` counts projects that were wanted and mirrored before, ``projects`` those that were
    to be looked at, ``looked_at`` those that were; ``files`` and ``bytes`` what was fetched.
    ``removed`` are projects that upstream does not have any more, ``held_back`` those that it does
    not list, and that are left as they are because they are too many; ``waiting`` failed before and
    were left alone this time, ``not_asked`` the run did not come to. ``held`` are wanted files of
    changed pages that were held already: since an earlier run, through a client, or because
    requirements were resolved with them.
    """

    index: str
    outcome: Outcome
    started_at: float
    seconds: float
    mirrored: int
    projects: int
    looked_at: int
    files: int
    bytes: int
    held: int = 0
    failed: int = 0
    waiting: int = 0
    not_asked: int = 0
    held_back: int = 0
    removed: int = 0
    removals: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Account:
    """How far a run is and what it has come to so far; it changes while the run goes on.

    ``wanted`` is what is to be fetched of the pages that were read, ``fetched`` how much of it
    was, ``held`` how many of their files were here already. ``unanswered`` says that news could
    not be had, ``is_stopped`` that somebody stopped it.
    """

    index: str
    started_at: Instant
    mirrored: int = 0
    projects: int = 0
    looked_at: int = 0
    failed: int = 0
    waiting: int = 0
    not_asked: int = 0
    held_back: int = 0
    removed: int = 0
    wanted: Amount = Amount()
    fetched: Amount = Amount()
    held: int = 0
    unanswered: bool = False
    is_stopped: bool = False
    removals: list[ProjectName] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note_problem(self, project: str, reason: str) -> None:
        """Note that something wanted is not here."""
        self.failed += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(project, reason))

    def note_removal(self, project: ProjectName) -> None:
        """Note that upstream does not have a project any more."""
        self.removed += 1
        if len(self.removals) < MOST_TOLD:
            self.removals.append(project)

    def outcome(self) -> Outcome:
        """Return what the run has come to, if it ended now."""
        if self.is_stopped:
            return "stopped"
        if not (self.failed or self.waiting or self.not_asked or self.held_back):
            return "done"
        return "failed" if self.unanswered and not self.looked_at else "partial"

    def report(self, now: Instant) -> Report:
        """Return what the run has come to."""
        return Report(
            index=self.index,
            outcome=self.outcome(),
            started_at=self.started_at,
            seconds=max(0.0, now - self.started_at),
            mirrored=self.mirrored,
            projects=self.projects,
            looked_at=self.looked_at,
            files=self.fetched.files,
            bytes=self.fetched.bytes,
            held=self.held,
            failed=self.failed,
            waiting=self.waiting,
            not_asked=self.not_asked,
            held_back=self.held_back,
            removed=self.removed,
            removals=tuple(self.removals),
            problems=tuple(sorted(self.problems, key=lambda each: (each.project, each.reason))),
        )
