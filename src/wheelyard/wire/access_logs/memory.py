"""What was made of a text, kept for the next time: in a log the same ones come again and again.

A user agent of pip has eighty escapes, and is that of every second line; a second has many lines.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["Memory"]

V = TypeVar("V")

_ROOM: Final = 2_048
_MAX_CHARACTERS: Final = 1_024
"""A longer text is not kept: strangers choose them."""


class Memory(dict[str, V], Generic[V]):
    """Has for each text what ``make`` makes of it."""

    def __init__(self, make: Callable[[str], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> V:
        """Make it; forget all others when there are too many."""
        made = self._make(text)
        if len(text) <= _MAX_CHARACTERS:
            if len(self) >= _ROOM:
                self.clear()
            self[text] = made
        return made
