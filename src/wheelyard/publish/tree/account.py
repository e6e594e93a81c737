"""What a publish did, counted while it goes on and reported at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

__all__ = ["Account", "Outcome", "Problem", "Report"]

Outcome = Literal["done", "unchanged", "partial", "planned"]

_MOST_PROBLEMS: Final = 1_000
_MOST_NAMES: Final = 10_000


class Problem(msgspec.Struct, frozen=True):
    """A project that could not be published, and why; what was published of it before stays.

    The snapshot may be meant, too, by the name that it has in the tree.
    """

    project: str
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a publish came to. ``names`` are the projects whose pages were written, or would be.

    ``view`` is the view that shows this serial, and empty where there are none; ``is_active`` says
    that clients get it, and ``is_switched`` that they got the other one before. ``healed`` objects
    were missing in the target, or not what they were.
    """

    outcome: Outcome
    index: str
    target: str
    serial: int
    view: str = ""
    is_active: bool = True
    is_switched: bool = False
    looked_at: int = 0
    pages: int = 0
    pages_gone: int = 0
    objects: int = 0
    bytes: int = 0
    copied: int = 0
    removed: int = 0
    waiting: int = 0
    healed: int = 0
    strays: int = 0
    failed: int = 0
    problems: tuple[Problem, ...] = ()
    names: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class Account:
    """The counts of a publish that goes on; see ``Report``. ``phase`` is for people."""

    phase: str = "Looking"
    to_look_at: int = 0
    looked_at: int = 0
    pages: int = 0
    pages_gone: int = 0
    objects: int = 0
    bytes: int = 0
    copied: int = 0
    removed: int = 0
    waiting: int = 0
    healed: int = 0
    strays: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    def note_problem(self, project: str, reason: str) -> None:
        """Note that a project could not be published."""
        self.failed += 1
        self.failing.add(project)
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(project, reason))

    def note_missing(self, path: str, reason: str) -> None:
        """Note that something that is no project's could not be made."""
        self.failed += 1
        self.problems.append(Problem(path, reason))

    def note_sent(self, sizes: Sequence[int]) -> None:
        """Note that objects of these sizes were written."""
        self.objects += len(sizes)
        self.bytes += sum(sizes)

    def note_page(self, name: str) -> None:
        """Note that the page of a project is written, or would be."""
        self.pages += 1
        if name and len(self.names) < _MOST_NAMES:
            self.names.append(name)
