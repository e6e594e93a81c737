"""The download itself: receive, prove, keep. Writing is ``writing.py``'s half."""

from dataclasses import dataclass, field
from pathlib import Path

import anyio

from wheelyard.blobs.alarms import Alarms
from wheelyard.blobs.base import HasAlternatives, reading
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.inbox import Inbox
from wheelyard.blobs.local import LocalBlobs
from wheelyard.blobs.locks import KeyLock
from wheelyard.blobs.passing import Passing
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.spool import SpoolBudget, give_back
from wheelyard.blobs.wanted import FillRules, Order
from wheelyard.blobs.writing import Writing
from wheelyard.errors import Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.names import Sha256

__all__ = ["Filling", "FillingParts", "stopping", "unexpected"]

_QUEUED_BYTES = 1024**2
"""Backpressure: about this much waits for the disk, and is then written in one go."""

_ROOM_STEP_BYTES = 16 * 1024**2
"""Steps in which room is spoken for while nobody knows the length."""

_WORTHWHILE_BYTES = 64 * 1024
"""A source that breaks off after less than this has brought nothing, as far as patience goes."""

_LONGEST_PAUSE_SECONDS = 5.0
"""A source that asks for more patience than this has to do without us."""


@dataclass(frozen=True, slots=True)
class FillingParts:
    """What every fill of one data directory works with."""

    store: LocalBlobs
    budget: SpoolBudget
    disk: DiskThreads
    rules: FillRules = field(default_factory=FillRules)
    passing: Passing = field(default_factory=Passing)
    alarms: Alarms = field(default_factory=Alarms)


class Filling:
    """One download by this process, which holds the lock of its key."""

    def __init__(
        self, order: Order, growth: Growth, lock: KeyLock, part: Path, parts: FillingParts
    ) -> None:
        """Carry out ``order`` in the file ``part``; tell ``growth``, and the note of ``lock``."""
        self._wanted = order.wanted
        self._source = order.source
        self._on_proven = order.on_proven
        self._lock = lock
        self._parts = parts
        self._writing = Writing(order.wanted, growth, lock, part, parts.disk)
        self._room = order.wanted.size or 0
        self._was_wrong = False
        # Whether the bytes are durable and the ledger could not be asked: then the note must stay.
        self._unfinished = False
        self._held: HeldBlob | None = None
        self._left: Progress | None = None

    def look_now(self) -> bool:
        """Say whether the right bytes are held already, so that no room is needed; reads them."""
        if self._wanted.sha256 is not None:
            self._left = Progress.unpack(self._lock.read())
            self._held = self._parts.store.find_now(self._wanted.sha256, self._wanted.size)
        return self._held is not None

    async def run(self) -> None:
        """Fetch, prove and keep, if they are not held; room was made by the caller.

        Raises:
            WheelyardError: it failed. What may be of use to the next one is left in the spool.
        """
        try:
            if self._held is None:
                await self._writing.open()
                digest = await self._fetch_proven()
                self._held, is_new = await self._writing.keep(digest, self._parts.store)
                await self._agree(self._held, is_new=is_new)
                self._writing.finish(self._held)
            else:
                await self._settle(self._held)
        except WheelyardError as error:
            is_of_use = isinstance(error, Unavailable) and not error.is_ours
            self._give_up(error, keep=is_of_use)
            raise
        except OSError as error:
            failure = disk_failure(self._wanted.what, error)
            self._give_up(failure, keep=False)
            raise failure from error
        except BaseException:
            self._give_up(stopping(self._wanted.what), keep=True)
            raise

    async def _settle(self, held: HeldBlob) -> None:
        """Finish what somebody brought who was killed, perhaps just before the ledger was asked."""
        ending = self._left.ending if self._left else None
        if ending is not Ending.PROVEN:
            # To ask once more than needed does no harm.
            await self._agree(held, is_new=ending is Ending.KEEPING)
        self._writing.finish(held, self._left)

    def close_now(self) -> None:
        """Leave spool and note as the next one needs them; give back the lock; touches the disk."""
        try:
            self._writing.close_now()
        finally:
            give_back(self._lock)

    def _give_up(self, error: WheelyardError, *, keep: bool) -> None:
        """Have the spool left as the next one needs it."""
        if not self._unfinished:
            self._writing.give_up(error, keep=keep)

    async def _fetch_proven(self) -> Sha256:
        """Fetch until the proof is good; wrong bytes are fetched anew if that can help anybody."""
        while True:
            try:
                await self._fetch()
                digest = self._prove()
                await self._require_whole()
            except Corrupt as error:
                if not self._can_try_again():
                    raise
                await self._writing.start_over(error)
            else:
                return digest

    def _can_try_again(self) -> bool:
        """Say whether wrong bytes may be fetched once more.

        Elsewhere always. From the same place once: the next connection may lead to another machine,
        and who has some of the bytes goes on if they are the first of the right ones.
        """
        elsewhere = isinstance(self._source, HasAlternatives) and self._source.move_on()
        first, self._was_wrong = not self._was_wrong, True
        return elsewhere or first

    async def _fetch(self) -> None:
        """Receive all bytes, going on from where a broken source stopped."""
        writing, rules, checks = self._writing, self._parts.rules, self._wanted.checks
        began, fruitless = writing.written, 0
        while writing.size is None or writing.written < writing.size:
            before = writing.written
            broken = await self._pull()
            if broken is None:
                return
            worthwhile = writing.written - before >= _WORTHWHILE_BYTES
            fruitless = 0 if worthwhile and checks else fruitless + 1
            patience = rules.attempts if writing.written > began else min(2, rules.attempts)
            # Without a digest nothing would prove that two halves belong together.
            if fruitless >= patience or not (checks or writing.is_private):
                raise broken
            if not checks and writing.written:
                await writing.start_over(broken)
            await self._pause(broken, fruitless)

    async def _pause(self, broken: Unavailable, fruitless: int) -> None:
        """Give the source time; give up if it asks for more than a waiting client has."""
        asked = broken.retry_seconds or 0.0
        if asked > _LONGEST_PAUSE_SECONDS:
            raise broken
        own = self._parts.rules.pause_seconds * 2 ** (fruitless - 1) if fruitless > 1 else 0.0
        await anyio.sleep(min(max(asked, own), _LONGEST_PAUSE_SECONDS))

    async def _pull(self) -> Unavailable | None:
        """Receive from the source and write, side by side; return why it broke off, if it did."""
        inbox = Inbox(_QUEUED_BYTES)
        broken: list[WheelyardError] = []
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._receive, inbox, broken)
            try:
                while chunks := await inbox.take():
                    await self._write(chunks)
                self._learn_size()
            except Exception as error:  # noqa: BLE001  raised below: a task group would wrap it
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure
        ended = broken[0] if broken else self._shortage()
        if ended is not None and not isinstance(ended, Unavailable):
            raise ended
        return ended

    async def _receive(self, inbox: Inbox, broken: list[WheelyardError]) -> None:
        """Hand what arrives to the writer."""
        try:
            async with reading(self._source, self._writing.written) as chunks:
                async for chunk in chunks:
                    await inbox.put(chunk)
        except WheelyardError as error:
            broken.append(error)
        except Exception as error:  # noqa: BLE001  a mistake in a source must not end the program
            broken.append(unexpected(self._wanted.what, error))
        finally:
            inbox.end()

    async def _write(self, chunks: list[bytes]) -> None:
        """Write what arrived, if it can be part of the file."""
        self._learn_size()
        size, length = self._writing.size, self._writing.written + sum(map(len, chunks))
        if size is not None and length > size:
            raise self._corrupt(f"{size} bytes", f"{length} bytes or more")
        self._check_limit(length)
        if length > self._room:
            room = length + _ROOM_STEP_BYTES if size is None else size
            await self._parts.disk.run(self._parts.budget.reserve, self._wanted.key, room)
            self._room = room
        await self._writing.append(chunks)

    def _learn_size(self) -> None:
        """Take the length from the source if the page told none; else they have to agree."""
        offered, size = self._source.size, self._writing.size
        if offered is None or offered == size:
            return
        if size is not None:
            raise self._corrupt(f"{size} bytes", f"{offered} bytes")
        self._check_limit(offered)
        self._writing.learn_size(offered)

    def _check_limit(self, length: int) -> None:
        """Refuse what is longer than any file may be."""
        limit = self._parts.rules.max_bytes
        if length > limit:
            raise Refused(self._wanted.what, f"it is longer than {limit} bytes")

    def _shortage(self) -> Unavailable | None:
        """Return the error of a source that ended well and too early."""
        size, written = self._writing.size, self._writing.written
        if size is None or written >= size:
            return None
        return Unavailable(self._wanted.what, f"the source ended at {written} of {size} bytes")

    def _prove(self) -> Sha256:
        """Return the digest if it is the right one; the length has been seen to."""
        checks = self._wanted.checks
        if not checks and not self._writing.written and self._writing.size is None:
            raise Unavailable(self._wanted.what, "the source sent nothing, and there is no digest")
        for name, expected in checks.items():
            if (actual := self._writing.digest(name)) != expected:
                raise self._corrupt(f"{name} {expected}", actual)
        return Sha256(self._writing.digest("sha256"))

    async def _require_whole(self) -> None:
        """Raise if the disk does not have what was hashed: who reads it would get other bytes."""
        if not await self._parts.disk.run(self._writing.is_whole_now):
            raise self._corrupt("the bytes that came", "a file that somebody changed in the spool")

    async def _agree(self, held: HeldBlob, *, is_new: bool) -> None:
        """Ask the ledger. Bytes that it refuses are not kept; those it cannot judge yet wait."""
        self._unfinished = True
        try:
            await self._on_proven(held)
        except Unavailable:
            raise
        except WheelyardError:
            self._unfinished = False
            if is_new:
                await self._parts.store.remove(held.sha256)
            raise
        except Exception as error:
            raise unexpected(self._wanted.what, error) from error
        self._unfinished = False

    def _corrupt(self, expected: str, actual: str) -> Corrupt:
        """Return the error of wrong bytes."""
        return Corrupt(self._wanted.what, expected=expected, actual=actual)


def stopping(what: str) -> Unavailable:
    """Return the error for those who wait while the program ends."""
    return Unavailable(what, "the server is stopping", retry_seconds=1)


def unexpected(what: str, error: Exception) -> Unavailable:
    """Return a mistake in our own program as an error that a client can be told."""
    failure = Unavailable(what, f"an unexpected error: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
