"""An open file that several have at once."""

import os

__all__ = ["SharedFile"]


class SharedFile:
    """An open file that is closed when the last one who took it has given it back."""

    def __init__(self, descriptor: int) -> None:
        """Share ``descriptor``; the maker is the first one who has it."""
        self.descriptor = descriptor
        self._holders = 1

    def take(self) -> "SharedFile":
        """Return the file, to be given back once more."""
        self._holders += 1
        return self

    def give_back(self) -> None:
        """Let go of it."""
        self._holders -= 1
        if not self._holders:
            os.close(self.descriptor)
