"""One open file of a directory: read from any offset, and its digest."""

import hashlib
import io
import os
import stat
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from wheelyard.clock import Clock
from wheelyard.errors import Unavailable
from wheelyard.names import Sha256
from wheelyard.transport.base import Fault
from wheelyard.transport.disk_calls import DiskCalls
from wheelyard.transport.tree import Tree

__all__ = ["LocalFile", "LocalFiles"]

_CHUNK_BYTES: Final = 1024 * 1024
_SETTLED_SECONDS: Final = 2.0
"""A file that was changed less than this ago may still be written."""
_MAX_DIGESTS: Final = 100_000

_Stamp = tuple[int, ...]
"""Changes with the content: device, inode, size, and the times of modification and change."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """An open file. ``what`` names it in sentences; ``size`` is in bytes."""

    what: str
    path: str
    calls: DiskCalls
    handle: io.FileIO = field(repr=False)
    stamp: _Stamp
    modified_at: float

    @property
    def size(self) -> int:
        """Return the length in bytes at the moment of opening."""
        return self.stamp[2]

    @property
    def etag(self) -> str:
        """Return what changes with the content. Source: RFC 9110, 8.8.3."""
        return f'"{"-".join(f"{number:x}" for number in self.stamp[1:])}"'

    async def chunks(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` to ``stop``.

        Raises:
            Unavailable: the disk cannot give them, or the file was changed meanwhile.
        """
        while start < stop:
            count = min(_CHUNK_BYTES, stop - start)
            chunk = await self.calls.run(self.what, _read_at, self.handle, count, start)
            if not chunk:
                raise Unavailable(self.what, f"{Fault.TRUNCATED}: the file became shorter")
            start += len(chunk)
            yield chunk
        if await self.calls.run(self.what, _stamp_of, self.handle) != self.stamp:
            raise Unavailable(self.what, f"{Fault.RESET}: the file was changed while it was read")

    async def read(self) -> bytes:
        """Return all of it; for small files."""
        return b"".join([chunk async for chunk in self.chunks(0, self.size)])


class LocalFiles:
    """The files of a directory, and the digests of those that were asked for."""

    def __init__(self, tree: Tree, calls: DiskCalls, clock: Clock) -> None:
        """Know no digest yet."""
        self._tree = tree
        self._calls = calls
        self._clock = clock
        self._digests: OrderedDict[str, tuple[_Stamp, Sha256]] = OrderedDict()

    async def open(self, path: str, what: str) -> LocalFile:
        """Return the file at ``path``, which the caller closes.

        Raises:
            FileNotFoundError: there is none.
            Refused: it is outside of the directory.
            Unavailable: the disk cannot say.
        """
        handle, status = await self._calls.run(what, self._open, path)
        return LocalFile(what, path, self._calls, handle, _stamp(status), status.st_mtime)

    def _open(self, path: str) -> tuple[io.FileIO, os.stat_result]:
        """Open a regular file."""
        descriptor = self._tree.open(path)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise FileNotFoundError(path)
        return io.FileIO(descriptor), status

    async def digest(self, file: LocalFile) -> Sha256:
        """Return the SHA-256 of ``file``; of what did not change it is known.

        Raises:
            Unavailable: the file may still be written, or cannot be read.
        """
        known = self._digests.get(file.path)
        if known is not None and known[0] == file.stamp:
            return known[1]
        if 0 <= self._clock.now() - file.modified_at < _SETTLED_SECONDS:
            # Half a wheel has a digest too, and a ledger would hold the whole one to it.
            reason = f"it was changed less than {_SETTLED_SECONDS:g} s ago and may still be written"
            raise Unavailable(file.what, reason, retry_seconds=_SETTLED_SECONDS)
        hashing = hashlib.sha256()
        async for chunk in file.chunks(0, file.size):
            await self._calls.run(file.what, hashing.update, chunk)
        self._digests[file.path] = (file.stamp, Sha256(hashing.hexdigest()))
        while len(self._digests) > _MAX_DIGESTS:
            self._digests.popitem(last=False)
        return Sha256(hashing.hexdigest())


def _read_at(handle: io.FileIO, count: int, offset: int) -> bytes:
    """Return up to ``count`` bytes from ``offset``."""
    return os.pread(handle.fileno(), count, offset)


def _stamp_of(handle: io.FileIO) -> _Stamp:
    """Return the stamp that an open file has now."""
    return _stamp(os.fstat(handle.fileno()))


def _stamp(status: os.stat_result) -> _Stamp:
    """Return what changes with the content of a file."""
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_size, *times)
