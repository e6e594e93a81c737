"""Following a download that another process runs, and taking over if that process dies."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio

from wheelyard.blobs.disk import DiskThreads
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.locks import KeyLock, KeyWatch
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.blobs.wanted import FillRules
from wheelyard.errors import Unavailable

__all__ = ["Following"]


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one look brought: news, the file they speak of if it is a new one, the lock if free."""

    news: Progress | None
    file: SharedFile | None
    lock: KeyLock | None


class Following:
    """Tells a growth of this process what the holder of the lock writes.

    One per file and process, however many readers there are.
    """

    def __init__(self, growth: Growth, part: Path, disk: DiskThreads, rules: FillRules) -> None:
        """Tell ``growth`` of the download that writes ``part``."""
        self._growth = growth
        self._part = part
        self._disk = disk
        self._rules = rules
        self._edition = 0

    async def run(self, watch: KeyWatch) -> KeyLock | None:
        """Follow the holder of the lock until the fill has ended, well or badly.

        Returns the lock, in which ``watch`` goes on, if its holder let go of it or died: if the
        fill has not ended then, whoever gets the lock continues it. Otherwise closes ``watch``.
        """
        lock: KeyLock | None = None
        try:
            lock = await self._watch(watch)
        finally:
            if lock is None:
                watch.close()
        return lock

    async def _watch(self, watch: KeyWatch) -> KeyLock | None:
        """Look again and again; see ``run``."""
        probed = anyio.current_time()
        while True:
            now = anyio.current_time()
            probing = now - probed >= self._rules.orphan_check_seconds
            probed = now if probing else probed
            sight = await self._disk.run(self._probe if probing else self._look, watch)
            self._tell(sight)
            if sight.lock is not None or self._growth.progress.ending.is_final:
                return sight.lock
            await anyio.sleep(self._rules.poll_seconds)

    def _look(self, watch: KeyWatch) -> _Sight:
        """Return what there is to see; touches the disk."""
        return self._probe(watch) if watch.is_over() else self._seen(watch, None)

    def _probe(self, watch: KeyWatch) -> _Sight:
        """Return what there is to see, and the lock if nobody has it; touches the disk."""
        # The lock before the note: what is written under a free lock is the last word.
        return self._seen(watch, watch.try_lock())

    def _seen(self, watch: KeyWatch, lock: KeyLock | None) -> _Sight:
        """Read the note, and open the file if the note speaks of one that is new to us.

        A lock that was just taken is closed with ``watch``, which it is the same file as, if this
        raises.
        """
        try:
            news = Progress.unpack(watch.read())
            if news is None or news.ending.is_final or news.edition == self._edition:
                return _Sight(news, None, lock)
            file = SharedFile(os.open(self._part, os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError:
            # Not there yet, or the blob already: the next look will tell.
            return _Sight(None, None, lock)
        # The name may have passed to another edition, or to the next turn, before we opened it.
        again = Progress.unpack(watch.read())
        if watch.is_over() or again is None or again.edition != news.edition:
            file.give_back()
            return _Sight(None, None, lock)
        self._edition = news.edition
        return _Sight(news, file, lock)

    def _tell(self, sight: _Sight) -> None:
        """Pass the news on to our readers."""
        news = sight.news
        if news is None or news == self._growth.progress:
            return
        if sight.file is not None:
            self._growth.begin(sight.file, news, None)
        elif news.ending in {Ending.FAILED, Ending.UNKEPT}:
            reason = f"another process tried to fetch it: {news.reason or 'no reason is known'}"
            failing: Literal["", "room"] = "room" if news.ending is Ending.UNKEPT else ""
            self._growth.fail(Unavailable(self._growth.what, reason, failing=failing))
        else:
            self._growth.tell(news)
