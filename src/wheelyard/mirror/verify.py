"""Verify: read everything that is held, and say what is damaged, missing or unknown.

Both ways: every row of the catalog must have its file, every file must be what its name says. A
good file without a row is no finding: metadata have none, and a crash may leave one.

Nothing is changed here. A server may run on the same data: what it replaces while we look is
looked at again, and what somebody is fetching is left out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import anyio
import msgspec

from wheelyard.blobs import (
    SHELVES,
    DiskThreads,
    KeyLocks,
    LocalBlobs,
    Seen,
    disk_failure,
    list_shelf,
    list_strays,
    read_whole,
)
from wheelyard.catalog import Catalog, HeldRow
from wheelyard.names import Sha256

__all__ = ["Finding", "Kind", "Report", "Sight", "StoreParts", "Tally", "look_at", "verify"]

_READERS = 4
"""How many files are read at the same time: enough for a fast disk, bearable for a slow one."""


class Kind(Enum):
    """What is wrong with a file of the store."""

    DAMAGED = "damaged"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True):
    """One file that is not as it should be.

    ``path`` is relative to the store, ``names`` are the file names under which the blob is held,
    ``sha256`` is empty for a file that no store has put there. ``outcome`` says what a repair has
    come to; ``is_healed`` is None where none was tried.
    """

    kind: Kind
    path: str
    sha256: str = ""
    names: tuple[str, ...] = ()
    detail: str = ""
    is_healed: bool | None = None
    outcome: str = ""


class Report(msgspec.Struct, frozen=True):
    """What there was to find: ``files`` were read, ``nameless`` of them have no row."""

    files: int
    bytes: int
    nameless: int
    findings: tuple[Finding, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it should be, or is again."""
        return all(finding.is_healed for finding in self.findings)


@dataclass(slots=True)
class Tally:
    """How far a run has come."""

    files: int = 0
    bytes: int = 0
    nameless: int = 0


@dataclass(frozen=True, slots=True)
class StoreParts:
    """What is verified, and what tells that somebody is busy with a file."""

    catalog: Catalog
    store: LocalBlobs
    locks: KeyLocks
    disk: DiskThreads = field(default_factory=lambda: DiskThreads(anyio.CapacityLimiter(_READERS)))


async def verify(parts: StoreParts, tell: Callable[[Tally], None]) -> Report:
    """Return what is wrong in the store; ``tell`` hears after each file how far it is.

    Raises:
        Unavailable: a directory or a file may not be read.
    """
    run = _Run(parts, tell)
    try:
        for path in await parts.disk.run(list_strays, parts.store.directory):
            run.findings.append(_stray(parts, path))
        for name in SHELVES:
            await run.shelf(name)
    except OSError as error:
        raise disk_failure("The store of files", error) from error
    tally = run.tally
    return Report(tally.files, tally.bytes, tally.nameless, tuple(run.findings))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one blob turned out to be: its file, if there is one, and what is wrong with it."""

    seen: Seen | None
    finding: Finding | None


async def look_at(
    parts: StoreParts,
    digest: Sha256,
    rows: Sequence[HeldRow],
    read: Callable[[Path], Awaitable[Seen | None]],
) -> Sight:
    """Return what the blob of ``digest`` is, which is known by ``rows``; ``read`` reads a file."""
    path = parts.store.path(digest)
    seen = await read(path)
    if seen is not None and seen.sha256 != digest:
        # Perhaps somebody has put the right one in its place just now.
        seen = await read(path)
    if seen is not None and seen.sha256 == digest:
        return Sight(seen, None)
    if seen is None and (not rows or await parts.disk.run(parts.locks.is_held, digest)):
        return Sight(seen, None)
    kind = Kind.MISSING if seen is None else Kind.DAMAGED
    names = tuple(dict.fromkeys(str(row.filename) for row in rows))
    place = str(path.relative_to(parts.store.directory))
    return Sight(seen, Finding(kind, place, digest, names, _describe(seen, rows)))


class _Run:
    """One walk through a store."""

    def __init__(self, parts: StoreParts, tell: Callable[[Tally], None]) -> None:
        self._parts = parts
        self._tell = tell
        self.tally = Tally()
        self.findings: list[Finding] = []

    async def shelf(self, name: str) -> None:
        """Look at everything whose digest begins with ``name``."""
        # The rows first: what has one was whole before it was written.
        rows: dict[Sha256, list[HeldRow]] = {}
        for row in await self._parts.catalog.held.of_shelf(name):
            rows.setdefault(row.sha256, []).append(row)
        shelf = await self._parts.disk.run(list_shelf, self._parts.store.directory, name)
        found = await self._look_at_all(sorted(shelf.digests | rows.keys()), rows)
        self.findings += [_stray(self._parts, path) for path in shelf.strays]
        self.findings += [found[digest] for digest in sorted(found)]

    async def _look_at_all(
        self, digests: list[Sha256], rows: Mapping[Sha256, list[HeldRow]]
    ) -> dict[Sha256, Finding]:
        """Return what is wrong with the blobs of ``digests``, a few of them read at a time."""
        found: dict[Sha256, Finding] = {}
        failures: list[OSError] = []
        waiting = iter(digests)

        async def work() -> None:
            for digest in waiting:
                try:
                    finding = await self._look_at(digest, rows.get(digest, []))
                except OSError as error:
                    failures.append(error)  # carried out by hand: a task group would wrap it
                    return
                if finding is not None:
                    found[digest] = finding

        async with anyio.create_task_group() as tasks:
            for _ in range(min(_READERS, len(digests))):
                tasks.start_soon(work)
        if failures:
            raise failures[0]
        return found

    async def _look_at(self, digest: Sha256, rows: list[HeldRow]) -> Finding | None:
        """Return what is wrong with one blob."""
        sight = await look_at(self._parts, digest, rows, self._read)
        self._count(sight.seen, has_rows=bool(rows))
        return sight.finding

    async def _read(self, path: Path) -> Seen | None:
        """Return what is in the file."""
        return await self._parts.disk.run(_read, path)

    def _count(self, seen: Seen | None, *, has_rows: bool) -> None:
        """Count one file, and say how far we are."""
        if seen is not None:
            self.tally.files += 1
            self.tally.bytes += seen.stamp.size
            self.tally.nameless += not has_rows
        self._tell(self.tally)


def _read(path: Path) -> Seen | None:
    """Return what is in the file, or None if there is none; touches the disk."""
    try:
        return read_whole(path)
    except FileNotFoundError:
        return None


def _describe(seen: Seen | None, rows: Sequence[HeldRow]) -> str:
    """Return in what way the file is not what it should be."""
    if seen is None:
        return "the catalog has it, the store has not"
    if seen.sha256 is None:
        return "the disk cannot read it"
    if rows and rows[0].size != seen.stamp.size:
        return f"it has {seen.stamp.size} of {rows[0].size} bytes"
    return "it has other bytes"


def _stray(parts: StoreParts, path: Path) -> Finding:
    """Return the finding of a file that no store has put there."""
    place = str(path.relative_to(parts.store.directory))
    return Finding(Kind.UNKNOWN, place, detail="its name is no digest; it is never served")
