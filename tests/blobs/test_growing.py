"""Readers of a file that grows: any offset, any moment, never a wrong end."""

import errno
import os
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    KIB,
    digest_of,
    open_descriptors,
    read_all,
    read_error,
)
from blobs.grown import CONTENT, SIZE, Grown, in_background
from wheelyard.blobs import Arriving, reading
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.errors import Corrupt, Unavailable

pytestmark = pytest.mark.anyio

WRONG = Corrupt("`a.whl`", expected="right", actual="wrong")


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    """Return a fill whose bytes are on the disk and not yet released."""
    made = Grown(tmp_path / "file")
    made.begin()
    return made


async def test_reader_follows_from_any_offset(grown: Grown) -> None:
    """Bytes are given as they are released, whenever and wherever a reader begins."""
    got: dict[int, bytes] = {}

    async def read(start: int) -> None:
        got[start] = await read_all(grown.blob(), start)

    async with anyio.create_task_group() as tasks:
        for step, start in enumerate((0, 1, 64 * KIB, 300 * KIB, SIZE - 1, SIZE, SIZE + 5)):
            tasks.start_soon(read, start)
            grown.release(step * 50 * KIB)
            await anyio.wait_all_tasks_blocked()
        grown.prove()

    assert got == {start: CONTENT[start:] for start in got}
    assert len(got) == 7


async def test_reader_gets_no_byte_that_is_not_released(grown: Grown) -> None:
    """What is on the disk and held back stays there."""
    got = bytearray()

    async def read() -> None:
        async for chunk in grown.blob().read():
            got.extend(chunk)

    async with in_background(read):
        grown.release(100_000)
        await anyio.wait_all_tasks_blocked()
        before = len(got)
        grown.prove()

    assert before == 100_000
    assert got == CONTENT


async def test_part_is_complete_only_after_the_proof(grown: Grown) -> None:
    """The last block of a range is held back as that of the file is."""
    got = bytearray()

    async def read() -> None:
        async for chunk in grown.blob().read(1000, 200_000):
            got.extend(chunk)

    async with in_background(read):
        grown.release(500_000)
        await anyio.wait_all_tasks_blocked()
        before = len(got)
        grown.prove()

    assert before == 200_000 - 64 * KIB - 1000
    assert got == CONTENT[1000:200_000]


async def test_failure_ends_no_reader_well(grown: Grown) -> None:
    """Also one that has bytes left to read, or has read all that it wanted but the last block."""
    grown.release(SIZE - 64 * KIB)
    grown.growth.fail(WRONG)

    errors = [
        (await read_error(grown.blob(), start, stop))[1]
        for start, stop in ((0, None), (0, 10), (500 * KIB, None), (SIZE, None), (3, 3))
    ]

    assert errors == ["Corrupt"] * 5


async def test_failure_wakes_readers_that_wait(grown: Grown) -> None:
    """Nobody waits for a download that is over."""
    seen: list[tuple[bytes, str]] = []

    async def read() -> None:
        seen.append(await read_error(grown.blob()))

    grown.release(1000)
    async with in_background(read, read):
        grown.growth.fail(Unavailable("`a.whl`", "gone"))

    assert seen == [(CONTENT[:1000], "Unavailable")] * 2


async def test_length_that_was_told_is_kept_or_the_answer_fails(grown: Grown) -> None:
    """A header with the length has gone out; no other length may follow it as a whole."""
    blob = grown.blob()
    told = blob.size
    grown.edition = 2
    grown.begin(CONTENT[:1000])
    grown.prove(1000)

    assert told == SIZE
    assert await read_error(blob, 0, told) == (b"", "Corrupt")
    assert await read_all(grown.blob()) == CONTENT[:1000]


async def test_start_is_the_first_byte_or_the_end(grown: Grown) -> None:
    """Until then an error is still an answer of its own."""
    started: list[str] = []

    async def wait(name: str) -> None:
        await grown.blob().started()
        started.append(name)

    async with in_background(lambda: wait("early")):
        before = list(started)
        grown.release(1)
    await wait("late")
    grown.prove()
    await wait("proven")

    assert (before, started) == ([], ["early", "late", "proven"])
    assert isinstance(grown.blob(), Arriving)


async def test_start_that_fails_raises(grown: Grown) -> None:
    """The first door that is wrong becomes a status, not a cut connection."""
    grown.growth.fail(WRONG)

    with pytest.raises(Corrupt):
        await grown.blob().started()


async def test_digest_is_told_after_the_proof_only(grown: Grown) -> None:
    """What is being kept may still be refused, so it has no name yet."""
    grown.growth.tell(Progress(1, 0, SIZE, Ending.KEEPING, digest_of(CONTENT)))
    before = grown.blob().sha256

    grown.prove()

    assert (before, grown.blob().sha256) == (None, digest_of(CONTENT))


async def test_reader_that_comes_after_the_end_reads_the_store(grown: Grown) -> None:
    """The blob is the same, whoever still holds on to the fill."""
    grown.prove()
    grown.growth.retire()

    assert await read_all(grown.blob(), 5) == CONTENT[5:]


async def test_blob_that_left_the_store_is_unavailable(grown: Grown) -> None:
    """Evicted right after it was proven: asked for again, it is fetched again."""
    grown.prove()
    grown.growth.retire()
    grown.path.unlink()

    assert await read_error(grown.blob()) == (b"", "Unavailable")


async def test_spool_file_that_was_cut_ends_no_reader_well(grown: Grown) -> None:
    """Somebody else's hands in the spool do no harm to clients."""
    grown.path.write_bytes(CONTENT[:1000])
    grown.prove()

    assert await read_error(grown.blob()) == (CONTENT[:1000], "Unavailable")


async def test_disk_that_cannot_read_is_unavailable(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EIO is not a traceback. Fault F37."""

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    grown.prove()
    monkeypatch.setattr(os, "pread", fail)

    assert await read_error(grown.blob()) == (b"", "Unavailable")


async def test_readers_that_leave_close_what_they_opened(grown: Grown, tmp_path: Path) -> None:
    """In the middle, before the first byte, and after the fill is over."""
    grown.release(300_000)
    for _ in range(3):
        async with reading(grown.blob()) as chunks:
            async for _chunk in chunks:
                break
    while_running = len(open_descriptors(tmp_path))
    grown.prove()
    grown.growth.retire()
    async with reading(grown.blob()) as chunks:
        async for _chunk in chunks:
            break

    assert while_running == 1
    assert open_descriptors(tmp_path) == []


async def test_cancelled_reader_disturbs_nobody(grown: Grown, tmp_path: Path) -> None:
    """A client that hangs up takes only itself away."""
    got: list[bytes] = []
    scope = anyio.CancelScope()

    async def leave() -> None:
        with scope:
            await read_all(grown.blob())

    async def stay() -> None:
        got.append(await read_all(grown.blob()))

    grown.release(300_000)
    async with in_background(leave, stay):
        scope.cancel()
        await anyio.wait_all_tasks_blocked()
        grown.prove()

    grown.growth.retire()
    assert got == [CONTENT]
    assert open_descriptors(tmp_path) == []
