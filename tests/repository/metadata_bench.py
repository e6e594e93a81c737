"""A page with a wheel, and every way to its metadata."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from blobs.fakes import FakeSource, Program, digest_of, program, read_all, settled
from support.fakes import FakeDoor, RangedBlob, make_deck, make_file, make_project, opened_catalog
from support.packages import make_sdist, make_stub, make_wheel
from wheelyard.blobs import Blob, Wanted
from wheelyard.clock import FrozenClock
from wheelyard.errors import WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.with_metadata import MetadataParts, WithMetadata

__all__ = [
    "CONTENTS",
    "DEMO",
    "DIGEST",
    "METADATA",
    "SDIST",
    "STATED",
    "STUB",
    "WHEEL",
    "Bench",
    "FakeFiles",
    "RangedDoor",
    "opened_bench",
    "wheel",
]

DEMO = ProjectName("demo")
WHEEL = make_wheel("demo", "1.0", requires=["other>=2"], payload_bytes=50_000)
METADATA = WHEEL.metadata or b""
DIGEST = digest_of(METADATA)
STATED = (("sha256", DIGEST),)
STUB = make_stub("demo", "2.0")
SDIST = make_sdist("demo", "1.0")
CONTENTS = {package.filename: package.content for package in (WHEEL, STUB, SDIST)}


@dataclass(slots=True)
class FakeFiles:
    """Pages in memory, and files that are fetched by real fills into a real store."""

    run: Program
    pages: dict[ProjectName, Project] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    error: WheelyardError | None = None
    asked: list[str] = field(default_factory=list)
    news: list[ProjectName] = field(default_factory=list)

    async def projects(self) -> ProjectList:
        """Return the names of all pages."""
        return ProjectList(tuple(ProjectEntry(name) for name in self.pages))

    async def project(self, name: ProjectName) -> Project:
        """Return a page."""
        return self.pages[name]

    async def file(self, ref: FileRef) -> Blob:
        """Return a file that is held, or on its way."""
        self.asked.append(ref.file.filename)
        if self.error is not None:
            raise self.error
        content = self.contents[ref.file.filename]
        wish = Wanted(digest_of(content), "`a file`", ref.file.hashes, ref.file.size)
        return await self.run.join(wish, FakeSource(content))

    async def learned(self, name: ProjectName) -> None:
        """Note the news."""
        self.news.append(name)


@dataclass(slots=True)
class RangedDoor(FakeDoor):
    """A door that gives ranges, if it is told to."""

    gives_ranges: bool = False
    given: list[RangedBlob] = field(default_factory=list)

    async def file(self, ref: FileRef) -> Blob:
        """Return a file at a distance."""
        blob = RangedBlob(self.files.get(ref.file.filename, b""), self.gives_ranges)
        self.given.append(blob)
        return blob


@dataclass(frozen=True, slots=True)
class Bench:
    """What is tested, and all that it stands on."""

    repository: WithMetadata
    files: FakeFiles
    door: RangedDoor
    parts: MetadataParts

    def lists(self, *files: File, name: ProjectName = DEMO) -> FileRef:
        """Have the page of ``name`` list ``files``, and return the first."""
        self.files.pages[name] = make_project(name, *files)
        return FileRef(name, files[0])

    async def claims(self, name: ProjectName = DEMO) -> list[object]:
        """Return what the page says of the metadata of each file."""
        return [file.core_metadata for file in (await self.repository.project(name)).files]

    async def held(self, digest: Sha256) -> bytes | None:
        """Return what the store has."""
        blob = await self.parts.store.find(digest)
        return await read_all(blob) if blob else None


def wheel(core_metadata: object = STATED, **changes: object) -> File:
    """Return the wheel as a page lists it."""
    return make_file(WHEEL.filename, WHEEL.content, core_metadata=core_metadata, **changes)


@asynccontextmanager
async def opened_bench(path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield an empty store, a catalog and a door that has nothing."""
    async with program(path) as run, opened_catalog(path, clock) as catalog:
        parts = MetadataParts(catalog, run.store, make_deck(run.tasks, path / "locks"), clock)
        files, door = FakeFiles(run), RangedDoor()
        repository = WithMetadata(files, door, parts)
        yield Bench(repository, files, door, parts)
        await settled(lambda: not repository._learning._running)
