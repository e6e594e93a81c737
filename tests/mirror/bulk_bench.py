"""Two programs over one upstream with a project of every kind: one filled plainly, one in bulk."""

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import anyio

from support.app import app_on, chain_of
from support.packages import make_sdist, make_wheel
from support.simulator import (
    Repeated,
    Simulator,
    change_headers,
    status,
    truncate,
    unparsable,
    wrong_bytes,
)
from wheelyard.clock import FrozenClock
from wheelyard.decide.pacing import Rules
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.pacer import Pacer
from wheelyard.model import Project
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain

__all__ = ["NAMES", "Ways", "both", "bulk_of", "furnish", "in_bulk", "plainly"]

DUMPS = {
    "pages": "SELECT owner, project, url, etag, last_modified, serial, model FROM pages",
    "ledger": "SELECT owner, project, filename, sha256, size, source, first_use FROM ledger",
    "held": "SELECT sha256, owner, project, filename, size FROM held",
    "odd_paths": "SELECT * FROM odd_paths",
    "metadata_files": "SELECT wheel_sha256, metadata_sha256, size FROM metadata_files",
}
Outcome = Mapping[str, object]


def furnish(index: Simulator) -> None:
    """Have projects of every kind, and faults of every kind."""
    for number in range(12):
        name = f"usual-{number}"
        index.add(make_wheel(name, "1.0"), make_sdist(name, "1.0"), make_wheel(name, "2.0"))
    index.add(make_wheel("yanked", "1.0"), yanked="broken")
    index.add(make_wheel("no-digest", "1.0"), hashes=False)
    index.add(make_wheel("no-metadata", "1.0"), core_metadata=False)
    index.add(make_wheel("other-metadata", "1.0"), core_metadata="wrong")
    index.add(make_wheel("wrong-size", "1.0"), size=7)
    index.add(make_sdist("large", "1.0"), body=Repeated(3_000_000))
    index.add(make_wheel("withdrawn", "1.0"))
    index.status("withdrawn", "quarantined", "malware")
    index.add_project("without-files")
    index.add(make_wheel("corrupt", "1.0"), make_wheel("corrupt", "2.0"))
    index.fault("*corrupt-2.0*", wrong_bytes())
    index.add(make_wheel("gone", "1.0"), make_wheel("gone", "2.0"))
    index.fault("*gone-2.0*", status(404))
    index.add(make_wheel("shortened", "1.0"))
    index.fault("*shortened-1.0*.whl", truncate(100), times=1)
    index.add(make_wheel("unparsable", "1.0"), make_wheel("failing", "1.0"))
    index.fault("/simple/unparsable/", unparsable())
    index.fault("/simple/failing/", status(500))
    index.add(make_wheel("coded", "1.0"))
    index.fault("*coded-1.0*.whl", change_headers({"Content-Encoding": "gzip"}))


NAMES = tuple(
    ProjectName(name)
    for name in (
        *(f"usual-{number}" for number in range(12)),
        *("yanked", "no-digest", "no-metadata", "other-metadata", "wrong-size", "large"),
        *("withdrawn", "without-files", "corrupt", "gone", "shortened", "unparsable", "failing"),
        *("coded", "never-heard-of"),
    )
)


@dataclass(slots=True)
class Ways:
    """Two programs over one upstream: one is filled plainly, the other in bulk."""

    plain: Chain
    bulk: Bulk
    places: Sequence[Path]
    bulk_chain: Chain
    outcomes: list[tuple[Outcome, Outcome]] = field(default_factory=list)

    async def fill(self, names: Sequence[ProjectName]) -> tuple[Outcome, Outcome]:
        """Fill both, one after the other; return what came of each name."""
        first: dict[str, object] = {name: await plainly(self.plain, name) for name in names}
        second: dict[str, object] = {}

        async def one(name: ProjectName) -> None:
            second[name] = await in_bulk(self.bulk, name)

        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(one, name)
        return first, second

    def dumps(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """Return what is in both data directories, without the times."""
        one, other = map(dump, self.places)
        return one, other


@asynccontextmanager
async def both(folder: Path, index: Simulator) -> AsyncIterator[Ways]:
    """Run both programs."""
    places = (folder / "plain", folder / "bulk")
    async with app_on(places[0], index) as plain, app_on(places[1], index) as other:
        chain = chain_of(other)
        yield Ways(chain_of(plain), bulk_of(chain), places, chain)


def bulk_of(chain: Chain, clock: FrozenClock | None = None) -> Bulk:
    """Return a bulk that is never told to wait for long."""
    return Bulk(chain, Pacer(Rules(most=16, first=16, fewest=4), clock or FrozenClock()))


async def plainly(chain: Chain, name: ProjectName) -> object:
    """Fill one project as clients would."""
    try:
        renewed = await chain.pages.renew(name)
        if renewed.known is not None and renewed.known.how == "stale":
            return Unavailable
        project = await chain.files.with_evidence(renewed)
    except WheelyardError as error:
        return type(error)
    return said(project), {file.filename: await read(chain, project, at) for at, file in
                           enumerate(project.files)}  # fmt: skip


async def read(chain: Chain, project: Project, at: int) -> object:
    """Read one file to its end, and its metadata if they are learned from it."""
    ref = project.ref(project.files[at])
    try:
        blob = await chain.repository.file(ref)
        if blob.sha256 is None:
            async for _ in blob.read():
                pass
        await chain.files.require_held(ref)
    except WheelyardError as error:
        return type(error)
    return "held"


async def in_bulk(bulk: Bulk, name: ProjectName) -> object:
    """Fill one project in bulk."""
    try:
        project = await bulk.page(name)
    except WheelyardError as error:
        return type(error)
    outcomes: dict[str, object] = {}

    async def one(at: int) -> None:
        file = project.files[at]
        try:
            await bulk.file(project.ref(file))
            outcomes[file.filename] = "held"
        except WheelyardError as error:
            outcomes[file.filename] = type(error)

    async with anyio.create_task_group() as tasks:
        for at in range(len(project.files)):
            tasks.start_soon(one, at)
    return said(project), outcomes


def said(project: Project) -> object:
    """Return what a page says, without how it is known."""
    return project.status.status, project.serial, project.files


def dump(place: Path) -> Mapping[str, object]:
    """Return the rows and the blobs of a data directory."""
    with closing(
        sqlite3.connect(f"file:{place / 'catalog.sqlite'}?mode=ro", uri=True)
    ) as connection:
        rows = {name: sorted(connection.execute(query)) for name, query in DUMPS.items()}
    paths = sorted((place / "blobs").glob("??/??/*"))
    good = {path.name: sha256(path.read_bytes()).hexdigest() == path.name for path in paths}
    return {**rows, "blobs": good}
