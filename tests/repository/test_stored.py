"""Files that are fetched once, and what is said of those that cannot be had."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from blobs.fakes import Act, read_all
from repository.stored_bench import CONTENT, FILE, FLASK, NAME, OTHER, UNHASHED, Bench, opened_bench
from support.fakes import make_file
from wheelyard.blobs import HasPath
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import File, FileRef, ProjectEntry
from wheelyard.names import Filename, ProjectName

pytestmark = pytest.mark.anyio

BROKEN = Act(ends_at=0, error=Unavailable("`a file`", "refused: nobody listens there"))


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield files with nothing held, over a door that has the first file's bytes."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


async def test_page_is_the_doors_while_the_ledger_is_empty(bench: Bench) -> None:
    """Nothing is added to what nobody has fetched."""
    bench.lists(FILE, UNHASHED)

    assert (await bench.page()).files == (FILE, UNHASHED)


async def test_projects_are_those_of_the_door(bench: Bench) -> None:
    """The list has no files."""
    bench.lists(FILE)

    assert (await bench.stored.projects()).projects == (ProjectEntry("flask"),)


async def test_file_is_fetched_once(bench: Bench) -> None:
    """The second client gets a file of this disk, and nobody upstream hears of it."""
    bench.lists(FILE)
    await bench.fetch()

    blob = await bench.stored.file(await bench.first())

    assert isinstance(blob, HasPath)
    assert await read_all(blob) == CONTENT
    assert bench.door.requests == 1


async def test_bytes_that_are_held_are_noted_again_when_the_note_went(bench: Bench) -> None:
    """A quota took the name, and another index still has the bytes: they count here again."""
    bench.lists(FILE)
    await bench.fetch()
    [row] = await bench.catalog.held.of_project(bench.stored._parts.owner, FLASK)
    await bench.catalog.held.remove(row.sha256)
    bench.stored._written.clear()

    await bench.stored.file(await bench.first())

    assert [each.sha256 for each in await bench.catalog.held.find(row.sha256)] == [row.sha256]
    assert bench.door.requests == 1


async def test_many_clients_cost_one_request(bench: Bench) -> None:
    """Whoever wants a file that is on its way follows it."""
    bench.lists(FILE)
    ref = await bench.first()
    got: list[bytes] = []

    async def ask() -> None:
        got.append(await read_all(await bench.stored.file(ref)))

    async with anyio.create_task_group() as clients:
        for _ in range(20):
            clients.start_soon(ask)

    assert got == [CONTENT] * 20
    assert bench.door.requests == 1


async def test_held_file_is_served_in_an_outage(bench: Bench) -> None:
    """What was fetched once does not need the upstream."""
    bench.lists(FILE)
    await bench.fetch()
    bench.door.act = BROKEN

    assert await bench.fetch() == CONTENT


async def test_file_without_a_digest_is_fetched_once_too(bench: Bench) -> None:
    """From the first use on it is found by what the ledger learned."""
    bench.lists(UNHASHED)
    await bench.fetch()

    assert await bench.fetch() == CONTENT
    assert bench.door.requests == 1


async def test_files_without_a_digest_are_not_taken_for_each_other(bench: Bench) -> None:
    """Two projects may have a file of one name with different bytes."""
    other = ProjectName("other")
    bench.lists(UNHASHED)
    first, second = FileRef(FLASK, UNHASHED), FileRef(other, UNHASHED)
    one = await bench.stored.file(first)
    bench.door.files[NAME] = OTHER
    two = await bench.stored.file(second)

    assert (await read_all(one), await read_all(two)) == (CONTENT, OTHER)


async def test_held_file_that_no_page_lists_is_served(bench: Bench) -> None:
    """A lock file names it, we have it: that is enough, and no door is asked."""
    digest = await bench.run.store.put(CONTENT)
    gone = File(Filename(NAME), "", (("sha256", digest),), len(CONTENT))

    blob = await bench.stored.file(FileRef(FLASK, gone))

    assert await read_all(blob) == CONTENT
    assert bench.door.sources == []


@pytest.mark.parametrize("hashes", [(), FILE.hashes], ids=["without-digest", "with-digest"])
async def test_file_that_nobody_lists_or_holds_is_absent(
    hashes: tuple[tuple[str, str], ...], bench: Bench
) -> None:
    """There is no place left to ask."""
    gone = File(Filename(NAME), "", hashes)

    with pytest.raises(Absent):
        await bench.stored.file(FileRef(FLASK, gone))

    assert bench.door.sources == []


async def test_missing_file_that_the_page_still_lists_is_unavailable(bench: Bench) -> None:
    """The page is read again at once; while it lists the file, nobody is told that it is gone."""
    bench.lists(FILE)
    ref = await bench.first()

    error = await bench.stored.missing(ref)

    assert isinstance(error, Unavailable)
    assert "lists it and does not have it" in str(error)
    assert bench.door.asked == ["flask", "flask"]


async def test_missing_file_that_left_the_page_is_absent(bench: Bench) -> None:
    """A file that was deleted upstream leaves our page with the first client who wants it."""
    bench.lists(FILE)
    ref = await bench.first()
    bench.lists(make_file("flask-1.1.tar.gz"))

    error = await bench.stored.missing(ref)

    assert isinstance(error, Absent)
    assert NAME in str(error)
    assert [file.filename for file in (await bench.page()).files] == ["flask-1.1.tar.gz"]


async def test_missing_file_is_unavailable_when_the_page_cannot_be_read_again(
    bench: Bench,
) -> None:
    """In doubt the last good page counts, and that lists it."""
    bench.lists(FILE)
    ref = await bench.first()
    bench.door.down = True

    assert isinstance(await bench.stored.missing(ref), Unavailable)


async def test_file_fetched_anew_is_what_its_page_states_now(bench: Bench) -> None:
    """Whatever the ledger has of its name; and nothing of it is written down."""
    await bench.binds(OTHER)
    bench.lists(FILE)
    page = await bench.stored._pages.project(FLASK)

    held = await bench.stored.fetch_anew(FileRef(FLASK, page.files[0]))

    assert await read_all(held) == CONTENT
    row = await bench.evidence()
    assert row is not None
    assert (row.generation, row.size) == (1, len(OTHER))
    again = await bench.stored.fetch_anew(FileRef(FLASK, page.files[0]))
    assert again.sha256 == held.sha256
    assert bench.door.requests == 1


async def test_file_without_a_digest_is_fetched_anew_too(bench: Bench) -> None:
    """Its digest is that of what came."""
    bench.lists(UNHASHED)

    held = await bench.stored.fetch_anew(FileRef(FLASK, UNHASHED))

    assert await read_all(held) == CONTENT
    assert await bench.evidence() is None
