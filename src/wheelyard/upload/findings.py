"""What checks find: problems, which refuse a file, and warnings, which go with it."""

from collections.abc import Iterable

import msgspec

from wheelyard.errors import BadInput

__all__ = ["Findings"]


class Findings(msgspec.Struct, frozen=True):
    """Everything found, in the order in which it is to be told; add two with ``+``."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        """Return what both found, each sentence once."""
        return Findings(
            tuple(dict.fromkeys((*self.problems, *other.problems))),
            tuple(dict.fromkeys((*self.warnings, *other.warnings))),
        )

    def raise_problems(self) -> None:
        """Raise if there is any problem.

        Raises:
            BadInput: with all of them.
        """
        if self.problems:
            raise BadInput(*self.problems)

    @classmethod
    def tolerable(cls, sentences: Iterable[str], *, strict: bool) -> "Findings":
        """Return ``sentences`` as problems where rules are strict, else as warnings."""
        found = tuple(sentences)
        return cls(problems=found) if strict else cls(warnings=found)
