"""A whole file of the store, as its readers see it."""

import os
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.names import Sha256

__all__ = ["HeldBlob"]


def _keep_faith(_: Sha256) -> None:
    """Do nothing: nobody keeps proofs of this file."""


@dataclass(frozen=True, slots=True)
class HeldBlob:
    """A whole, proven file on this disk.

    ``doubt`` is told the digest if the disk fails in the middle: the proof no longer counts.
    """

    sha256: Sha256
    size: int
    path: Path
    disk: DiskThreads
    doubt: Callable[[Sha256], None] = _keep_faith

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from ``start`` up to ``stop``, one chunk in memory at a time.

        Raises:
            Unavailable: the file vanished, or the disk cannot read it.
            Corrupt: the file is shorter than it was when it was found.
        """
        end = self.size if stop is None else min(stop, self.size)
        if start >= end:
            return
        try:
            descriptor, chunk = await self.disk.run(_open_at, self.path, start, end)
        except OSError as error:
            raise self._failure(error) from error
        try:
            position = start
            while chunk:
                position += len(chunk)
                yield chunk
                if position == end:
                    return
                chunk = await self.disk.run(_read_at, descriptor, position, end)
        except OSError as error:
            raise self._failure(error) from error
        finally:
            if descriptor is not None:
                os.close(descriptor)
        raise Corrupt(
            f"The held file {self.sha256}", expected=f"{end} bytes", actual=f"{position} bytes"
        )

    def _failure(self, error: OSError) -> Unavailable:
        """Return why the file cannot be read, and have it proven anew before it is given out."""
        what = f"The held file {self.sha256}"
        self.doubt(self.sha256)
        if isinstance(error, FileNotFoundError):
            return Unavailable(what, "it has left the store; ask again", retry_seconds=1)
        return disk_failure(what, error)


def _open_at(path: Path, start: int, end: int) -> tuple[int | None, bytes]:
    """Open ``path`` and return it with its first chunk; closed again if that was all."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunk = _read_at(descriptor, start, end)
    except BaseException:
        os.close(descriptor)
        raise
    if not chunk or len(chunk) == end - start:
        os.close(descriptor)
        return None, chunk
    return descriptor, chunk


def _read_at(descriptor: int | None, start: int, end: int) -> bytes:
    """Return up to a chunk of the bytes from ``start`` to ``end``."""
    if descriptor is None:
        return b""
    return os.pread(descriptor, min(CHUNK_BYTES, end - start), start)
