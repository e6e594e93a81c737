"""Processes that write: as many as are worth it, and none if they are of no use."""

import logging
import os
import signal
from hashlib import sha256
from pathlib import Path

import anyio
import pytest
from msgspec import structs

from publish.targets.places import ALWAYS_HELPED, HEADERS
from wheelyard.blobs import DiskThreads
from wheelyard.errors import Unavailable
from wheelyard.names import Sha256
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.targets.paths import HIDDEN
from wheelyard.publish.targets.target import HeldObject
from wheelyard.publish.targets.writing import NO_WRITERS, Writers, WritersRules

pytestmark = pytest.mark.anyio


def children() -> set[int]:
    """Return the processes that this one has started."""
    texts = [each.read_text("ascii") for each in Path("/proc/self/task").glob("*/children")]
    return {int(number) for text in texts for number in text.split()}


@pytest.fixture
def objects(tmp_path: Path) -> list[HeldObject]:
    """Small files of a store."""
    (tmp_path / "store").mkdir()
    found = []
    for number in range(5):
        content = f"file {number}".encode()
        place = tmp_path / "store" / str(number)
        place.write_bytes(content)
        digest = Sha256(sha256(content).hexdigest())
        found.append(HeldObject(f"packages/{number}", str(place), digest, HEADERS))
    return found


async def test_few_objects_start_no_process(tmp_path: Path, objects: list[HeldObject]) -> None:
    """A process costs more than it saves; from then on it is worth it."""
    writers = Writers(tmp_path / "tree", WritersRules(processes=1, after=9))

    first = await writers.write(objects)
    second = await writers.write(objects)
    await writers.aclose()

    assert (first, second) == (None, [6] * 5)


async def test_nobody_writes_where_there_is_to_be_no_process(
    tmp_path: Path, objects: list[HeldObject]
) -> None:
    """Who asked writes by itself."""
    writers = Writers(tmp_path / "tree", NO_WRITERS)

    assert await writers.write(objects * 10_000) is None


async def test_more_pieces_than_processes_wait_their_turn(
    tmp_path: Path, objects: list[HeldObject]
) -> None:
    """There are never more processes than allowed, and they are gone at the end with drafts."""
    tree = tmp_path / "tree"
    before = children()
    writers = Writers(tree, WritersRules(processes=2, after=0))
    sizes: list[list[int | None] | None] = []
    async with anyio.create_task_group() as tasks:

        async def write(some: list[HeldObject]) -> None:
            sizes.append(await writers.write(some))

        for each in objects:
            tasks.start_soon(write, [each])
    during = children() - before
    await writers.aclose()

    assert sizes == [[6]] * 5
    assert 1 <= len(during) <= 2
    assert not during & children()
    assert sorted(each.name for each in (tree / "packages").iterdir()) == list("01234")
    assert not (tree / HIDDEN).exists()


async def test_killed_process_leaves_the_work_to_this_one(
    tmp_path: Path, objects: list[HeldObject], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost, it is said once, and no other one is started."""
    before = children()
    async with DirectoryTarget(tmp_path / "tree", DiskThreads(), ALWAYS_HELPED) as target:
        await target.put_held(objects[:2])
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        with caplog.at_level(logging.WARNING):
            sizes = await target.put_held(objects)
            again = await target.put_held(objects)

        assert (sizes, again) == ([6] * 5, [6] * 5)
        assert not children() - before
    assert [record.message for record in caplog.records] == [
        "files are written without further processes: one of them ended"
    ]
    assert sorted(each.name for each in (tmp_path / "tree/packages").iterdir()) == list("01234")


async def test_process_that_cannot_be_started_is_done_without(
    tmp_path: Path, objects: list[HeldObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without room for one more process publishes all the same."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "no python"))
    async with DirectoryTarget(tmp_path / "tree", DiskThreads(), ALWAYS_HELPED) as target:
        assert await target.put_held(objects) == [6] * 5


async def test_store_in_a_folder_whose_name_is_no_text_is_read_by_this_process(
    tmp_path: Path, objects: list[HeldObject]
) -> None:
    """Nothing can be said of it over a pipe."""
    odd = tmp_path / os.fsdecode(b"odd-\xff")
    (tmp_path / "store").rename(odd)
    moved = [structs.replace(each, place=str(odd / Path(each.place).name)) for each in objects]
    async with DirectoryTarget(tmp_path / "tree", DiskThreads(), ALWAYS_HELPED) as target:
        assert await target.put_held(moved) == [6] * 5


async def test_cancelled_write_ends_the_process(
    tmp_path: Path, objects: list[HeldObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer would be taken for that to the next question; it is not waited for for ever."""
    monkeypatch.setattr("wheelyard.processes.asking._SECONDS_TO_END", 0.2)
    before = children()
    writers = Writers(tmp_path / "tree", ALWAYS_HELPED)
    await writers.write(objects)
    (worker,) = children() - before
    os.kill(worker, signal.SIGSTOP)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(writers.write, objects)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert not children() - before
    assert await writers.write(objects) == [6] * 5
    await writers.aclose()


async def test_disk_that_takes_nothing_is_told_as_by_this_process(
    tmp_path: Path, objects: list[HeldObject]
) -> None:
    """The same sentence, whoever wrote."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/packages").write_text("a file where a folder is due")
    reasons = []
    for rules in (NO_WRITERS, ALWAYS_HELPED):
        async with DirectoryTarget(tmp_path / "tree", DiskThreads(), rules) as target:
            with pytest.raises(Unavailable) as caught:
                await target.put_held(objects)
            reasons.append(caught.value.reason)

    assert reasons[0] == reasons[1]
    assert "stands where a folder is due" in reasons[0]
