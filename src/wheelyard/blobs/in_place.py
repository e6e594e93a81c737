"""A file that is not ours, read where it lies, and never given out as what it is not.

Its owner may replace it, write into it or take it away at any moment, and owes us no notice. So
a digest belongs to a *stamp*: what the file looked like when it was read. Each chunk is given out
only if the file still has that stamp after the chunk was read; a later change shows in the time of
the change, which no program sets back.

Disks lose bits without a change. So a file whose digest comes from an earlier start is hashed on
the way to its first reader: a small one before its first byte, a large one before its last.
"""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256

import anyio

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.local import PROVEN_FIRST_BYTES
from wheelyard.blobs.proofs import Proofs, Stamp
from wheelyard.errors import Corrupt, Unavailable, WheelyardError
from wheelyard.names import Sha256

__all__ = ["InPlaceBlob", "InPlaceFiles", "Place"]

_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is, and what it was when it looked like ``stamp``.

    ``what`` names it in sentences. ``open`` returns a descriptor, in a thread. ``doubt`` is called
    when the file turned out to be something else.
    """

    what: str
    sha256: Sha256
    stamp: Stamp
    open: Callable[[], int]
    doubt: Callable[[], None]


class _OtherFile(Exception):
    """The file does not look as it did."""


class InPlaceFiles:
    """What this process has read of files that are not ours."""

    def __init__(self, disk: DiskThreads) -> None:
        """Have read none."""
        self._disk = disk
        self._proofs = Proofs()

    def note(self, digest: Sha256, stamp: Stamp) -> None:
        """Remember that the file which looks like ``stamp`` was read and is ``digest``."""
        self._proofs.note(digest, stamp)

    async def find(self, place: Place) -> "InPlaceBlob":
        """Return the file at ``place``, proven if that does not take long.

        Raises:
            Unavailable: it is gone, or another one, or its disk cannot say.
            Corrupt: its bytes changed, and nothing else about it.
        """
        blob = InPlaceBlob(place, self._proofs, self._disk)
        if blob.sha256 is None and blob.size <= PROVEN_FIRST_BYTES:
            await blob.prove()
        return blob


class InPlaceBlob:
    """A file where it lies; its digest is known once the bytes were proven against it."""

    def __init__(self, place: Place, proofs: Proofs, disk: DiskThreads) -> None:
        """Read nothing yet."""
        self._place = place
        self._proofs = proofs
        self._disk = disk

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._place.stamp.size

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, once the bytes were proven against it."""
        place = self._place
        return place.sha256 if self._proofs.cover(place.sha256, place.stamp) else None

    async def prove(self) -> None:
        """Read all of it and compare; raises as ``read``."""
        async with aclosing(self.read()) as chunks:
            async for _ in chunks:
                pass

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes; see ``Blob.read``.

        Raises:
            Unavailable: the file is gone, or was changed; what was yielded is what it was.
            Corrupt: its bytes changed, and nothing else about it.
        """
        end = self.size if stop is None else min(stop, self.size)
        if start >= end:
            return
        is_whole = start == 0 and end == self.size
        if self.sha256 is None and not is_whole:
            await self.prove()
        chunks = self._proven_on_the_way() if self.sha256 is None else self._chunks(start, end)
        async with aclosing(chunks) as safe:
            async for chunk in safe:
                yield chunk

    async def _proven_on_the_way(self) -> AsyncGenerator[bytes, None]:
        """Yield all of it, the last chunk after the proof."""
        hasher, held_back = sha256(), b""
        async with aclosing(self._chunks(0, self.size)) as chunks:
            async for chunk in chunks:
                if held_back:
                    yield held_back
                await self._disk.run(hasher.update, chunk)
                held_back = chunk
        place = self._place
        if hasher.hexdigest() != place.sha256:
            place.doubt()
            expected = f"sha256 {place.sha256}"
            raise Corrupt(place.what, expected=expected, actual=f"sha256 {hasher.hexdigest()}")
        self._proofs.note(place.sha256, place.stamp)
        yield held_back

    async def _chunks(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from ``start`` to ``end`` while the file is what it was."""
        descriptor: int | None = None
        try:
            descriptor = await self._disk.run(self._place.open)
            while start < end:
                chunk = await self._disk.run(self._read_at, descriptor, start, end)
                start += len(chunk)
                yield chunk
        except (OSError, _OtherFile, WheelyardError) as error:
            raise self._failure(error) from error
        finally:
            if descriptor is not None:
                with anyio.CancelScope(shield=True):
                    await self._disk.run(os.close, descriptor)

    def _read_at(self, descriptor: int, start: int, end: int) -> bytes:
        """Return a chunk of the file, which looked as it did after that was read."""
        chunk = os.pread(descriptor, min(CHUNK_BYTES, end - start), start)
        if not chunk or Stamp.of(os.fstat(descriptor)) != self._place.stamp:
            raise _OtherFile
        return chunk

    def _failure(self, error: Exception) -> Unavailable:
        """Return why it cannot be read, and have it looked at again."""
        self._place.doubt()
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            return disk_failure(self._place.what, error)
        reason = "it was changed or taken away; its project's page tells what is there now"
        return Unavailable(self._place.what, reason, retry_seconds=_RETRY_SECONDS)
