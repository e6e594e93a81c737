"""Bytes by digest: what every store and every running fill offers to a reader."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeGuard, runtime_checkable

from wheelyard.names import Sha256

__all__ = [
    "CHUNK_BYTES",
    "Arriving",
    "Blob",
    "Blobs",
    "ForClients",
    "HasAlternatives",
    "HasPath",
    "for_client",
    "has_path",
    "is_arriving",
    "read_to_end",
    "reading",
]

CHUNK_BYTES = 256 * 1024
"""How much is read from a disk in one go; a slow reader costs this much memory and no more."""


class Blob(Protocol):
    """Immutable bytes that can be read from any offset, perhaps while they still arrive."""

    @property
    def size(self) -> int | None:
        """Length in bytes, or None while nobody knows it."""

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, once the bytes were proven against it; None before."""

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to ``stop`` (exclusive; None: the end).

        Use ``reading`` if you may leave before the end.

        Raises:
            Unavailable: the source went away.
            Corrupt: the bytes turned out wrong; the last block of what was asked for was not
                yielded then.
        """


@runtime_checkable
class Arriving(Blob, Protocol):
    """A blob whose bytes are still on their way."""

    async def started(self) -> None:
        """Return once the first byte can be read, or the whole proved to be empty.

        Raises:
            Unavailable: no byte came.
            Corrupt: the bytes turned out wrong before one of them was given out.
        """


@runtime_checkable
class HasPath(Protocol):
    """A blob that is a whole file on this machine's disk."""

    @property
    def path(self) -> Path:
        """Where the file is."""


@runtime_checkable
class HasAlternatives(Protocol):
    """A source that can be read from more than one place."""

    def move_on(self) -> bool:
        """Have the next ``read`` begin elsewhere: what the present place gave was wrong.

        Returns whether there is a place that has not been tried.
        """


@runtime_checkable
class ForClients(Blob, Protocol):
    """A blob that a client is given even if it cannot be kept."""

    def for_client(self) -> Blob:
        """Return the same for a client."""


def for_client(blob: Blob) -> Blob:
    """Return ``blob`` as a client is to be given it: at the cost of a download of its own."""
    return blob.for_client() if _is_for_clients(blob) else blob


def _is_for_clients(blob: Blob) -> TypeGuard[ForClients]:
    """Say whether ``blob`` is another one for clients; as below."""
    return hasattr(type(blob), "for_client")


def is_arriving(blob: Blob) -> TypeGuard[Arriving]:
    """Say whether ``blob`` is still on its way; a protocol's ``isinstance`` takes 10 µs."""
    return hasattr(type(blob), "started")


def has_path(blob: Blob) -> TypeGuard[HasPath]:
    """Say whether ``blob`` is a whole file on this machine's disk; as above."""
    return hasattr(blob, "path")


class Blobs(Protocol):
    """A store of proven bytes."""

    async def find(self, digest: Sha256, size: int | None = None) -> Blob | None:
        """Return the blob with that digest if it is held, with that length if one is given."""

    async def put(self, content: bytes) -> Sha256:
        """Keep ``content`` durably and return its digest."""

    async def remove(self, digest: Sha256) -> None:
        """Forget the blob; silently if it is not held."""


@asynccontextmanager
async def reading(
    blob: Blob, start: int = 0, stop: int | None = None
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Read ``blob``, and let go of its file or connection at once when the block is left."""
    chunks = blob.read(start, stop)
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def read_to_end(blob: Blob) -> int:
    """Return the size of ``blob`` once it is whole and proven, which its last bytes come with.

    One that is held is so already. Raises what reading it raises.
    """
    if blob.sha256 is not None:
        return blob.size or 0
    async with reading(blob) as chunks:
        return sum([len(chunk) async for chunk in chunks])
