"""Reading a file at leisure, from the disk itself: for whoever looks whether it is still right."""

import errno
import os
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import anyio

from wheelyard.blobs.disk import DiskThreads
from wheelyard.blobs.proofs import Seen, Stamp
from wheelyard.names import Sha256

__all__ = ["read_gently"]

_STEP_BYTES = 1024**2


async def read_gently(
    path: Path, disk: DiskThreads, rest: Callable[[int], Awaitable[None]]
) -> Seen | None:
    """Return what the bytes of ``path`` are; None if there is no such file.

    ``rest`` is awaited after each piece, with its length. What the system has in memory of the
    file is given up before, or its disk would not be asked, and after, or it would be in the way
    of what clients ask for.

    Raises:
        OSError: it may not be read. That the disk cannot read it is an answer.
    """
    try:
        descriptor = await disk.run(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    hasher = sha256()

    def step() -> int:
        chunk = os.read(descriptor, _STEP_BYTES)
        hasher.update(chunk)
        return len(chunk)

    stamp = Stamp.of(os.fstat(descriptor))
    try:
        await disk.run(_forget_pages, descriptor)
        while count := await disk.run(step):
            await rest(count)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return Seen(stamp, None)
    finally:
        with anyio.CancelScope(shield=True):
            await disk.run(_close, descriptor)
    return Seen(stamp, Sha256(hasher.hexdigest()))


def _forget_pages(descriptor: int) -> None:
    """Give up what the system remembers of the file, where it can be told so."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _close(descriptor: int) -> None:
    """Let go of the file and of what was read."""
    try:
        _forget_pages(descriptor)
    finally:
        os.close(descriptor)
