"""The metadata of wheels: the ways to it, in their order."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from blobs.fakes import digest_of, read_all, settled
from repository.metadata_bench import (
    METADATA,
    STATED,
    STUB,
    WHEEL,
    Bench,
    opened_bench,
    wheel,
)
from support.fakes import make_file
from support.packages import make_wheel
from wheelyard.blobs import HeldBlob
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput, Corrupt, Unavailable
from wheelyard.model import ProjectEntry, ProjectList

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield an empty store, a catalog and a door that has nothing."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


async def test_held_metadata_asks_nobody(bench: Bench) -> None:
    """The first way: what is in the store is served from there."""
    ref = bench.lists(wheel())
    await bench.parts.store.put(METADATA)

    blob = await bench.repository.metadata(ref)

    assert isinstance(blob, HeldBlob)
    assert await read_all(blob) == METADATA
    assert (bench.door.asked, bench.door.given, bench.files.asked) == ([], [], [])


async def test_metadata_of_the_upstream_is_taken_and_kept(bench: Bench) -> None:
    """The second way: its own file, asked for once."""
    ref = bench.lists(wheel())
    bench.door.metadata_files[WHEEL.filename] = METADATA
    await bench.repository.metadata(ref)

    blob = await bench.repository.metadata(ref)

    assert await read_all(blob) == METADATA
    assert bench.door.asked == [f"{WHEEL.filename}.metadata"]
    assert (bench.door.given, bench.files.asked) == ([], [])


async def test_metadata_that_are_kept_are_noted_with_their_wheel(bench: Bench) -> None:
    """What nothing names is collected, and these would be fetched again for nothing."""
    ref = bench.lists(wheel())
    bench.door.metadata_files[WHEEL.filename] = METADATA

    await bench.repository.metadata(ref)

    assert ref.file.sha256 is not None
    row = await bench.parts.catalog.metadata_files.load(ref.file.sha256)
    assert row is not None
    assert (row.metadata_sha256, row.size) == (ref.file.metadata_sha256, len(METADATA))
    assert row.source == "upstream"


@pytest.mark.parametrize("wrong", [None, b"<html>Please log in</html>", METADATA[:-1]])
async def test_range_of_the_wheel_is_read_when_the_upstream_has_no_right_file(
    wrong: bytes | None, bench: Bench
) -> None:
    """The third way: one member at a distance; the wheel itself is not fetched."""
    ref = bench.lists(wheel())
    bench.door.metadata_files = {} if wrong is None else {WHEEL.filename: wrong}
    bench.door.files[WHEEL.filename] = WHEEL.content
    bench.door.gives_ranges = True

    blob = await bench.repository.metadata(ref)

    assert await read_all(blob) == METADATA
    assert len(bench.door.given) == 1
    assert bench.files.asked == []
    assert wrong is None or await bench.held(digest_of(wrong)) is None


@pytest.mark.parametrize("size", [WHEEL.size, None])
async def test_whole_wheel_is_fetched_when_nothing_less_will_do(
    size: int | None, bench: Bench
) -> None:
    """The fourth way: as if a client had asked for the wheel, which is held from then on."""
    ref = bench.lists(wheel(size=size))

    blob = await bench.repository.metadata(ref)

    assert await read_all(blob) == METADATA
    assert len(bench.door.given) == 1
    assert bench.files.asked == [WHEEL.filename]
    assert await bench.held(digest_of(WHEEL.content)) == WHEEL.content


async def test_whole_wheel_is_fetched_when_a_range_of_another_wheel_came(bench: Bench) -> None:
    """Right or wrong is said by the digest, whichever way the bytes came."""
    ref = bench.lists(wheel())
    bench.door.files[WHEEL.filename] = make_wheel("demo", "1.0", requires=["evil"]).content
    bench.door.gives_ranges = True

    blob = await bench.repository.metadata(ref)

    assert await read_all(blob) == METADATA
    assert bench.files.asked == [WHEEL.filename]


async def test_failure_tells_what_each_way_brought(bench: Bench) -> None:
    """The operator sees one cause per way, in the order tried."""
    ref = bench.lists(make_file(STUB.filename, STUB.content, core_metadata=STATED))
    bench.door.metadata_files[STUB.filename] = b"something else"

    with pytest.raises(Unavailable) as caught:
        await bench.repository.metadata(ref)

    assert [type(cause) for cause in caught.value.causes] == [Corrupt, Unavailable, BadInput]
    assert f"`{STUB.filename}.metadata`" in str(caught.value)


async def test_metadata_without_a_stated_digest_is_absent(bench: Bench) -> None:
    """What nothing can prove is not passed on, and not even fetched."""
    ref = bench.lists(wheel(core_metadata=()))
    bench.door.metadata_files[WHEEL.filename] = METADATA

    with pytest.raises(Absent):
        await bench.repository.metadata(ref)

    assert bench.door.asked == []


async def test_many_callers_cost_one_question(bench: Bench) -> None:
    """Whoever asks while the metadata is on its way gets the same."""
    ref = bench.lists(wheel())
    bench.door.metadata_files[WHEEL.filename] = METADATA
    bench.door.gate = anyio.Event()
    got: list[bytes] = []

    async def ask() -> None:
        got.append(await read_all(await bench.repository.metadata(ref)))

    async with anyio.create_task_group() as callers:
        for _ in range(20):
            callers.start_soon(ask)
        await settled(lambda: bool(bench.door.asked))
        bench.door.gate.set()

    assert got == [METADATA] * 20
    assert bench.door.asked == [f"{WHEEL.filename}.metadata"]


async def test_projects_are_those_beneath(bench: Bench) -> None:
    """The list of projects has no metadata."""
    bench.lists(wheel())

    assert await bench.repository.projects() == ProjectList((ProjectEntry("demo"),))
