"""The words of the matrix: what is asked for, and what a client may be given in an outage."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["MEANINGS", "THINGS", "Class", "Outcome", "Row", "Thing"]

Thing = Literal["root", "page", "metadata", "file", "large"]
THINGS: tuple[Thing, ...] = ("root", "page", "metadata", "file", "large")
"""`file` is so small that all of it is held back until it is proven; of `large`, the end is."""


class Outcome(StrEnum):
    """What a client sees: a closed set, each with its exact conditions in `observing.py`."""

    HELD = "same bytes, from the store"
    STALE = "same bytes, marked stale"
    FRESH = "the right bytes"
    TOLD = "what the upstream says"
    RETRY = "503, `Retry-After: 1`"
    CUT = "cut off"
    ABSENT = "404"


MEANINGS = {
    Outcome.HELD: "200; nobody is asked, whatever the upstream does",
    Outcome.STALE: "200 with the bytes of the last good answer, `X-Wheelyard-Stale` with its age in"
    " seconds, `Cache-Status: wheelyard; hit; detail=stale`, and ten seconds to live",
    Outcome.FRESH: "200: what was asked for came all the same",
    Outcome.TOLD: "200 with what the upstream says: who has never seen anything else cannot know",
    Outcome.RETRY: "503 with a sentence that says why, and whole seconds that are never the"
    " upstream's: installers ask again",
    Outcome.CUT: "a body that ends before its stated length: never a whole answer with wrong bytes",
    Outcome.ABSENT: "404: an authority said that it is not there",
}
"""What each outcome is, for people."""


class Class(StrEnum):
    """Kinds of outage that look alike to a client, each with the name that the tests give it."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    ERRORS = "errors"
    NONSENSE = "nonsense"
    LIES = "lies"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of each thing; a large file shares the fate of a small one unless it is said."""

    root: Outcome
    page: Outcome
    metadata: Outcome
    file: Outcome
    large: Outcome

    @classmethod
    def of(
        cls, pages: Outcome, files: Outcome, root: Outcome | None = None, **others: Outcome
    ) -> "Row":
        """Return the row of pages and files; `root`, `metadata` and `large` may differ."""
        metadata, large = others.get("metadata", files), others.get("large", files)
        return cls(root or pages, pages, metadata, files, large)

    def __iter__(self) -> Iterator[tuple[Thing, Outcome]]:
        for thing in THINGS:
            yield thing, getattr(self, thing)
