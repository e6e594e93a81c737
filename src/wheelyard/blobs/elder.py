"""What was given out of an edition that is over, compared with the one that came after it.

A download that turned out wrong starts over, and its next edition may have the same beginning: the
flipped bit was further on. Whoever was sent no more than that beginning may go on, because what it
has is a prefix of the present edition, byte for byte, and the proof of the present edition covers
it.
"""

import os
from typing import Final

import anyio

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads
from wheelyard.blobs.shared_file import SharedFile

__all__ = ["Elder"]

_STEP_BYTES: Final = 16 * 1024**2
"""How much is compared before we look around again."""


class Elder:
    """The file of an earlier edition, for the readers that have some of its bytes."""

    def __init__(self, file: SharedFile) -> None:
        """Compare ``file``, which is given up to this object."""
        self._file = file
        self._turn = anyio.Lock()
        # How far the bytes from an offset are known to be the same, for one present edition.
        self._edition = 0
        self._same: dict[int, int] = {}

    def agreed(self, edition: int, start: int) -> int:
        """Return up to where the bytes from ``start`` on are known to be those of ``edition``."""
        return self._same.get(start, start) if edition == self._edition else start

    async def compare(
        self, present: tuple[int, SharedFile], part: tuple[int, int], disk: DiskThreads
    ) -> bool:
        """Say whether the bytes of ``part`` (start and stop) are the same in the present edition.

        However many readers want to know it, each byte is read once.

        Raises:
            OSError: the disk cannot read them.
        """
        edition, file = present
        start, stop = part
        kept = self._file.take()
        try:
            async with self._turn:
                if edition != self._edition:
                    self._edition, self._same = edition, {}
                while (position := self._same.get(start, start)) < stop:
                    end = min(stop, position + _STEP_BYTES)
                    same = await disk.run(_same_now, kept, file, position, end)
                    self._same[start] = position + same
                    if same < end - position:
                        return False
                return True
        finally:
            kept.give_back()

    def let_go(self) -> None:
        """Give back the file."""
        self._file.give_back()


def _same_now(one: SharedFile, other: SharedFile, start: int, stop: int) -> int:
    """Return how many bytes from ``start`` on are the same in both files; touches the disk."""
    position = start
    while position < stop:
        length = min(CHUNK_BYTES, stop - position)
        first = os.pread(one.descriptor, length, position)
        second = os.pread(other.descriptor, length, position)
        if not first or first != second:
            break
        position += len(first)
    return position - start
