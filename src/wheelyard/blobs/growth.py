"""A file while it grows, as this process knows it: shared by one writer and many readers.

Whoever brings news (the download here, or the look at another process's) calls ``begin``,
``tell`` and ``fail``; readers wait in ``moved`` and take bytes from ``recent``, which holds the
last of them, or else from the file. So readers that keep up share the same bytes, and one that
does not keep up costs nobody anything: it reads the disk at its own pace.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import anyio

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.elder import Elder
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.errors import Unavailable, WheelyardError

__all__ = ["Growth", "Recent"]

_RECENT_BYTES = 1024**2

_READERS_BYTES = 16 * 1024**2
"""How much all readers of one fill may have in hand together: many readers take smaller chunks."""

_LEAST_CHUNK_BYTES = 16 * 1024


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
        self._elders: dict[int, Elder] = {}

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

        If its edition is a new one, readers that have bytes of the last one go on if these are the
        first bytes of the new one too; else they fail with ``why``.
        """
        if progress.edition != self._progress.edition:
            self._setback = why
            self._grow_old()
        self._drop_bytes()
        self._file = file
        self._publish(progress)

    def tell(self, progress: Progress) -> None:
        """Publish how far the fill is, and wake everybody who waits for it."""
        if progress.edition != self._progress.edition:
            # Of this edition we never saw the file; what we have are the bytes of another one.
            self._grow_old()
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
        self._forget_elders()

    @contextmanager
    def one_reader_more(self) -> Iterator[None]:
        """Count a reader while it reads."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            self._forget_elders()

    def take_file(self) -> SharedFile | None:
        """Return the growing file, to be given back; None before it begins and after it ends."""
        return self._file.take() if self._file else None

    def elder(self, edition: int) -> Elder | None:
        """Return what there is of an edition that is over, as long as readers may ask for it."""
        return self._elders.get(edition)

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

    def _grow_old(self) -> None:
        """Keep the file of the present edition for readers that have some of its bytes."""
        if self._file is not None and self._readers and self._progress.released:
            self._elders[self._progress.edition] = Elder(self._file.take())

    def _forget_elders(self) -> None:
        """Let go of the earlier editions if nobody can ask for them any more."""
        if not self._readers and self._elders:
            elders, self._elders = self._elders, {}
            for elder in elders.values():
                elder.let_go()

    def _let_go(self) -> None:
        """Give back the file."""
        file, self._file = self._file, None
        if file is not None:
            file.give_back()
