"""A file that somebody gives us: written into the spool, hashed on the way, then kept or not.

Unlike a download it has no readers, no digest that is known before, and nobody to ask again: it is
one client's, and goes with that client.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b, md5, sha256
from pathlib import Path
from typing import Self

import anyio

from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.local import LocalBlobs
from wheelyard.blobs.locks import key_name
from wheelyard.blobs.proofs import Stamp
from wheelyard.blobs.spool import SpoolBudget
from wheelyard.names import Sha256

__all__ = ["Digests", "Incoming", "IncomingParts"]

_GIVEN = ".given"
_GATHERED_BYTES = 1024**2
"""What is written in one go: small files take one thread hop, large ones this much memory."""


@dataclass(frozen=True, slots=True)
class Digests:
    """What a whole file is known by: lower-case hex digits, and its length in bytes.

    ``blake2b_256`` is BLAKE2b with a digest of 32 bytes, as upload clients send it.
    """

    sha256: Sha256
    md5: str
    blake2b_256: str
    size: int


@dataclass(frozen=True, slots=True)
class IncomingParts:
    """Where files that are given to us are written."""

    store: LocalBlobs
    budget: SpoolBudget
    disk: DiskThreads
    spool: Path


class Incoming:
    """One file on its way in. Use it in ``async with``: what was not kept is removed."""

    def __init__(self, parts: IncomingParts) -> None:
        """Write into the spool of ``parts``."""
        self._parts = parts
        self._key = secrets.token_hex(16)
        # Under the name of its room, so that it is not counted as somebody else's.
        self.path = parts.spool / f"{key_name(self._key)}{_GIVEN}"
        self._descriptor = -1
        self._hashers = (sha256(), md5(usedforsecurity=False), blake2b(digest_size=32))
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._size = 0
        self._is_kept = False
        self._has_room = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._is_kept:
            return
        with anyio.CancelScope(shield=True):
            await self._parts.disk.run(self._discard_now)

    @property
    def size(self) -> int:
        """How many bytes came so far."""
        return self._size

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            Unavailable: there is no room for them, or the disk does not take them.
        """
        self._gathered.append(chunk)
        self._gathered_bytes += len(chunk)
        self._size += len(chunk)
        if self._gathered_bytes >= _GATHERED_BYTES:
            await self._flush()

    async def finish(self) -> Digests:
        """Return the digests of everything; nothing more is written."""
        await self._flush()
        first, second, third = (hasher.hexdigest() for hasher in self._hashers)
        return Digests(Sha256(first), second, third, self._size)

    async def keep(self, digests: Digests, *beside: bytes) -> HeldBlob:
        """Make the file a blob, durably, and with it what belongs ``beside`` it.

        Raises:
            Unavailable: the disk does not take it; there is no blob then.
        """
        try:
            return await self._parts.disk.run(self._keep_now, digests.sha256, beside)
        except OSError as error:
            raise disk_failure("The store of files", error) from error

    async def _flush(self) -> None:
        """Write what was gathered; also an empty file is a file."""
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        try:
            await self._parts.disk.run(self._write_now, gathered)
        except OSError as error:
            raise disk_failure("The upload", error) from error

    def _write_now(self, chunks: list[bytes]) -> None:
        """Write and hash; touches the disk."""
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o600)
        content = b"".join(chunks)
        if self._size <= _GATHERED_BYTES:
            self._parts.budget.admit_small(self._size)
        else:
            self._has_room = True
            self._parts.budget.reserve(self._key, self._size)
        view = memoryview(content)
        while view:
            view = view[os.write(self._descriptor, view) :]
        for hasher in self._hashers:
            hasher.update(content)

    def _keep_now(self, digest: Sha256, beside: Sequence[bytes]) -> HeldBlob:
        """Adopt the file, and note that its bytes were proven on the way; touches the disk."""
        store = self._parts.store
        held = store.adopt(self.path, digest, beside)
        store.note_proven(digest, Stamp.of(held.path.stat()))
        self._is_kept = True
        self._close_now()
        return held

    def _discard_now(self) -> None:
        """Let go of the file, and remove it; touches the disk."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._close_now()

    def _close_now(self) -> None:
        """Let go of the file, and give back the room that it had; touches the disk."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        if self._has_room:
            with suppress(OSError):
                self._parts.budget.release(self._key)
