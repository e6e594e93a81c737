"""An importer whose pipeline is a fake: it remembers what it was given."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import anyio

from wheelyard.blobs import DiskThreads, IncomingParts, LocalBlobs, Quarantine, SpoolBudget
from wheelyard.catalog import Actor, HostedFile, Published
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.upload.importing import Importer, ImportParts, Item, Offer, Unusable, Wanted
from wheelyard.upload.pipeline import Candidate, Destination, Done, Pipeline

__all__ = ["Bench", "FakePipeline", "FakeSource", "collected", "held"]


class FakePipeline:
    """Publishes nothing; ``there`` is what there is, ``error`` what it raises."""

    def __init__(self) -> None:
        self.there: dict[str, HostedFile] = {}
        self.error: Exception | None = None
        self.taken: list[tuple[Candidate, bytes]] = []

    @property
    def parts(self) -> "FakePipeline":
        """It is its own parts, catalog and hosting."""
        return self

    catalog = hosting = parts

    async def find(self, owner: str, project: ProjectName, filename: Filename) -> HostedFile | None:
        """Return what is there."""
        del owner, project
        return self.there.get(filename)

    async def publish(self, candidate: Candidate, destination: Destination, actor: Actor) -> Done:
        """Take a file."""
        del destination, actor
        if self.error is not None:
            raise self.error
        content = await anyio.Path(candidate.incoming.path).read_bytes()
        self.taken.append((candidate, content))
        return Done(Published("new", cast("HostedFile", None)), ("noticed",))


class FakeSource:
    """Offers what it was given."""

    shown = "the fake"

    def __init__(self, *each: Offer | Unusable, error: Exception | None = None) -> None:
        self._each = each
        self._error = error

    async def offers(self, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
        """Yield it."""
        del wanted
        for each in self._each:
            yield each
        if self._error is not None:
            raise self._error


class Bench:
    """An importer in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        for name in ("blobs", "spool", "quarantine"):
            folder.joinpath(name).mkdir()
        disk = DiskThreads()
        quarantine = Quarantine(folder / "quarantine")
        store = LocalBlobs(folder / "blobs", folder / "spool", disk, quarantine)
        budget = SpoolBudget(folder / "spool", max_bytes=10**9, min_free_bytes=0)
        self.pipeline = FakePipeline()
        self.told: list[Item] = []
        self.parts = ImportParts(
            cast("Pipeline", self.pipeline),
            IncomingParts(store, budget, disk, folder / "spool"),
            "main",
            Destination("hosted:main"),
            Actor("somebody", "command line"),
            self.told.append,
        )

    def importer(self, *, is_dry: bool = False) -> Importer:
        """Return an importer."""
        return Importer(self.parts, is_dry=is_dry)


def held(filename: str, digest: str, size: int) -> HostedFile:
    """Return a file that is there."""
    made: HostedFile = cast(
        "HostedFile",
        type("There", (), {"sha256": Sha256(digest), "size": size, "filename": filename}),
    )
    return made


async def collected(chunks: AsyncIterator[bytes]) -> bytes:
    """Return all bytes."""
    return b"".join([chunk async for chunk in chunks])
