"""A few small files that could not be put on the disk, for those who ask for them meanwhile."""

from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from hashlib import sha256

from wheelyard.names import Sha256

__all__ = ["InMemory", "MemoryBlob"]


@dataclass(frozen=True, slots=True)
class MemoryBlob:
    """Bytes that have been proven, in memory."""

    content: bytes
    sha256: Sha256

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes at once; see ``Blob.read``."""
        if piece := self.content[start:stop]:
            yield piece


@dataclass(slots=True)
class InMemory:
    """The files that were added last, by digest, of ``max_bytes`` in all."""

    max_bytes: int = 16 * 1024**2
    _blobs: OrderedDict[Sha256, MemoryBlob] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def put(self, content: bytes) -> Sha256:
        """Hold ``content`` for a while and return its digest."""
        digest = Sha256(sha256(content).hexdigest())
        self.drop(digest)
        self._blobs[digest] = MemoryBlob(content, digest)
        self._bytes += len(content)
        while self._bytes > self.max_bytes and len(self._blobs) > 1:
            self.drop(next(iter(self._blobs)))
        return digest

    def find(self, digest: Sha256) -> MemoryBlob | None:
        """Return the bytes with that digest, if they are here."""
        return self._blobs.get(digest)

    def drop(self, digest: Sha256) -> None:
        """Forget the bytes; harmless if they are not here."""
        if (blob := self._blobs.pop(digest, None)) is not None:
            self._bytes -= blob.size
