"""The wall clock of a server, in the hand of a test; its monotonic clock goes on as it is.

The server's process asks `time.time` as always, which adds what stands in a file that the test
writes (`follow`). `libfaketime` does the same for any program, at a thousand times the price.
"""

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Sundial", "follow"]

_OFFSET = struct.Struct("d")


@dataclass(frozen=True, slots=True)
class Sundial:
    """How far a server's clock is off, in a file that it looks at each time."""

    file: Path

    def set(self, seconds: float) -> None:
        """Have the clock so many seconds ahead of ours, or behind."""
        mode = "r+b" if self.file.exists() else "wb"
        with self.file.open(mode) as file:
            file.write(_OFFSET.pack(seconds))


def follow(file: str) -> None:
    """Have this process go by the sundial in `file` from now on."""
    with Path(file).open("rb") as opened:
        offset = mmap.mmap(opened.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    true_time = time.time

    def told_time() -> float:
        return true_time() + float(_OFFSET.unpack(offset)[0])

    time.time = told_time
