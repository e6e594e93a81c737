"""Opening what lies beneath one directory, and nothing outside of it.

Whoever can write into the directory must not make us read the rest of the machine: neither with
``..``, nor with a symbolic link, nor with one that is put in place between a check and its use.
So the path is resolved first, and then walked down component by component without following
anything: what was swapped in the meantime is an error, and not a way out.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wheelyard.errors import Refused

__all__ = ["Beneath"]

_CLOSED: Final = os.O_CLOEXEC | os.O_NOFOLLOW
_STEP: Final = _CLOSED | os.O_DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)
# Opening a pipe without a writer would wait for one.
_LAST: Final = _CLOSED | os.O_RDONLY | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Beneath:
    """One directory, from which files and directories are opened by their relative path."""

    root: Path

    def open(self, relative: str) -> int:
        """Return a descriptor of the regular file or directory at ``relative``; blocking.

        Raises:
            FileNotFoundError: there is none, or it is something else, such as a pipe.
            OSError: the disk says so.
            Refused: it is outside of the directory.
        """
        root = os.path.realpath(self.root, strict=True)
        wanted = os.path.realpath(Path(root, relative), strict=True)
        if wanted != root and not wanted.startswith(root.rstrip("/") + "/"):
            where = f"`{self.root}`"
            raise Refused(f"`{relative[:200]}`", f"it leads out of the directory {where}")
        inside = wanted[len(root) :].strip("/")
        steps = inside.split("/") if inside else []
        descriptor = os.open(root, _STEP if steps else _LAST)
        for number, step in enumerate(steps, start=1):
            try:
                deeper = os.open(step, _LAST if number == len(steps) else _STEP, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = deeper
        return _ordinary(descriptor, relative)


def _ordinary(descriptor: int, relative: str) -> int:
    """Return ``descriptor`` if it is of a regular file or a directory."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return descriptor
    os.close(descriptor)
    raise FileNotFoundError(relative)
