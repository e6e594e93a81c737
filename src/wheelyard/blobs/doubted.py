"""A large held file that this process has not read yet: proven on the way to its first reader."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from wheelyard.blobs.base import reading
from wheelyard.blobs.disk import disk_failure
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.proofs import Stamp
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.names import Sha256

__all__ = ["DoubtedBlob", "Prover"]


class Prover(Protocol):
    """Whoever keeps the proofs: the store."""

    def prove_now(self, digest: Sha256) -> HeldBlob | None:
        """Read the whole file; return it if it is right; touches the disk."""

    def note_proven(self, digest: Sha256, stamp: Stamp) -> None:
        """Remember that the file which looks like ``stamp`` was read and is right."""


class DoubtedBlob:
    """A held file whose digest is a promise until somebody has read it.

    Who reads all of it gets the last chunk when the digest has been checked; who reads a part gets
    it once the whole has been read. So a damaged file is never a complete answer.
    """

    def __init__(self, held: HeldBlob, stamp: Stamp, prover: Prover) -> None:
        """Doubt ``held``, which looks like ``stamp``."""
        self._held = held
        self._stamp = stamp
        self._prover = prover
        self._is_proven = False

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._held.size

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, once the bytes were proven against it."""
        return self._held.sha256 if self._is_proven else None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._held.path

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes; see ``Blob.read``.

        Raises:
            Unavailable: the file vanished, or the disk cannot read it.
            Corrupt: it is damaged; it has left the store, and is fetched anew if asked for again.
        """
        is_whole = start == 0 and (stop is None or stop >= self.size)
        if not is_whole and not self._is_proven:
            await self._prove()
        parts = self._proven_on_the_way() if is_whole else self._held.read(start, stop)
        async with aclosing(parts) as chunks:
            async for chunk in chunks:
                yield chunk

    def prove_now(self) -> HeldBlob | None:
        """Read the whole and return it if it is right; touches the disk."""
        proven = self._prover.prove_now(self._held.sha256)
        self._is_proven = proven is not None
        return proven

    async def _proven_on_the_way(self) -> AsyncGenerator[bytes, None]:
        """Yield all of it, the last chunk after the proof."""
        hasher, held_back = sha256(), b""
        try:
            async with reading(self._held) as chunks:
                async for chunk in chunks:
                    if held_back:
                        yield held_back
                    await self._held.disk.run(hasher.update, chunk)
                    held_back = chunk
        except Unavailable:
            await self._prove()  # it may be gone, or damaged as well
            raise
        if hasher.hexdigest() == self._held.sha256:
            self._prover.note_proven(self._held.sha256, self._stamp)
            self._is_proven = True
        else:
            await self._prove()
            raise self._corrupt()
        yield held_back

    async def _prove(self) -> None:
        """Have the store read all of it, and put it away if it is damaged."""
        try:
            proven = await self._held.disk.run(self.prove_now)
        except OSError as error:
            raise disk_failure(f"The held file {self._held.sha256}", error) from error
        if proven is None:
            raise self._corrupt()

    def _corrupt(self) -> Corrupt:
        """Return the error of a damaged file."""
        expected = f"sha256 {self._held.sha256}"
        return Corrupt("The held file", expected=expected, actual="other bytes")
