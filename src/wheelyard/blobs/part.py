"""The file that a download writes: its bytes so far, hashed as they come."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from os.path import samestat
from pathlib import Path
from typing import Protocol

from wheelyard.blobs.base import CHUNK_BYTES

__all__ = ["PartFile", "RunningDigest", "as_blocks"]


class RunningDigest(Protocol):
    """A running digest."""

    def update(self, data: bytes, /) -> None:
        """Take ``data`` into account."""

    def hexdigest(self) -> str:
        """Return the digest of everything so far."""


class PartFile:
    """An open ``.part`` file. Its methods touch the disk: call them in a thread."""

    def __init__(self, path: Path, algorithms: Iterable[str]) -> None:
        """Write to ``path``; compute SHA-256 and these ``algorithms``."""
        self.path = path
        self._algorithms = {"sha256", *algorithms}
        self._hashers: dict[str, RunningDigest] = {}
        self._descriptor = -1
        self._written = 0
        self._changed_ns = 0
        self._is_spoilt = False

    @property
    def written(self) -> int:
        """How many bytes are written and hashed."""
        return self._written

    def open(self) -> int:
        """Open the file that an earlier download may have left; return its length in bytes."""
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._forget()
        status = os.fstat(self._descriptor)
        self._changed_ns = status.st_ctime_ns
        return status.st_size

    def start_over(self) -> None:
        """Go on with a new, empty file. Who reads the old one keeps it."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.open()

    def take_over(self, byte_count: int) -> bool:
        """Hash the next ``byte_count`` bytes of what was found; say whether there may be more."""
        stop = self._written + byte_count
        while self._written < stop:
            chunk = os.pread(self._descriptor, CHUNK_BYTES, self._written)
            if not chunk:
                return False
            self._hash(chunk)
        return True

    def append(self, chunks: Iterable[bytes]) -> None:
        """Write ``chunks`` behind what is there."""
        self._look()
        for chunk in chunks:
            view = memoryview(chunk)
            position = self._written
            while view:
                count = os.pwrite(self._descriptor, view, position)
                position += count
                view = view[count:]
            self._hash(chunk)
        self._changed_ns = os.fstat(self._descriptor).st_ctime_ns

    def duplicate(self) -> int:
        """Return another descriptor of the same file, for readers."""
        return os.dup(self._descriptor)

    def digest(self, algorithm: str) -> str:
        """Return the digest of everything written, as lower-case hex digits."""
        return self._hashers[algorithm].hexdigest()

    def is_whole(self) -> bool:
        """Say whether the file under our name is the one we wrote, as we wrote it.

        What is hashed is what came, and what is kept is what the disk has. A change in between
        shows in the file's ``ctime``, which no program can set back.
        """
        self._look()
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        ours = samestat(there, os.fstat(self._descriptor)) and there.st_size == self._written
        return ours and not self._is_spoilt

    def close(self) -> None:
        """Let go of the file; harmless when repeated."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the file; harmless when there is none."""
        self.path.unlink(missing_ok=True)

    def _look(self) -> None:
        """Notice that somebody else has written to the file since we did."""
        if os.fstat(self._descriptor).st_ctime_ns != self._changed_ns:
            self._is_spoilt = True

    def _forget(self) -> None:
        """Begin at the first byte."""
        self._written = 0
        self._is_spoilt = False
        self._hashers = {
            name: hashlib.new(name, usedforsecurity=False) for name in self._algorithms
        }

    def _hash(self, chunk: bytes) -> None:
        """Count ``chunk`` as written."""
        self._written += len(chunk)
        for hasher in self._hashers.values():
            hasher.update(chunk)


def as_blocks(chunks: Iterable[bytes], cut: int = 0) -> list[bytes]:
    """Return the same bytes in pieces of about ``CHUNK_BYTES``, so that readers take few of them.

    One of the pieces ends at offset ``cut``, if that is within.
    """
    blocks: list[bytes] = []
    pieces: list[bytes] = []
    position = gathered = 0
    for piece in _cut(chunks, cut):
        if gathered >= CHUNK_BYTES or (position == cut and pieces):
            blocks.append(_joined(pieces))
            pieces, gathered = [], 0
        pieces.append(piece)
        position += len(piece)
        gathered += len(piece)
    if pieces:
        blocks.append(_joined(pieces))
    return blocks


def _cut(chunks: Iterable[bytes], cut: int) -> Iterator[bytes]:
    """Yield ``chunks`` in pieces of at most ``CHUNK_BYTES``, of which one ends at ``cut``."""
    position = 0
    for chunk in chunks:
        start = 0
        while start < len(chunk):
            stop = start + CHUNK_BYTES
            if position + start < cut < position + stop:
                stop = cut - position
            # A chunk that is one piece is not copied by this.
            yield chunk[start:stop]
            start = stop
        position += len(chunk)


def _joined(pieces: list[bytes]) -> bytes:
    """Return the pieces as one, without copying a single one."""
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
