"""The files of a served directory: read once, and again when they change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread

from repository.served_bench import ServedBench, opened_served
from support.packages import make_wheel
from wheelyard.blobs import Stamp
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.served_files import FileReader
from wheelyard.repository.served_walk import Lying, walk

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("demo", "1.0")
DEMO = ProjectName("demo")


@pytest.fixture
async def bench(tmp_path: Path, catalog: Catalog) -> AsyncIterator[ServedBench]:
    """Yield a directory that has nothing yet."""
    async with opened_served(tmp_path, catalog) as opened:
        yield opened


async def lying(bench: ServedBench) -> Lying:
    """Return the one file of the project as it lies now."""
    found = await to_thread.run_sync(walk, bench.directory, bench.directory / "data")
    [only] = found.projects[DEMO]
    return only


async def test_file_is_read_by_one_and_known_to_all(bench: ServedBench) -> None:
    """Another process on the same catalog does not open the file at all."""
    path = bench.put(WHEEL)
    at, first, second = await lying(bench), FileReader(bench.parts), FileReader(bench.parts)
    await first.read("demo", [at])
    path.unlink()

    await second.read("demo", [at])

    found = second.known(at)
    assert found == first.known(at)
    assert found is not None
    assert found.row is not None
    assert (found.row.sha256, found.row.size) == (WHEEL.sha256, WHEEL.size)


async def test_file_that_looks_different_is_not_known(bench: ServedBench) -> None:
    """Any change of its stamp makes it another file."""
    bench.put(WHEEL)
    reader, at = FileReader(bench.parts), await lying(bench)
    await reader.read("demo", [at])

    other = replace(at, stamp=Stamp(at.stamp.inode, at.stamp.changed_ns + 1, at.stamp.size))

    assert reader.known(other) is None
    await reader.read("demo", [other])
    found = reader.known(other)
    assert found is not None
    assert (found.row, found.reason) == (None, "it is being changed")


@pytest.mark.parametrize("problem", ["gone", "half", "outside"])
async def test_file_that_cannot_be_given_out_has_a_reason(
    bench: ServedBench, problem: str, tmp_path: Path
) -> None:
    """Each with a sentence for the log."""
    path = bench.put(WHEEL)
    if problem == "half":
        path.write_bytes(WHEEL.content[:100])
    at, reader = await lying(bench), FileReader(bench.parts)
    if problem == "gone":
        path.unlink()
    if problem == "outside":
        path.rename(tmp_path / "outside")
        path.symlink_to(tmp_path / "outside")

    await reader.read("demo", [at])

    found = reader.known(at)
    assert found is not None
    assert found.row is None
    assert {"gone": "no such file", "half": "not complete", "outside": "leads out"}[
        problem
    ] in found.reason


async def test_failures_make_the_wait_longer_and_not_endless(bench: ServedBench) -> None:
    """A slow copy is looked into after 0.1 s without a change, then 0.2 s, never over 0.8 s."""
    clock = FrozenClock(Instant(1_000.0))
    reader = FileReader(replace(bench.parts, clock=clock))
    path = bench.put(WHEEL)
    waits = []
    for size in range(100, 106):
        path.write_bytes(WHEEL.content[:size])
        at = await lying(bench)
        ages = [replace(at, changed_at=1_000.0 - sixteenths / 16) for sixteenths in range(30)]
        waits.append([reader.is_quiet(each) for each in ages].index(True) / 16)
        await reader.read("demo", [at])

    assert waits == [0.125, 0.25, 0.4375, 0.8125, 0.8125, 0.8125]
    archive = replace(await lying(bench), filename=Filename("demo-1.0.win32.exe"), changed_at=999.0)
    assert not reader.is_quiet(archive), "its end does not tell, so it takes 2 s"


async def test_doubted_file_is_read_again(bench: ServedBench) -> None:
    """What is written down of it does not count any more."""
    bench.put(WHEEL)
    at, reader = await lying(bench), FileReader(bench.parts)
    await reader.read("demo", [at])
    found = reader.known(at)
    assert found is not None
    assert found.row is not None
    await bench.catalog.served.save([replace(found.row, size=1)])
    reader.doubt(at)

    assert reader.known(at) is None
    await reader.read("demo", [at])

    assert reader.known(at) == found
    assert (await bench.catalog.served.of_directory(str(bench.directory)))[at.path] == found.row


async def test_files_that_are_gone_are_forgotten(bench: ServedBench) -> None:
    """The catalog does not grow with every file that ever was there."""
    bench.put(WHEEL)
    at, reader = await lying(bench), FileReader(bench.parts)
    await reader.read("demo", [at])
    assert reader.knows_any

    await reader.forget_others(set())

    assert not reader.knows_any
    assert reader.known(at) is None
    assert await bench.catalog.served.of_directory(str(bench.directory)) == {}
