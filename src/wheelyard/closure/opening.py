"""Files that a user names, read whole and with a limit."""

import stat
from pathlib import Path
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["MAX_BYTES", "display", "read_bytes"]

MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest locks there are have some ten megabytes."""


def read_bytes(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        BadInput: it cannot be read; the message is half a sentence, without the name.
    """
    try:
        # Not a pipe or a device: reading those might never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput("it is not a file; name a requirements or lock file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"it cannot be read ({reason}); check the name") from error
    if len(content) > MAX_BYTES:
        raise BadInput(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB, which no such file is")
    return content


def display(path: Path) -> str:
    """Return a path as messages show it: as short as it can be."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
