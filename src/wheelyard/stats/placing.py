"""Files that take their place in one step, or stay as they were."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from wheelyard.catalog.locking import FileLock
from wheelyard.errors import Unavailable

__all__ = ["load_bytes", "locked", "replace_file"]

_MAX_BYTES = 256 * 1024**2


def load_bytes(path: Path, max_bytes: int = _MAX_BYTES) -> bytes | None:
    """Return the content of a file; None if there is none.

    Raises:
        Unavailable: it cannot be read, or is larger than ``max_bytes``.
    """
    try:
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"`{path}`", error.strerror or str(error), failing="disk") from error
    if len(body) > max_bytes:
        raise Unavailable(f"`{path}`", f"it is larger than {max_bytes} bytes")
    return body


def locked(directory: Path) -> FileLock:
    """Return the lock of a directory, held by this process alone; it is made if it is not there.

    Raises:
        Unavailable: another process holds it, or it cannot be written.
    """
    lock = FileLock(directory / ".lock")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        is_ours = lock.take(0)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unavailable(f"`{directory}`", reason, failing="disk") from error
    if not is_ours:
        raise Unavailable(f"`{directory}`", "another run is at work in it: wait until it is done.")
    return lock


def replace_file(path: Path, body: bytes) -> bool:
    """Have ``body`` be the content of ``path``; say whether that changed anything.

    Whoever reads meanwhile gets the old content or the new one, whole.

    Raises:
        Unavailable: it cannot be written.
    """
    if load_bytes(path) == body:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, body)
    except OSError as error:
        raise Unavailable(f"`{path}`", error.strerror or str(error), failing="disk") from error
    return True


def _write(path: Path, body: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with new.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
