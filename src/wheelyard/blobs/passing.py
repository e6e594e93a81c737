"""Passing on: a file that cannot be kept goes to its client all the same, proven on the way.

When there is no room for a download, or the disk fails under it, each client that waits for it is
given a download of its own, straight from the source, and nothing is written. The rules are those
of every other download (``fills.py``): the last ``HOLD_BACK_BYTES`` of what is asked for are given
out when the digest of the whole is right, and not before, so a wrong or short file is never a
complete answer. A part is cut out of the whole, which must be read all the same.

A client that has bytes of the download that failed goes on where it is: those bytes are taken from
that download's file, and the proof covers them too. Without a stated digest nothing can be proven
but by writing it down at the first time, so such a file is not passed on.

Each of these costs the upstream a download, so there are a few of them at once and no more.
"""

import hashlib
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

import anyio

from wheelyard.blobs.base import CHUNK_BYTES, HasAlternatives, reading
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.part import RunningDigest
from wheelyard.blobs.progress import HOLD_BACK_BYTES
from wheelyard.blobs.wanted import FillRules, Order
from wheelyard.errors import Corrupt, Unavailable, WheelyardError

__all__ = ["Given", "Passing", "PassingOn"]

_WORTHWHILE_BYTES = 64 * 1024
_LONGEST_PAUSE_SECONDS = 5.0
_AT_ONCE_BYTES = 64 * 1024
"""As much as this is hashed faster than a thread is reached."""


@dataclass(slots=True)
class Passing:
    """How many downloads of this process go to one client each: at most ``most`` at once."""

    most: int = 32
    running: int = 0
    count: int = 0

    @contextmanager
    def one_more(self, what: str) -> Iterator[None]:
        """Count one while it runs.

        Raises:
            Unavailable: there are too many of them.
        """
        if self.running >= self.most:
            reason = f"it cannot be kept, and {self.most} clients are being passed such files"
            raise Unavailable(what, reason, retry_seconds=1, failing="room")
        self.running += 1
        self.count += 1
        try:
            yield
        finally:
            self.running -= 1


@dataclass(frozen=True, slots=True)
class Given:
    """What a reader has: it wants the bytes from ``start`` on and has those up to ``position``.

    ``descriptor`` is the file of the download that gave them; None if it gave nothing. ``size`` is
    the length that it was told, if it was.
    """

    start: int
    position: int
    stop: int | None
    descriptor: int | None = None
    size: int | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether the reader could still be given any other bytes."""
        return self.position == self.start


@dataclass(slots=True)
class PassingOn:
    """One download for one client."""

    order: Order
    passing: Passing
    disk: DiskThreads
    rules: FillRules
    _hashers: dict[str, RunningDigest] = field(default_factory=dict)
    _position: int = 0

    async def read(self, given: Given, let_go: Callable[[], None]) -> AsyncGenerator[bytes, None]:
        """Yield what the reader lacks; calls ``let_go`` when the former file is needed no more.

        Raises:
            Unavailable: nobody has it, or too many are at it.
            Corrupt: the bytes are wrong; the last block was not yielded then.
        """
        with self.passing.one_more(self.order.wanted.what):
            await self._take_over(given)
            let_go()
            while True:
                window = _Window(given)
                try:
                    async with aclosing(self._fetch()) as chunks:
                        async for chunk in chunks:
                            for piece in window.add(chunk):
                                yield piece
                    self._prove(given.size)
                except Corrupt:
                    if not (given.is_nothing and window.is_untouched and self._move_on()):
                        raise
                    self._begin()
                else:
                    break
            for piece in window.rest():
                yield piece

    def can_follow(self, error: WheelyardError) -> bool:
        """Say whether a reader that was told ``error`` can be helped: the cause is this machine."""
        return isinstance(error, Unavailable) and error.is_ours and bool(self.order.wanted.checks)

    @property
    def _size(self) -> int | None:
        """The length, if the page or the source told it."""
        stated = self.order.wanted.size
        return self.order.source.size if stated is None else stated

    def _begin(self) -> None:
        """Begin at the first byte."""
        checks = self.order.wanted.checks
        self._hashers = {name: hashlib.new(name, usedforsecurity=False) for name in checks}
        self._position = 0

    async def _take_over(self, given: Given) -> None:
        """Hash what the reader has been given already, and what lies before it."""
        self._begin()
        if given.is_nothing:
            return
        while self._position < given.position:
            await self._hash(await self.disk.run(self._load, given))

    def _load(self, given: Given) -> bytes:
        """Return the next bytes that the reader has; touches the disk."""
        what, length = self.order.wanted.what, min(CHUNK_BYTES, given.position - self._position)
        try:
            chunk = os.pread(given.descriptor or -1, length, self._position)
        except OSError as error:
            raise disk_failure(what, error) from error
        if not chunk:
            raise Unavailable(what, "what was given of it cannot be read again", failing="disk")
        return chunk

    async def _fetch(self) -> AsyncGenerator[bytes, None]:
        """Yield what follows, going on from where a broken source stopped."""
        fruitless = 0
        while True:
            before, broken = self._position, None
            try:
                async with reading(self.order.source, self._position) as chunks:
                    async for chunk in chunks:
                        self._check_length(self._position + len(chunk))
                        await self._hash(chunk)
                        yield chunk
            except Unavailable as error:
                broken = error
            if self._position == self._size or (broken is None and self._size is None):
                return
            fruitless = 0 if self._position - before >= _WORTHWHILE_BYTES else fruitless + 1
            broken = broken or self._shortage()
            if fruitless >= self.rules.attempts:
                raise broken
            await self._pause(broken)

    async def _pause(self, broken: Unavailable) -> None:
        """Give the source time; give up if it asks for more than a waiting client has."""
        asked = max(broken.retry_seconds or 0.0, self.rules.pause_seconds)
        if asked > _LONGEST_PAUSE_SECONDS:
            raise broken
        await anyio.sleep(asked)

    async def _hash(self, chunk: bytes) -> None:
        """Count ``chunk`` as seen."""
        for hasher in self._hashers.values():
            if len(chunk) > _AT_ONCE_BYTES:
                await self.disk.run(hasher.update, chunk)
            else:
                hasher.update(chunk)
        self._position += len(chunk)

    def _check_length(self, length: int) -> None:
        """Refuse more than there should be."""
        size = self._size
        if size is not None and length > size:
            raise self._corrupt(f"{size} bytes", f"{length} bytes or more")
        if length > self.rules.max_bytes:
            raise Unavailable(self.order.wanted.what, f"it is longer than {self.rules.max_bytes}")

    def _shortage(self) -> Unavailable:
        """Return the error of a source that ended well and too early."""
        reason = f"the source ended at {self._position} of {self._size} bytes"
        return Unavailable(self.order.wanted.what, reason)

    def _prove(self, told: int | None) -> None:
        """Make sure that all bytes are the right ones, and as many as the reader was ``told``."""
        if told is not None and told != self._position:
            raise self._corrupt(f"{told} bytes", f"{self._position} bytes")
        for name, expected in self.order.wanted.checks.items():
            if (actual := self._hashers[name].hexdigest()) != expected:
                raise self._corrupt(f"{name} {expected}", actual)

    def _move_on(self) -> bool:
        """Say whether the bytes may be had elsewhere, and go there."""
        source = self.order.source
        return isinstance(source, HasAlternatives) and source.move_on()

    def _corrupt(self, expected: str, actual: str) -> Corrupt:
        """Return the error of wrong bytes."""
        return Corrupt(self.order.wanted.what, expected=expected, actual=actual)


class _Window:
    """Cuts out of the whole what a reader lacks, and holds back the last block of it."""

    def __init__(self, given: Given) -> None:
        """Begin where the reader is, at the first byte if it was given nothing."""
        self._from = given.position
        self._stop = given.stop
        self._position = 0 if given.is_nothing else given.position
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self.is_untouched = True

    def add(self, chunk: bytes) -> Iterator[bytes]:
        """Take the next bytes of the whole; yield what need not be held back."""
        start, self._position = self._position, self._position + len(chunk)
        piece = chunk[max(0, self._from - start) :]
        if self._stop is not None:
            piece = piece[: max(0, self._stop - max(start, self._from))]
        if not piece:
            return
        self._held.append(piece)
        self._held_bytes += len(piece)
        while self._held_bytes - len(self._held[0]) >= HOLD_BACK_BYTES:
            self._held_bytes -= len(self._held[0])
            self.is_untouched = False
            yield self._held.popleft()

    def rest(self) -> Iterator[bytes]:
        """Yield what was held back: the whole is proven."""
        yield from self._held
