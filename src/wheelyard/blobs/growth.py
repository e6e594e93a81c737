"""A file while it grows, as this process knows it: shared by one writer and many readers.

Whoever brings news (the download here, or the look at another process's) calls ``begin``,
``tell`` and ``fail``; readers wait in ``moved`` and take bytes from ``recent``, which holds the
last of them, or else from the file. So readers that keep up share the same bytes, and one that
does not keep up costs nobody anything: it reads the disk at its own pace.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import anyio

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.errors import Unavailable, WheelyardError

__all__ = ["Growth", "Recent", "SharedFile"]

_RECENT_BYTES = 1024**2

_READERS_BYTES = 16 * 1024**2
"""How much all readers of one fill may have in hand together: many readers take smaller chunks."""

_LEAST_CHUNK_BYTES = 16 * 1024


class SharedFile:
    """An open file that is closed when the last one who took it has given it back."""

    def __init__(self, descriptor: int) -> None:
        """Share ``descriptor``; the maker is the first one who has it."""
        self.descriptor = descriptor
        self._holders = 1

    def take(self) -> "SharedFile":
        """Return the file, to be given back once more."""
        self._holders += 1
        return self

    def give_back(self) -> None:
        """Let go of it."""
        self._holders -= 1
        if not self._holders:
            os.close(self.descriptor)


class Recent:
    """The blocks that were written last, by position."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._starts: list[int] = []
        self._blocks: list[bytes] = []

    def add(self, position: int, blocks: Iterable[bytes]) -> None:
        """Add ``blocks``, which begin at ``position``: the end of those before."""
        for block in blocks:
            self._starts.append(position)
            self._blocks.append(block)
            position += len(block)

    def at(self, position: int, end: int) -> bytes:
        """Return bytes from ``position`` up to ``end`` at most; nothing if they are not here."""
        index = bisect_right(self._starts, position) - 1
        if index < 0 or end <= position:
            return b""
        start, block = self._starts[index], self._blocks[index]
        # The whole block, as it nearly always is, is not copied by this.
        return block[position - start : end - start]

    def forget(self, before: int) -> None:
        """Drop the blocks that end at or before that position."""
        count = bisect_right(self._starts, before) - 1
        if count > 0:
            del self._starts[:count], self._blocks[:count]

    def clear(self) -> None:
        """Drop everything."""
        self._starts.clear()
        self._blocks.clear()


class Growth:
    """One fill, as this process knows it."""

    def __init__(self, what: str, size: int | None) -> None:
        """Begin with nothing of ``what``, which has ``size`` bytes if that is known."""
        self.what = what
        self.recent = Recent()
        self._progress = Progress(size=size)
        self._failure: WheelyardError | None = None
        self._setback: WheelyardError | None = None
        self._event = anyio.Event()
        self._file: SharedFile | None = None
        self._readers = 0

    @property
    def chunk_bytes(self) -> int:
        """How much a reader may take at a time: a whole block; less, if there are many of them."""
        fair = _READERS_BYTES // max(1, self._readers)
        return max(_LEAST_CHUNK_BYTES, min(2 * CHUNK_BYTES, fair))

    @property
    def progress(self) -> Progress:
        """How far readers may go."""
        return self._progress

    @property
    def failure(self) -> WheelyardError:
        """Why it failed, once it has."""
        return self._failure or Unavailable(self.what, "its download has not failed")

    @property
    def setback(self) -> WheelyardError:
        """Why the present edition is not the first one: bytes of the last one fit no more."""
        return self._setback or Unavailable(self.what, "its download had to start over")

    def begin(self, file: SharedFile, progress: Progress, why: WheelyardError | None) -> None:
        """Go on with ``file``, which is given up to the growth, at ``progress``.

        If its edition is a new one, readers that have bytes of the last one fail with ``why``.
        """
        if progress.edition != self._progress.edition:
            self._setback = why
        self._drop_bytes()
        self._file = file
        self._publish(progress)

    def tell(self, progress: Progress) -> None:
        """Publish how far the fill is, and wake everybody who waits for it."""
        if progress.edition != self._progress.edition:
            # Of this edition we never saw the file; what we have are the bytes of another one.
            self._drop_bytes()
        self.recent.forget(progress.released - _RECENT_BYTES)
        self._publish(progress)

    def fail(self, error: WheelyardError) -> None:
        """Publish that the fill has failed; too late if it has ended already."""
        now = self._progress
        if now.ending.is_final:
            return
        self._failure = error
        self.tell(Progress(now.edition, now.released, now.size, Ending.FAILED, reason=str(error)))

    def retire(self) -> None:
        """Let go of everything but the news, which readers may still ask for."""
        self.recent.forget(self._progress.released - CHUNK_BYTES)
        self._let_go()

    @contextmanager
    def one_reader_more(self) -> Iterator[None]:
        """Count a reader while it reads."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    def take_file(self) -> SharedFile | None:
        """Return the growing file, to be given back; None before it begins and after it ends."""
        return self._file.take() if self._file else None

    async def moved(self, seen: Progress) -> None:
        """Return once the progress is no longer ``seen``."""
        while self._progress is seen:
            await self._event.wait()

    def _publish(self, progress: Progress) -> None:
        """Let everybody see ``progress``."""
        self._progress = progress
        event, self._event = self._event, anyio.Event()
        event.set()

    def _drop_bytes(self) -> None:
        """Forget the bytes of an edition."""
        self.recent.clear()
        self._let_go()

    def _let_go(self) -> None:
        """Give back the file."""
        file, self._file = self._file, None
        if file is not None:
            file.give_back()
