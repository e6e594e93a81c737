"""The whole chain of an index over real upstreams: what it answers, and what it does not ask."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from anyio.abc import TaskGroup

from support.fakes import opened_catalog
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator, status
from wheelyard.blobs import (
    Blob,
    DiskThreads,
    FillingParts,
    Fills,
    HeldBlob,
    KeyLocks,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
)
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.freshness import Rules
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, Project
from wheelyard.names import Filename, ProjectName, parse_filename
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.compose import Chain, ChainParts, DoorParts, compose
from wheelyard.repository.keeping import KeepingRules
from wheelyard.repository.paths import file_path
from wheelyard.repository.upstream import UpstreamRules
from wheelyard.transport import ClientRules, HttpClient

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
WHEEL = make_wheel("demo", "1.0")
NEXT_WHEEL = make_wheel("demo", "1.1")
FIRST, SECOND = parse_filename(WHEEL.filename), parse_filename(NEXT_WHEEL.filename)
PROVENANCE = {"version": 1, "attestation_bundles": []}


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an index with a project of two wheels, the first of them with provenance."""
    with running_simulator() as simulator:
        fill(simulator)
        yield simulator


@pytest.fixture
def second_index() -> Iterator[Simulator]:
    """Run another door to the same index."""
    with running_simulator() as simulator:
        fill(simulator)
        yield simulator


def fill(simulator: Simulator) -> None:
    """Put the project into an index."""
    simulator.add(WHEEL, provenance=PROVENANCE)
    simulator.add(NEXT_WHEEL)


@dataclass(frozen=True, slots=True)
class Site:
    """A chain and what it keeps."""

    chain: Chain
    catalog: Catalog
    clock: FrozenClock

    async def ref(self, filename: Filename = FIRST) -> FileRef:
        """Return a file as the page lists it."""
        project = await self.chain.repository.project(DEMO)
        return project.ref(next(file for file in project.files if file.filename == filename))


class Sites:
    """Opens chains on one data directory; all end with the test."""

    def __init__(self, stack: AsyncExitStack, path: Path, clock: FrozenClock) -> None:
        self._stack = stack
        self._path = path
        self._clock = clock

    async def open(self, *doors: str | tuple[str, str]) -> Site:
        """Return a chain of doors at these addresses; a pair is one door in two spellings."""
        opened = [await self._door(door) for door in doors]
        catalog = await self._stack.enter_async_context(opened_catalog(self._path, self._clock))
        tasks = await self._stack.enter_async_context(_cancelled_at_exit())
        fills = _fills(self._path, tasks)
        parts = ChainParts(
            catalog,
            fills,
            fills.locks,
            fills.parts.disk,
            lambda function: _start(tasks, function),
            KeepingRules(Rules(max_seconds=600)),
            self._clock,
        )
        return Site(compose("corp", opened, parts), catalog, self._clock)

    async def _door(self, door: str | tuple[str, str]) -> DoorParts:
        likely, plain = door if isinstance(door, tuple) else (door, None)
        client = await self._stack.enter_async_context(HttpClient(ClientRules(likely)))
        other = UpstreamRules("corp", plain) if plain else None
        return DoorParts(client, UpstreamRules("corp", likely), other)


@asynccontextmanager
async def _cancelled_at_exit() -> AsyncIterator[TaskGroup]:
    async with anyio.create_task_group() as tasks:
        yield tasks
        tasks.cancel_scope.cancel()


def _start(tasks: TaskGroup, function: Callable[[], Coroutine[None, None, None]]) -> None:
    tasks.start_soon(function)


def _fills(path: Path, tasks: TaskGroup) -> Fills:
    blobs, spool, locks = (path / name for name in ("blobs", "spool", "locks"))
    for folder in (blobs, spool, locks):
        folder.mkdir(exist_ok=True)
    disk = DiskThreads()
    budget = SpoolBudget(spool, max_bytes=1_000_000, min_free_bytes=0)
    store = LocalBlobs(blobs, spool, disk, Quarantine(path / "quarantine"))
    parts = FillingParts(store, budget, disk)
    return Fills(parts, spool, KeyLocks(locks), tasks)


@pytest.fixture
async def sites(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Sites]:
    """Yield something that opens chains."""
    async with AsyncExitStack() as stack:
        yield Sites(stack, tmp_path, clock)


async def read(blob: Blob) -> bytes:
    """Return all bytes of ``blob``."""
    return b"".join([chunk async for chunk in blob.read()])


def names_of(project: Project) -> list[str]:
    """Return the file names on a page."""
    return [file.filename for file in project.files]


# --- the four questions --------------------------------------------------------------------------


async def test_chain_answers_what_the_upstream_has(index: Simulator, sites: Sites) -> None:
    """List, page, file and metadata come through, each asked for once."""
    site = await sites.open(index.url)
    repository = site.chain.repository

    listed = await repository.projects()
    ref = await site.ref()
    metadata = await read(await repository.metadata(ref))
    content = await read(await repository.file(ref))

    assert [entry.name for entry in listed.projects] == ["demo"]
    assert names_of(await repository.project(DEMO)) == [FIRST, SECOND]
    assert content == WHEEL.content
    assert metadata == WHEEL.metadata
    assert {kind: index.count(kind) for kind in ("root", "page", "file", "metadata")} == {
        "root": 1,
        "page": 1,
        "file": 1,
        "metadata": 1,
    }


async def test_everything_held_is_given_without_the_upstream(
    index: Simulator, sites: Sites
) -> None:
    """With the upstream gone and the pages old, another process gives all that one fetched."""
    first = await sites.open(index.url)
    ref = await first.ref()
    await first.chain.repository.projects()
    await read(await first.chain.repository.file(ref))
    await read(await first.chain.repository.metadata(ref))
    index.down()
    first.clock.forward(100_000)

    second = await sites.open(index.url)
    repository = second.chain.repository
    listed, project = await repository.projects(), await repository.project(DEMO)
    blob = await repository.file(ref)

    assert [entry.name for entry in listed.projects] == ["demo"]
    assert project.known is not None
    assert project.known.how == "stale"
    assert isinstance(blob, HeldBlob)
    assert await read(blob) == WHEEL.content
    assert await read(await repository.metadata(ref)) == WHEEL.metadata


@pytest.mark.parametrize("seconds", [365 * 86_400, -365 * 86_400], ids=["year-on", "year-back"])
async def test_a10_held_file_is_given_whatever_the_time(
    index: Simulator, sites: Sites, seconds: float
) -> None:
    """A-10, G20: a year later, or with the clock set back by one, nobody is asked for its bytes."""
    first = await sites.open(index.url)
    ref = await first.ref()
    await read(await first.chain.repository.file(ref))
    asked_before = index.count("file")
    first.clock.forward(seconds)

    again = await sites.open(index.url)
    blobs = [await each.chain.repository.file(await each.ref()) for each in (first, again)]

    assert [await read(blob) for blob in blobs] == [WHEEL.content] * 2
    assert index.count("file") == asked_before == 1


async def test_what_is_kept_is_kept_for_the_owner(index: Simulator, sites: Sites) -> None:
    """Pages and evidence carry the name of the upstream that is answerable for them."""
    site = await sites.open(index.url)

    await read(await site.chain.repository.file(await site.ref()))

    assert site.chain.owner == "corp"
    assert await site.catalog.pages.names("corp") == (DEMO,)
    evidence = await site.catalog.ledger.load("corp", DEMO, FIRST)
    assert evidence is not None
    assert evidence.sha256 == WHEEL.sha256


# --- doors ---------------------------------------------------------------------------------------


async def test_second_door_answers_while_the_first_is_down(
    index: Simulator, second_index: Simulator, sites: Sites
) -> None:
    """Installing goes on when one of two doors is gone."""
    index.down()
    site = await sites.open(index.url, second_index.url)

    content = await read(await site.chain.repository.file(await site.ref()))

    assert content == WHEEL.content
    assert second_index.count("page") == 1


async def test_doors_are_asked_in_order(
    index: Simulator, second_index: Simulator, sites: Sites
) -> None:
    """While the first answers, nobody else is asked, not even for what it does not have.

    The third question is its canary's.
    """
    site = await sites.open(index.url, second_index.url)

    await site.chain.repository.project(DEMO)
    with pytest.raises(Absent):
        await site.chain.repository.project(ProjectName("nothing"))

    assert [asked.path for asked in index.asked("page")] == [
        "/simple/demo/",
        "/simple/nothing/",
        "/simple/demo/",
    ]
    assert second_index.requests == []


async def test_door_that_asks_for_peace_has_it_while_the_other_serves(
    index: Simulator, second_index: Simulator, sites: Sites
) -> None:
    """For as long as it said; then it is asked behind, while nobody waits for it."""
    index.fault("*", status(429, retry_after=30))
    site = await sites.open(index.url, second_index.url)
    await site.chain.repository.project(DEMO)
    index.clear_faults()

    await site.chain.repository.projects()
    asked_before = index.count()
    site.clock.forward(31)
    await site.chain.document(DocumentWanted("json", "demo"))
    with anyio.fail_after(180):
        while not index.count("json"):  # noqa: ASYNC110 - the index is in another thread
            await anyio.sleep(0.01)

    assert asked_before == 1
    assert second_index.count("root") == second_index.count("json") == 1


async def test_address_without_simple_is_found_out(index: Simulator, sites: Sites) -> None:
    """An index whose projects lie directly below its address works like any other."""
    site = await sites.open((f"{index.url}simple/", index.url))

    content = await read(await site.chain.repository.file(await site.ref()))

    assert content == WHEEL.content


async def test_address_in_one_spelling_is_asked_in_that_alone(
    index: Simulator, sites: Sites
) -> None:
    """Where there is no doubt, a 404 is believed; only what the address itself has is looked at."""
    site = await sites.open(f"{index.url}simple/")

    with pytest.raises(Absent):
        await site.chain.repository.project(DEMO)

    asked = [request.path for request in index.requests]
    assert asked == ["/simple/simple/demo/", "/simple/simple/"]


# --- beside the pages ----------------------------------------------------------------------------


async def test_document_of_the_json_api_is_kept(index: Simulator, sites: Sites) -> None:
    """It is asked for once, and comes with its type and serial."""
    site = await sites.open(index.url)
    wanted = DocumentWanted("json", "demo")

    first, second = await site.chain.document(wanted), await site.chain.document(wanted)

    assert json.loads(first.value.body)["info"]["name"] == "demo"
    assert (first.value.content_type, first.value.serial) == ("application/json", index.serial)
    assert second.value == first.value
    assert (first.known.how, second.known.how) == ("miss", "hit")
    assert index.count("json") == 1


async def test_provenance_is_what_the_page_points_to(index: Simulator, sites: Sites) -> None:
    """The page names the address; the object comes as the upstream gave it, once."""
    site = await sites.open(index.url)

    first = await site.chain.provenance(DEMO, FIRST)
    await site.chain.provenance(DEMO, FIRST)

    assert json.loads(first.value.body) == PROVENANCE
    assert first.value.content_type == "application/vnd.pypi.integrity.v1+json"
    assert index.count("provenance") == 1


@pytest.mark.parametrize("filename", [SECOND, "demo-9.9-py3-none-any.whl"])
async def test_provenance_that_no_page_names_is_absent(
    index: Simulator, sites: Sites, filename: str
) -> None:
    """A file without provenance, or no file at all: nobody upstream is asked."""
    site = await sites.open(index.url)

    with pytest.raises(Absent):
        await site.chain.provenance(DEMO, parse_filename(filename))

    assert index.count("provenance") == 0


# --- files that the upstream does not have --------------------------------------------------------


async def test_missing_file_that_left_its_page_is_absent(index: Simulator, sites: Sites) -> None:
    """The page is read again at once, and its old links are forgotten with it."""
    site = await sites.open(index.url)
    ref = await site.ref(SECOND)
    path = file_path(DEMO, ref.file)
    assert await site.chain.locator.find(path, site.clock.now()) == ref
    index.remove(SECOND)

    error = await site.chain.missing(ref)

    assert isinstance(error, Absent)
    assert names_of(await site.chain.repository.project(DEMO)) == [FIRST]
    with pytest.raises(Absent):
        await site.chain.locator.find(path, site.clock.now())


async def test_missing_file_that_is_still_listed_is_unavailable(
    index: Simulator, sites: Sites
) -> None:
    """An upstream that contradicts itself has not said that the file does not exist."""
    site = await sites.open(index.url)
    ref = await site.ref()
    index.fault("file", status(404))

    error = await site.chain.missing(ref)

    assert isinstance(error, Unavailable)
    assert "lists it and does not have it" in str(error)
    assert index.count("page") == 2
