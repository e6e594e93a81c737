"""A small store with its catalog, for tests that look at it as a whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wheelyard.blobs import DiskThreads, KeyLocks, LocalBlobs, Quarantine
from wheelyard.catalog import HeldRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.mirror import StoreParts
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["CONTENTS", "FIRST", "SECOND", "THIRD", "Place", "open_place"]


def _digest(content: bytes) -> Sha256:
    return Sha256(sha256(content).hexdigest())


_NAMED = {"first": b"the first file" * 1000, "second": b"the second file" * 1000}
FIRST, SECOND = (_digest(content) for content in _NAMED.values())
_NAMELESS = b"Metadata-Version: 2.4\n"
THIRD = _digest(_NAMELESS)
CONTENTS = {FIRST: _NAMED["first"], SECOND: _NAMED["second"], THIRD: _NAMELESS}


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory with two named files and one without a name."""

    path: Path
    parts: StoreParts

    @property
    def store(self) -> LocalBlobs:
        """The files."""
        return self.parts.store

    def files(self) -> dict[Path, bytes]:
        """Return every file of the store, and those in the quarantine."""
        folders = (self.store.directory, self.path / "quarantine")
        found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in found}

    def quarantined(self) -> list[bytes]:
        """Return what is in the quarantine."""
        return [path.read_bytes() for path in (self.path / "quarantine").glob("*")]


@asynccontextmanager
async def open_place(path: Path) -> AsyncIterator[Place]:
    """Make and open the data directory ``path``."""
    for name in ("blobs", "spool", "locks"):
        (path / name).mkdir()
    disk = DiskThreads()
    store = LocalBlobs(path / "blobs", path / "spool", disk, Quarantine(path / "quarantine"))
    catalog = await disk.run(open_catalog, path, FrozenClock(Instant(100.0)))
    try:
        for content in CONTENTS.values():
            await store.put(content)
        for name, content in _NAMED.items():
            row = HeldRow(
                sha256=_digest(content),
                owner="main",
                project=ProjectName(name),
                filename=Filename(f"{name}-1.0.tar.gz"),
                size=len(content),
                stored_at=Instant(1.0),
                last_used_at=Instant(1.0),
            )
            await catalog.held.save(row)
        yield Place(path, StoreParts(catalog, store, KeyLocks(path / "locks")))
    finally:
        await disk.run(catalog.close)
