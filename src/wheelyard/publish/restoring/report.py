"""What became of a restore."""

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Difference", "Report"]

_MOST_TOLD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that could not be brought back as it was: where it is, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Report:
    """What a restore came to: how much there is now, and what is not as it was.

    ``hosted`` and ``held`` are projects of our own and of upstreams. ``fetched`` files came now,
    with their ``bytes``; ``present`` ones were there already. ``equal`` pages are as they were, in
    both forms. ``wrong`` counts all differences; the first thousand are in ``differences``.
    """

    hosted: int = 0
    held: int = 0
    fetched: int = 0
    present: int = 0
    bytes: int = 0
    equal: int = 0
    wrong: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether everything is as it was."""
        return not self.wrong

    def note(self, path: str, reason: str) -> None:
        """Note that something is not as it was."""
        self.wrong += 1
        if len(self.differences) < _MOST_TOLD:
            self.differences.append(Difference(path, reason.rstrip(".")))
