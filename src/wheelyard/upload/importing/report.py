"""What became of an import, file by file."""

from typing import Final, Literal

import msgspec

__all__ = ["OUTCOMES", "Item", "Outcome", "Report"]

Outcome = Literal["imported", "planned", "skipped", "rejected", "failed"]

OUTCOMES: Final[tuple[Outcome, ...]] = ("imported", "planned", "skipped", "rejected", "failed")


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one file. ``reason`` says why it was not taken over, or what was noticed."""

    filename: str
    where: str
    outcome: Outcome
    reason: str = ""


class Report(msgspec.Struct, frozen=True):
    """Every file of a source that was asked for, by name.

    ``rejected`` will be rejected again; ``failed`` may succeed when the import is run once more.
    """

    source: str
    index: str
    items: tuple[Item, ...] = ()

    def of(self, outcome: Outcome) -> tuple[Item, ...]:
        """Return the files of which this became."""
        return tuple(item for item in self.items if item.outcome == outcome)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for is there, or would be."""
        return not self.of("rejected") and not self.of("failed")
