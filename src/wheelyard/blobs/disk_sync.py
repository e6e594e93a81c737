"""Flushing a whole file system: one call in place of hundreds, where many small files are written.

``syncfs`` writes everything that is dirty, other programs' files too, and returns when it is on the
disk. Since Linux 5.8 it also tells if something of it could not be written; before, and elsewhere,
it is not used.
Source: ``syncfs(2)``, under "ERRORS" and "VERSIONS".
"""

import ctypes
import os
import platform
import sys
from functools import cache
from pathlib import Path

__all__ = ["can_sync_file_system", "sync_file_system"]

_TELLS_ERRORS = (5, 8)


def can_sync_file_system() -> bool:
    """Say whether this system has a call for that which can be relied on."""
    return _library() is not None


def sync_file_system(directory: Path) -> bool:
    """Make everything on the file system of ``directory`` survive a power cut; touches the disk.

    Returns whether that was done: not every system can.

    Raises:
        OSError: something could not be written; nobody knows what.
    """
    library = _library()
    if library is None:
        return False
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if library.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
    return True


@cache
def _library() -> ctypes.CDLL | None:
    """Return the C library if its ``syncfs`` can be relied on."""
    if sys.platform != "linux" or _kernel() < _TELLS_ERRORS:
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "syncfs") else None


def _kernel() -> tuple[int, ...]:
    """Return the first two numbers of the kernel's version."""
    numbers = platform.release().split("-", 1)[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())
