"""The store on a local disk, and its durability protocol.

A blob is visible under its name only when it is whole and durable: written elsewhere in
the same file system, ``fsync``, ``rename``, ``fsync`` of the directory. Without the last
step a power cut may bring the old directory back. A failed ``fsync`` kills the blob: the
kernel may have dropped the pages and would let a second ``fsync`` pass.
Source: ``fsync(2)``; the PostgreSQL fsync report of 2018.
"""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.names import Sha256

__all__ = ["TEMPORARY", "HeldBlob", "LocalBlobs", "sync_directory"]

TEMPORARY = "put-"
"""How the names of files begin that a store writes into the spool; nobody takes them over."""


@dataclass(frozen=True, slots=True)
class HeldBlob:
    """A whole, proven file on this disk."""

    sha256: Sha256
    size: int
    path: Path
    disk: DiskThreads

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
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
        """Return why the file cannot be read."""
        what = f"The held file {self.sha256}"
        if isinstance(error, FileNotFoundError):
            return Unavailable(what, "it has left the store; ask again", retry_seconds=1)
        return disk_failure(what, error)


class LocalBlobs:
    """Blobs as files below one directory, named by their digest."""

    def __init__(self, directory: Path, spool: Path, disk: DiskThreads) -> None:
        """Keep blobs below ``directory``; ``spool`` is in the same file system."""
        self._directory = directory
        self._spool = spool
        self._disk = disk
        self._durable: set[Path] = set()

    async def find(self, digest: Sha256, size: int | None = None) -> HeldBlob | None:
        """Return the blob with that digest if it is held, with that length if one is given.

        Raises:
            Unavailable: the disk cannot tell.
        """
        try:
            return await self._disk.run(self.find_now, digest, size)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error

    async def put(self, content: bytes) -> Sha256:
        """Keep ``content`` durably and return its digest.

        Raises:
            Unavailable: it cannot be written.
        """
        try:
            return await self._disk.run(self._put_now, content)
        except OSError as error:
            raise disk_failure("The store of files", error) from error

    async def remove(self, digest: Sha256) -> None:
        """Forget the blob; silently if it is not held."""
        try:
            await self._disk.run(self.remove_now, digest)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error

    def path(self, digest: Sha256) -> Path:
        """Return where the blob with that digest is, or would be."""
        return self._directory / digest[:2] / digest[2:4] / digest

    def held(self, digest: Sha256, size: int) -> HeldBlob:
        """Return the blob that somebody just made durable under that digest."""
        return HeldBlob(digest, size, self.path(digest), self._disk)

    def find_now(self, digest: Sha256, size: int | None = None) -> HeldBlob | None:
        """Return the blob with that digest if it is held; touches the disk.

        A file of another length than ``size`` is damaged and counts as not held: whoever wants it
        fetches it anew, and the new one takes its place.
        """
        try:
            found = self.path(digest).stat().st_size
        except FileNotFoundError:
            return None
        return self.held(digest, found) if size in {None, found} else None

    def adopt(self, finished: Path, digest: Sha256) -> HeldBlob:
        """Make a written file of the spool the blob of ``digest``; touches the disk.

        The caller has proven the bytes. On return they survive a power cut; if it raises, there
        is neither the file nor the blob, because nobody knows what of it is on the disk.
        """
        path = self.path(digest)
        try:
            size = _sync_file(finished)
            self._make_parents(path)
            finished.rename(path)
        except OSError:
            finished.unlink(missing_ok=True)
            raise
        try:
            sync_directory(path.parent)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return self.held(digest, size)

    def remove_now(self, digest: Sha256) -> None:
        """Unlink the file of ``digest``; touches the disk."""
        self.path(digest).unlink(missing_ok=True)

    def _put_now(self, content: bytes) -> Sha256:
        """Write, prove and adopt ``content``."""
        digest = Sha256(sha256(content).hexdigest())
        if self.find_now(digest, len(content)) is None:
            temporary = self._spool / f"{TEMPORARY}{secrets.token_hex(16)}"
            try:
                temporary.touch(mode=0o600)
                temporary.write_bytes(content)
                self.adopt(temporary, digest)
            finally:
                temporary.unlink(missing_ok=True)
        return digest

    def _make_parents(self, path: Path) -> None:
        """Create the directories of ``path``, durably.

        That one exists does not mean that it would survive: whoever made it may not have come to
        the ``fsync``. So each is synced once per process, whoever made it.
        """
        for parent in (path.parent.parent, path.parent):
            if parent not in self._durable or not parent.is_dir():
                parent.mkdir(mode=0o700, exist_ok=True)
                sync_directory(parent.parent)
                self._durable.add(parent)


def sync_directory(directory: Path) -> None:
    """Make the names inside ``directory`` survive a power cut; touches the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file(path: Path) -> int:
    """Make the bytes of ``path`` survive a power cut; return how many they are."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


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
