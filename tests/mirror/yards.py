"""A data directory in which everything can be that a collection has to do with.

::

    async with open_yard(tmp_path) as yard:
        held = await yard.hold("demo-1.0.tar.gz")
        await yard.list_page("demo", held)
"""

import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.hosted_files import SOMEBODY
from wheelyard.blobs import DiskThreads, KeyLocks, LocalBlobs, Quarantine
from wheelyard.catalog import Catalog, HeldRow, LedgerRow, MetadataRow, PageRow, open_catalog
from wheelyard.catalog.pins import pin_of
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.evict import Rules
from wheelyard.mirror import Collecting, Collection, Scope, StoreParts, collect
from wheelyard.model import File, FileRef, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256, project_candidates
from wheelyard.repository.packing import pack

__all__ = ["DAY", "NOW", "OLD", "Yard", "open_yard"]

DAY = 86_400.0
NOW = 1_790_000_000.0
OLD = NOW - 90 * DAY
RULES = Rules(grace_seconds=30 * DAY, orphan_seconds=DAY)
PAGE_CHANGED = "page.changed"


@dataclass(slots=True)
class Yard:
    """A data directory with its clock. Files are written long ago unless it is said otherwise."""

    path: Path
    parts: StoreParts
    clock: FrozenClock
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        """The rows."""
        return self.parts.catalog

    @property
    def store(self) -> LocalBlobs:
        """The files."""
        return self.parts.store

    async def put(self, content: bytes, *, at: float = OLD) -> Sha256:
        """Have bytes in the store that nothing names."""
        digest = await self.store.put(content)
        os.utime(self.store.path(digest), (at, at))
        return digest

    async def hold(
        self, name: str, owner: str = "corp", *, used_at: float = OLD, content: bytes = b""
    ) -> HeldRow:
        """Hold a file with its evidence; its bytes are its own name, if none are given."""
        content = content or name.encode() * 100
        filename = Filename(name)
        digest = await self.put(content)
        row = HeldRow(
            digest,
            owner,
            project_candidates(filename)[0],
            filename,
            len(content),
            Instant(OLD),
            Instant(used_at),
        )
        at = (row.owner, row.project, row.filename)
        await self.catalog.ledger.record(LedgerRow(*at, digest, row.size, Instant(OLD), owner))
        await self.catalog.held.save(row)
        return row

    async def list_page(
        self, name: str, *rows: HeldRow, owner: str = "corp", status: str = "active"
    ) -> None:
        """Keep a page that lists these files."""
        files = tuple(self.file(row) for row in rows)
        project = Project(ProjectName(name), files, status=ProjectStatus(status))  # type: ignore[arg-type]  # one of four
        url, at = f"https://index.example/simple/{name}/", Instant(OLD)
        row = PageRow(owner, ProjectName(name), url, at, at, model=await pack(project))
        await self.catalog.pages.save(row, PAGE_CHANGED)

    @staticmethod
    def file(row: HeldRow) -> File:
        """Return a held file as a page lists it."""
        url = f"https://index.example/{row.filename}"
        return File(row.filename, url, (("sha256", row.sha256),), size=row.size)

    async def pin(self, row: HeldRow) -> None:
        """Pin a file."""
        ref = FileRef(row.project, self.file(row))
        await self.catalog.pins.add([pin_of(row.owner, ref, "kept", "ada", Instant(OLD))], SOMEBODY)

    async def metadata_of(
        self, wheel: HeldRow, content: bytes = b"Metadata-Version: 2.1\n"
    ) -> Sha256:
        """Keep the metadata of a wheel."""
        digest = await self.put(content)
        row = MetadataRow(wheel.sha256, digest, len(content), "wheel", Instant(OLD))
        await self.catalog.metadata_files.save(row)
        return digest

    def has(self, *digests: Sha256) -> bool:
        """Say whether all of these are in the store."""
        return all(self.store.path(digest).exists() for digest in digests)

    def collecting(self, scopes: Sequence[Scope] = ()) -> Collecting:
        """Return what a collection works with here."""
        return Collecting(
            self.parts, self.path / "spool", self.clock, RULES, self.is_up, tuple(scopes)
        )

    async def collect(self, *scopes: Scope, dry_run: bool = False) -> Collection:
        """Collect."""
        return await collect(self.collecting(scopes), lambda _: None, dry_run=dry_run)

    async def is_up(self, owner: str, name: ProjectName) -> bool:
        """Say whether an owner answers."""
        del name
        self.asked.append(owner)
        return owner not in self.down

    def everything(self) -> dict[str, bytes]:
        """Return every file and every row, to compare with later."""
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return {
            str(path): path.read_bytes()
            for path in files
            if not path.name.startswith("catalog.sqlite-")
        }

    def leftovers(self) -> Iterable[str]:
        """Return what is in the spool, and which locks are left."""
        folders = (self.path / "spool", self.path / "locks")
        return [path.name for folder in folders for path in folder.iterdir()]


@asynccontextmanager
async def open_yard(path: Path) -> AsyncIterator[Yard]:
    """Make and open the data directory ``path``."""
    for name in ("blobs", "spool", "locks"):
        (path / name).mkdir(parents=True, exist_ok=True)
    disk, clock = DiskThreads(), FrozenClock(NOW)
    store = LocalBlobs(path / "blobs", path / "spool", disk, Quarantine(path / "quarantine"))
    catalog = await disk.run(open_catalog, path, clock)
    try:
        yield Yard(path, StoreParts(catalog, store, KeyLocks(path / "locks"), disk), clock)
    finally:
        await disk.run(catalog.close)
