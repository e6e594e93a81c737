"""Verify: read everything that is held, and say what is damaged, missing or unknown.

Both ways: every row of the catalog must have its file, every file must be what its name says. Rows
are those of files and of what goes with them, metadata and provenance; and what a page of our own
lists must be held. A good file that nothing names is no finding: a crash may leave one, and
``wheelyard gc`` takes it.

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
from wheelyard.catalog import Catalog, HeldRow, hosted_index
from wheelyard.catalog.blob_names import BesideRow, Unrecorded
from wheelyard.catalog.evidence import Unproven
from wheelyard.names import Sha256

__all__ = [
    "Finding",
    "Kind",
    "Report",
    "Sight",
    "StoreParts",
    "Tally",
    "load_rows",
    "look_at",
    "verify",
    "verify_evidence",
]

_MOST_ORPHANS = 1_000
_READERS = 4
"""How many files are read at the same time: enough for a fast disk, bearable for a slow one."""


class Kind(Enum):
    """What is wrong with a file of the store."""

    DAMAGED = "damaged"
    MISSING = "missing"
    UNKNOWN = "unknown"
    UNRECORDED = "unrecorded"
    UNPROVEN = "unproven"


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
    """What there was to find: ``files`` were read, nothing names ``nameless`` of them.

    ``orphans`` are the places of those, the first thousand.
    """

    files: int
    bytes: int
    nameless: int
    findings: tuple[Finding, ...] = ()
    orphans: tuple[str, ...] = ()

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
    run.findings += [
        _unrecorded(parts, each) for each in await parts.catalog.blob_names.unrecorded()
    ]
    tally = run.tally
    return Report(tally.files, tally.bytes, tally.nameless, tuple(run.findings), tuple(run.orphans))


async def verify_evidence(parts: StoreParts) -> tuple[Finding, ...]:
    """Return where what is held does not agree with the ledger, or the ledger can be changed."""
    evidence = parts.catalog.evidence
    return (
        *(_guard(name) for name in await evidence.missing_guards()),
        *(_unproven(parts, each) for each in await evidence.unproven()),
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """What one blob turned out to be: its file, if there is one, and what is wrong with it."""

    seen: Seen | None
    finding: Finding | None


async def look_at(
    parts: StoreParts,
    digest: Sha256,
    rows: Sequence[HeldRow | BesideRow],
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
    names = tuple(dict.fromkeys(map(_name_of, rows)))
    place = str(path.relative_to(parts.store.directory))
    return Sight(seen, Finding(kind, place, digest, names, _describe(seen, rows)))


class _Run:
    """One walk through a store."""

    def __init__(self, parts: StoreParts, tell: Callable[[Tally], None]) -> None:
        self._parts = parts
        self._tell = tell
        self.tally = Tally()
        self.findings: list[Finding] = []
        self.orphans: list[str] = []

    async def shelf(self, name: str) -> None:
        """Look at everything whose digest begins with ``name``."""
        # The rows first: what has one was whole before it was written.
        rows = await load_rows(self._parts.catalog, name)
        shelf = await self._parts.disk.run(list_shelf, self._parts.store.directory, name)
        found = await self._look_at_all(sorted(shelf.digests | rows.keys()), rows)
        self.findings += [_stray(self._parts, path) for path in shelf.strays]
        self.findings += [found[digest] for digest in sorted(found)]

    async def _look_at_all(
        self, digests: list[Sha256], rows: Mapping[Sha256, list[HeldRow | BesideRow]]
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

    async def _look_at(self, digest: Sha256, rows: list[HeldRow | BesideRow]) -> Finding | None:
        """Return what is wrong with one blob."""
        sight = await look_at(self._parts, digest, rows, self._read)
        self._count(sight.seen, has_rows=bool(rows))
        if sight.seen is not None and not rows and len(self.orphans) < _MOST_ORPHANS:
            path = self._parts.store.path(digest)
            self.orphans.append(str(path.relative_to(self._parts.store.directory)))
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


async def load_rows(catalog: Catalog, shelf: str) -> dict[Sha256, list[HeldRow | BesideRow]]:
    """Return every row that names a blob of ``shelf``, of files and of what goes with them."""
    rows: dict[Sha256, list[HeldRow | BesideRow]] = {}
    for row in await catalog.held.of_shelf(shelf):
        rows.setdefault(row.sha256, []).append(row)
    for beside in await catalog.blob_names.beside(shelf):
        rows.setdefault(beside.sha256, []).append(beside)
    return rows


def _name_of(row: HeldRow | BesideRow) -> str:
    """Return what people call a blob that ``row`` names."""
    if isinstance(row, HeldRow):
        return str(row.filename)
    return f"{row.filename or row.of}.{row.kind}"


def _describe(seen: Seen | None, rows: Sequence[HeldRow | BesideRow]) -> str:
    """Return in what way the file is not what it should be."""
    if seen is None:
        return "the catalog has it, the store has not"
    if seen.sha256 is None:
        return "the disk cannot read it"
    size = next((row.size for row in rows if isinstance(row, HeldRow)), None)
    if size not in {None, seen.stamp.size}:
        return f"it has {seen.stamp.size} of {size} bytes"
    return "it has other bytes"


def _stray(parts: StoreParts, path: Path) -> Finding:
    """Return the finding of a file that no store has put there."""
    place = str(path.relative_to(parts.store.directory))
    return Finding(Kind.UNKNOWN, place, detail="its name is no digest; it is never served")


def _place(parts: StoreParts, digest: Sha256) -> str:
    """Return where a blob is, or would be."""
    return str(parts.store.path(digest).relative_to(parts.store.directory))


def _unrecorded(parts: StoreParts, row: Unrecorded) -> Finding:
    """Return the finding of a page of our own that lists what no row says is held."""
    index = hosted_index(row.owner) or row.owner
    detail = f"the page of `{row.project}` in `{index}` lists it, and no row says that it is held"
    place = _place(parts, row.sha256)
    return Finding(Kind.UNRECORDED, place, row.sha256, (str(row.filename),), detail)


def _unproven(parts: StoreParts, row: Unproven) -> Finding:
    """Return the finding of a held file that the ledger does not have as it is."""
    if row.bound is None:
        detail = f"the ledger has no entry for it in `{row.owner}`"
    elif row.bound != row.sha256:
        detail = f"the ledger of `{row.owner}` has other bytes for it: sha256 {row.bound}"
    else:
        detail = f"the ledger says {row.bound_size} bytes, and {row.size} are held"
    place = _place(parts, row.sha256)
    return Finding(Kind.UNPROVEN, place, row.sha256, (str(row.filename),), detail)


def _guard(name: str) -> Finding:
    """Return the finding of evidence that could be changed."""
    detail = (
        "this trigger of the catalog is gone or changed, so evidence could be: restore a backup"
    )
    return Finding(Kind.UNPROVEN, "", names=(name,), detail=detail)
