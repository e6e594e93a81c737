"""Whether a door's "it is not here" counts: not while it says so of everything.

An upstream that lost its storage answers 404 for every name, and each answer alone looks like the
truth.  Its canaries are names for which it answered within a week; while one of them is well, the
door is believed.  A door without canaries is believed too: there is nothing to hold against it.
Source: DESIGN.md, section 4 ("Losses").
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from wheelyard.clock import Instant
from wheelyard.names import ProjectName

__all__ = ["CHECK_SECONDS", "MOST", "Canary", "Finding", "choose_witnesses", "is_well"]

MOST: Final = 5
"""How many names are kept."""
CHECK_SECONDS: Final = 2.0
"""How often the canaries are asked at most."""
_ALIVE_SECONDS: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Canary:
    """When a name was last answered for, and whether its page is known to have files."""

    at: Instant
    has_files: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What the canaries said, and when; an empty ``doubt`` is good news."""

    at: Instant
    doubt: str

    def counts(self, now: Instant, since: Instant) -> bool:
        """Say whether it need not be asked again for somebody who wants to know it ``since``."""
        return 0 <= now - self.at < CHECK_SECONDS and (bool(self.doubt) or self.at > since)


def choose_witnesses(
    canaries: OrderedDict[ProjectName, Canary], name: ProjectName | None, now: Instant
) -> list[ProjectName]:
    """Return who may be asked about ``name``, the newest first; it is no witness of itself.

    ``canaries`` are in the order in which they were last answered for.
    """
    return [
        canary
        for canary, known in reversed(canaries.items())
        if canary != name and now - known.at <= _ALIVE_SECONDS
    ]


def is_well(canary: Canary | None, file_count: int | None) -> bool:
    """Say whether a canary's page is as it should be: there, and with files if it had some.

    ``file_count`` is None for a page that did not change.
    """
    had_files = canary is not None and canary.has_files
    return file_count is None or file_count > 0 or not had_files
