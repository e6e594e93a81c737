"""Pins over the files of one owner, with a real catalog and a real store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from blobs.fakes import Program, program
from support.fakes import opened_catalog
from wheelyard.catalog import Actor, Catalog, LedgerRow
from wheelyard.catalog.pins import pin_of
from wheelyard.clock import FrozenClock, Instant
from wheelyard.model import File, FileRef
from wheelyard.names import ProjectName, likely_project
from wheelyard.repository.pinned import Pinned, PinnedParts
from wheelyard.repository.with_metadata import Files

__all__ = ["ADA", "NOW", "PinnedBench", "opened_pins"]

ADA = Actor("ada", "command line")
NOW = Instant(5)


@dataclass(frozen=True, slots=True)
class PinnedBench:
    """What is tested, and what it stands on."""

    pinned: Pinned
    catalog: Catalog
    run: Program

    async def holds(self, file: File, content: bytes = b"content", generation: int = 1) -> None:
        """Have a file in the store, and written down."""
        digest = await self.run.store.put(content)
        name, size = (project_of(file), len(content))
        row = LedgerRow("main", name, file.filename, digest, size, NOW, "x", generation=generation)
        await self.catalog.held.keep(row)

    async def pins(self, file: File, label: str = "app") -> None:
        """Pin a file as the page shows it."""
        wanted = pin_of("main", FileRef(project_of(file), file), label, ADA.name, NOW)
        await self.catalog.pins.add([wanted], ADA)


def project_of(file: File) -> ProjectName:
    """Return the project of a file."""
    name = likely_project(file.filename)
    assert name is not None
    return name


@asynccontextmanager
async def opened_pins(path: Path, clock: FrozenClock, files: Files) -> AsyncIterator[PinnedBench]:
    """Yield pins over ``files``."""
    async with program(path) as run, opened_catalog(path, clock) as catalog:
        parts = PinnedParts("main", catalog, run.store, run.fills.parts.disk, clock)
        yield PinnedBench(Pinned(files, parts), catalog, run)
