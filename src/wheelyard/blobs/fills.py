"""One running download per file, with any number of readers.

The rules, which every change here must keep:

1. The download belongs to the program, not to the client that asked first. Readers come and
   go; the download goes on to its end.
2. There is one download per key: in this process by the table of running fills, across
   processes by a lock. Who does not get the lock follows the file that the holder writes, and
   goes on with it if the holder dies.
3. A reader is never given the last ``HOLD_BACK_BYTES`` of what it asked for before the whole is
   proven. So a wrong or short file can never be a complete answer.
4. When the source breaks off, the same file is continued from where it stopped; the digest is
   taken over all of it, so what readers already have is covered by the proof. Bytes that the
   proof does not cover are another *edition*: who has some of them fails, unless they turn out to
   be the first bytes of the next edition too (``elder.py``).
5. Proven means: digest good, ``fsync``, ``rename``, ``fsync`` of the directory, and ``on_proven``
   (the ledger) has agreed. Only then is the last block released. Whoever is killed in between
   leaves a note in the lock, and the next one who asks for the file asks the ledger.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import anyio

from wheelyard.blobs.alarms import Trouble
from wheelyard.blobs.base import Blob
from wheelyard.blobs.disk import disk_failure
from wheelyard.blobs.doubted import DoubtedBlob
from wheelyard.blobs.filling import Filling, FillingParts, stopping, unexpected
from wheelyard.blobs.following import Following
from wheelyard.blobs.growing import GrowingBlob
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.locks import KeyLock, KeyLocks, KeyWatch
from wheelyard.blobs.passing import PassingOn
from wheelyard.blobs.spool import part_path, remove_leftovers
from wheelyard.blobs.waiting import WaitingRoom
from wheelyard.blobs.wanted import OnProven, Order, Wanted
from wheelyard.errors import Refused, Unavailable, WheelyardError

__all__ = ["Fills", "Spawner"]


class Spawner(Protocol):
    """Something that runs a task for the program's whole life: the app's task group."""

    def start_soon(self, function: Callable[[], Coroutine[None, None, None]], /) -> object:
        """Run ``function`` as a task of its own."""


@dataclass(frozen=True, slots=True)
class Fills:
    """The running downloads of one data directory, as this process sees them."""

    parts: FillingParts
    spool: Path
    locks: KeyLocks
    tasks: Spawner
    waiting: WaitingRoom = field(default_factory=WaitingRoom)
    _running: dict[str, Growth] = field(default_factory=dict)
    _own: set[str] = field(default_factory=set)

    @property
    def running(self) -> int:
        """How many downloads this process runs now; those it follows are not counted."""
        return len(self._own)

    def is_running(self, key: str) -> bool:
        """Say whether this process fetches ``key`` now, or follows who does."""
        return key in self._running

    async def join(self, wanted: Wanted, source: Blob, on_proven: OnProven) -> Blob:
        """Return the bytes of ``wanted``: held, or growing while one download fetches them.

        Raises:
            Refused: it is longer than any file may be.
            Unavailable: the server is stopping, or fetches as much as it may.
        """
        order = Order(wanted, source, on_proven)
        if growth := self._running.get(wanted.key):
            return self._growing(growth, order)
        limit = self.parts.rules.max_bytes
        if wanted.size is not None and wanted.size > limit:
            raise Refused(wanted.what, f"it has {wanted.size} bytes; at most {limit} are fetched")
        try:
            held = await self.parts.disk.run(self._settled_now, wanted)
        except OSError as error:
            return self._unreadable(order, error)
        if held is not None:
            return held
        growth = self._running.get(wanted.key) or self._begin(order)
        return self._growing(growth, order)

    async def clean(self) -> None:
        """Remove what killed downloads of long ago left in the spool."""
        with suppress(OSError):
            await self.parts.disk.run(remove_leftovers, self.spool, self.locks)

    def _settled_now(self, wanted: Wanted) -> HeldBlob | DoubtedBlob | None:
        """Return the blob if it is held and nobody is busy with it; touches the disk."""
        if wanted.sha256 is None:
            return None
        held = self.parts.store.look_now(wanted.sha256, wanted.size)
        if held is None or self.locks.has_note(wanted.key):
            return None
        return held

    def _begin(self, order: Order) -> Growth:
        """Have the program fetch the file. From here on whoever asked may leave."""
        self.waiting.enter(order.wanted.what)
        growth = Growth(order.wanted.what, order.wanted.size)
        self._running[order.wanted.key] = growth
        try:
            self.tasks.start_soon(partial(self._run, order, growth))
        except RuntimeError as error:
            # The task group has ended; nobody would ever end this fill.
            del self._running[order.wanted.key]
            self.waiting.leave()
            raise stopping(order.wanted.what) from error
        return growth

    async def _run(self, order: Order, growth: Growth) -> None:
        """Bring the file, whoever does the work; whatever happens, readers are told."""
        what = order.wanted.what
        try:
            await self._bring(order, growth)
        except WheelyardError as error:
            self._fail(growth, error)
        except OSError as error:
            self._fail(growth, disk_failure(what, error))
        except Exception as error:  # noqa: BLE001  a mistake in one fill must not end the program
            growth.fail(unexpected(what, error))
        finally:
            growth.fail(stopping(what))  # if nothing else was said: cancelled
            del self._running[order.wanted.key]
            self.waiting.leave()
            growth.retire()

    def _fail(self, growth: Growth, error: WheelyardError) -> None:
        """Tell readers, and whoever looks after the disk if that is the cause."""
        if isinstance(error, Unavailable) and error.failing == "disk":
            self.parts.alarms.begin(Trouble.NOT_KEPT, error.reason)
        growth.fail(error)

    def _unreadable(self, order: Order, error: OSError) -> GrowingBlob:
        """Return a blob that the disk did not let us look for: it may be had elsewhere."""
        failure = disk_failure(order.wanted.what, error)
        path = self.parts.store.path(order.wanted.sha256) if order.wanted.sha256 else None
        self.parts.alarms.begin(Trouble.UNREADABLE, str(failure), str(path or ""))
        growth = Growth(order.wanted.what, order.wanted.size)
        growth.fail(failure)
        return self._growing(growth, order)

    async def _bring(self, order: Order, growth: Growth) -> None:
        """Follow whoever is at it; do it ourselves if nobody is, or if they died."""
        key, disk = order.wanted.key, self.parts.disk
        following = Following(growth, part_path(self.spool, key), disk, self.parts.rules)
        while not growth.progress.ending.is_final:
            place = await disk.run(self.locks.lock_or_watch, key)
            lock = await following.run(place) if isinstance(place, KeyWatch) else place
            if lock is not None:
                await self._fill(order, growth, lock)

    async def _fill(self, order: Order, growth: Growth, lock: KeyLock) -> None:
        """Download, unless it turns out that nothing is left to do; gives back ``lock``."""
        key, disk = order.wanted.key, self.parts.disk
        filling = Filling(order, growth, lock, part_path(self.spool, key), self.parts)
        try:
            if growth.progress.ending.is_final:
                return
            if await disk.run(self._begin_now, filling, order.wanted, lock):
                self._own.add(key)
                await filling.run()
        finally:
            self._own.discard(key)
            with anyio.CancelScope(shield=True):
                await disk.run(self._end_now, filling, key, lock)

    def _begin_now(self, filling: Filling, wanted: Wanted, lock: KeyLock) -> bool:
        """Say whether it is our turn; if it is, see to it that there is room; touches the disk."""
        if not lock.is_current():
            return False
        if not filling.look_now():
            self._make_room_now(wanted)
        return True

    def _end_now(self, filling: Filling, key: str, lock: KeyLock) -> None:
        """Give back room and lock, the lock last; touches the disk."""
        with suppress(OSError):
            if lock.is_current():
                self.parts.budget.release(key)
        filling.close_now()

    def _make_room_now(self, wanted: Wanted) -> None:
        """Speak for room, at the cost of what killed downloads left; touches the disk."""
        try:
            self.parts.budget.reserve(wanted.key, wanted.size or 0)
        except Unavailable:
            remove_leftovers(self.spool, self.locks, older_than_seconds=0)
            self.parts.budget.reserve(wanted.key, wanted.size or 0)

    def _growing(self, growth: Growth, order: Order) -> GrowingBlob:
        """Return what a reader sees of ``growth``, which fetches what ``order`` asks for."""
        parts = self.parts
        passing = PassingOn(order, parts.passing, parts.disk, parts.rules)
        return GrowingBlob(growth, parts.store.path, parts.disk, passing)
