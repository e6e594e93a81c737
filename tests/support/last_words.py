"""What a run of the suite says last.

What a test says when it fails may be longer than what is kept of the output, and the end is what is
kept.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["failed_names"]


class Reported(Protocol):
    """What pytest knows of a test, or of a file in which it could find none."""

    @property
    def nodeid(self) -> str:
        """What it is called."""


def failed_names(reports: Mapping[str, Sequence[Reported]]) -> list[str]:
    """Return the names of what failed and of what could not be run, each once, in order."""
    found = [each.nodeid for outcome in ("failed", "error") for each in reports.get(outcome, ())]
    return sorted(set(found))
