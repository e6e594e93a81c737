"""The files of one owner, to ask: over real pages, a real store and a real ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from blobs.fakes import Act, FakeSource, Program, at_rest, digest_of, program, read_all
from support.fakes import FakeDoor, make_deck, make_file, make_project, opened_catalog
from wheelyard.blobs import Blob
from wheelyard.catalog import Catalog, LedgerRow
from wheelyard.clock import FrozenClock
from wheelyard.decide.freshness import Rules
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.keepers import KeeperParts
from wheelyard.repository.keeping import KeepingRules
from wheelyard.repository.stored import Stored, StoredParts

__all__ = [
    "CONTENT",
    "FILE",
    "FLASK",
    "NAME",
    "OTHER",
    "UNHASHED",
    "UNSIZED",
    "Bench",
    "SourceDoor",
    "opened_bench",
]

FLASK = ProjectName("flask")
NAME = "flask-1.0-py3-none-any.whl"
CONTENT = b"the bytes of the first day" * 100
OTHER = b"other bytes under the same name" * 100
FILE = make_file(NAME, CONTENT)
UNHASHED = msgspec.structs.replace(FILE, hashes=(), size=None)
UNSIZED = msgspec.structs.replace(FILE, size=None)


@dataclass(slots=True)
class SourceDoor(FakeDoor):
    """A door whose files are sources that note every read: each is a request upstream."""

    act: Act = field(default_factory=Act)
    sources: list[FakeSource] = field(default_factory=list)

    async def file(self, ref: FileRef) -> Blob:
        """Return a source; nothing is asked before somebody reads."""
        source = FakeSource(self.files.get(ref.file.filename, b""), self.act)
        self.sources.append(source)
        return source

    @property
    def requests(self) -> int:
        """How often a file was asked for."""
        return sum(len(source.reads) for source in self.sources)


@dataclass(frozen=True, slots=True)
class Bench:
    """The files of one owner, over real pages, a real store and a real ledger."""

    stored: Stored
    door: SourceDoor
    run: Program
    catalog: Catalog
    clock: FrozenClock

    def lists(self, *files: File, name: ProjectName = FLASK) -> None:
        """Have the door's page of ``name`` list ``files``."""
        self.door.pages[name] = make_project(name, *files)

    async def page(self, name: ProjectName = FLASK) -> Project:
        """Return the page as it is now."""
        return await self.stored.project(name)

    async def first(self) -> FileRef:
        """Return the first file of the page as it is now."""
        return FileRef(FLASK, (await self.page()).files[0])

    async def revision(self) -> int:
        """Return the number of the page that grows when it says something else."""
        known = (await self.page()).known
        assert known is not None
        return known.revision

    async def fetch(self, ref: FileRef | None = None) -> bytes:
        """Read a file to its end, and wait until that is written down."""
        content = await read_all(await self.stored.file(ref or await self.first()))
        await at_rest(self.run)
        return content

    async def evidence(self, owner: str = "main") -> LedgerRow | None:
        """Return what the ledger has about the file."""
        return await self.catalog.ledger.load(owner, FLASK, Filename(NAME))

    async def binds(self, content: bytes, generation: int = 1, name: str = NAME) -> None:
        """Bind the file's name to ``content``, as a download long ago did."""
        digest, now = digest_of(content), self.clock.now()
        row = LedgerRow(
            "main",
            FLASK,
            Filename(name),
            digest,
            len(content),
            now,
            "files.index.example",
            generation=generation,
        )
        await self.catalog.ledger.record(row)


@asynccontextmanager
async def opened_bench(path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield files with nothing held, over a door that has the first file's bytes."""
    rules = KeepingRules(Rules(max_seconds=600))
    async with opened_catalog(path, clock) as catalog, program(path) as run:
        door = SourceDoor(files={NAME: CONTENT})
        keepers = KeeperParts("main", catalog, clock)
        deck = make_deck(run.tasks, path / "locks")
        pages = Cached(door, CachedParts(keepers, deck, rules))
        stored = Stored(pages, door, StoredParts("main", catalog, run.fills, clock))
        yield Bench(stored, door, run, catalog, clock)
        await at_rest(run)
