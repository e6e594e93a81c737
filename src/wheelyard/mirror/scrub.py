"""Scrub: read everything that is held, slowly and for ever, and heal what is wrong.

A file that nobody asks for is not read by anybody else, so its damage would be noticed on the day
it is needed, and on that day no door may have another. One scrubber works per data directory,
whichever process gets its lock; how far it is is in the catalog. ``decide/scrub.py`` says when it
reads what.

What it finds is what ``verify`` finds, and is healed as ``verify --repair`` does, with one
exception: a file that the disk cannot read is told, and left where it is.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.lowlevel

from wheelyard.blobs import (
    SHELVES,
    Alarms,
    KeyLock,
    Seen,
    Trouble,
    disk_failure,
    list_shelf,
    read_gently,
)
from wheelyard.catalog import HeldRow
from wheelyard.catalog.blob_names import BesideRow
from wheelyard.clock import Clock
from wheelyard.decide.scrub import Course, Pace, Work, begin, is_busy, pause, step, wait
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.mirror.repair import Repair, repair
from wheelyard.mirror.verify import Finding, StoreParts, load_rows, look_at
from wheelyard.names import Sha256

__all__ = ["ScrubParts", "Scrubber"]

_LOG = logging.getLogger(__name__)

_KEY = "scrub"
_TURN_SECONDS = 10.0
"""How often it is looked whether the process that scrubs is gone."""

_LOOK_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
"""A server that always has something to do for clients is read all the same, very slowly."""


@dataclass(frozen=True, slots=True)
class ScrubParts:
    """What a scrubber works with. Without ``repair`` nothing is fetched: nobody may be asked.

    ``work`` tells what is done for clients.
    """

    store: StoreParts
    alarms: Alarms
    clock: Clock
    work: Callable[[], Work]
    repair: Repair | None = None


class Scrubber:
    """Reads the store of one data directory again and again."""

    def __init__(self, parts: ScrubParts, pace: Pace) -> None:
        """Scrub the store of ``parts`` at ``pace``."""
        self._parts = parts
        self._pace = pace
        self._work = Work()
        self._looked_at = 0.0
        self._read_at = 0.0

    async def run(self) -> None:
        """Scrub whenever no other process does, until cancelled."""
        while True:
            lock = await self._lock()
            if lock is not None:
                try:
                    await self._scrub()
                except (WheelyardError, OSError) as error:
                    _LOG.warning("The scrubber cannot go on for now: %s", error)
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._parts.store.disk.run(_let_go, lock)
            await anyio.sleep(_TURN_SECONDS)

    async def scrub_shelf(self, course: Course) -> Course:
        """Read the next shelf of ``course``; return the course with what was found.

        Raises:
            Unavailable: the catalog or the disk cannot be read.
        """
        parts, name = self._parts.store, SHELVES[course.shelf]
        rows = await load_rows(parts.catalog, name)
        try:
            shelf = await parts.disk.run(list_shelf, parts.store.directory, name)
        except OSError as error:
            raise disk_failure("The store of files", error) from error
        for digest in sorted(shelf.digests | rows.keys()):
            course = await self._look(course, digest, rows.get(digest, []))
        return step(course, self._pace, self._parts.clock.now())

    async def _scrub(self) -> None:
        """Read shelf after shelf, each when it is due."""
        scrubs, clock = self._parts.store.catalog.scrubs, self._parts.clock
        course = await scrubs.load() or begin(clock.now())
        while True:
            await anyio.sleep(wait(course, self._pace, clock.now()))
            course = await self.scrub_shelf(course)
            try:
                await scrubs.save(course)
            except Unavailable as error:
                if not error.is_ours:
                    raise
                # A full disk: the next shelf is written down with what was found on this one.
                self._parts.alarms.begin(Trouble.NOT_KEPT, error.reason)
            await anyio.lowlevel.checkpoint()

    async def _look(
        self, course: Course, digest: Sha256, rows: list[HeldRow | BesideRow]
    ) -> Course:
        """Read one blob and see to it."""
        try:
            sight = await look_at(self._parts.store, digest, rows, self._read)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error
        if sight.seen is not None:
            size = sight.seen.stamp.size
            course = replace(
                course,
                files=course.files + 1,
                bytes=course.bytes + size,
                total_bytes=course.total_bytes + size,
            )
        if sight.finding is None:
            return course
        is_healed = await self._see_to(digest, sight.seen, sight.finding)
        return replace(
            course,
            wrong=course.wrong + 1,
            healed=course.healed + is_healed,
            total_wrong=course.total_wrong + 1,
        )

    async def _see_to(self, digest: Sha256, seen: Seen | None, finding: Finding) -> bool:
        """Heal what was found if that is possible; say whether it is."""
        name = ", ".join(finding.names) or digest
        if seen is not None and seen.sha256 is None:
            path = self._parts.store.store.path(digest)
            self._parts.alarms.begin(Trouble.UNREADABLE, f"`{name}`", str(path))
            return False
        if seen is not None:
            await self._parts.store.disk.run(self._parts.store.store.put_away_now, digest, seen)
        if self._parts.repair is None:
            _LOG.error("Scrubbing found `%s` %s; nobody may be asked for it.", name, _of(finding))
            return False
        healed = await repair(self._parts.repair, finding)
        if healed.is_healed:
            _LOG.warning("Scrubbing found `%s` %s: %s.", name, _of(finding), healed.outcome)
            return True
        _LOG.error("Scrubbing found `%s` %s. %s", name, _of(finding), healed.outcome)
        return False

    async def _read(self, path: Path) -> Seen | None:
        """Return what is in a file, read at our pace."""
        self._read_at = anyio.current_time()
        return await read_gently(path, self._parts.store.disk, self._rest)

    async def _rest(self, byte_count: int) -> None:
        """Rest after having read so much, and for as long as clients need the disk."""
        spent = anyio.current_time() - self._read_at
        await anyio.sleep(pause(byte_count, spent, self._pace))
        until = anyio.current_time() + _LONGEST_PAUSE_SECONDS
        while self._is_busy() and anyio.current_time() < until:  # noqa: ASYNC110  work has no event
            await anyio.sleep(_LOOK_SECONDS)
        self._read_at = anyio.current_time()

    def _is_busy(self) -> bool:
        """Say whether clients need the disk; looks once in a while."""
        now = anyio.current_time()
        if now - self._looked_at < _LOOK_SECONDS:
            return False
        before, self._work = self._work, self._parts.work()
        seconds, self._looked_at = now - self._looked_at, now
        return is_busy(before, self._work, seconds)

    async def _lock(self) -> KeyLock | None:
        """Return the lock of the one scrubber; None if another process has it, or none can be."""
        parts = self._parts.store
        try:
            return await parts.disk.run(parts.locks.try_lock, _KEY)
        except OSError:
            return None


def _of(finding: Finding) -> str:
    """Return what was found, with its detail."""
    return f"{finding.kind.value} ({finding.detail})"


def _let_go(lock: KeyLock) -> None:
    """Give back the lock; where its file cannot be removed it holds nobody up."""
    with suppress(OSError):
        lock.release()
