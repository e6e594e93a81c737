"""Readers of a file that grows: any offset, any moment, never a wrong end."""

import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    DEADLINE_SECONDS,
    KIB,
    content_of,
    digest_of,
    open_descriptors,
    read_all,
    read_error,
    settled,
)
from wheelyard.blobs import Arriving, DiskThreads, reading
from wheelyard.blobs.growing import GrowingBlob
from wheelyard.blobs.growth import Growth, SharedFile
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.errors import Corrupt, Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(600 * KIB)
SIZE = len(CONTENT)
WRONG = Corrupt("`a.whl`", expected="right", actual="wrong")


@dataclass(slots=True)
class Grown:
    """A growth that the test moves by hand, and blobs that read it."""

    path: Path
    growth: Growth = field(default_factory=lambda: Growth("`a.whl`", SIZE))
    edition: int = 1

    def begin(self, content: bytes = CONTENT, why: Corrupt | None = None) -> None:
        """Begin an edition: all bytes are on the disk, none is released."""
        self.path.unlink(missing_ok=True)
        self.path.write_bytes(content)
        file = SharedFile(os.open(self.path, os.O_RDONLY))
        self.growth.begin(file, Progress(self.edition, 0, len(content)), why)

    def release(self, released: int) -> None:
        """Let readers have the bytes before ``released``."""
        self.growth.tell(Progress(self.edition, released, SIZE))

    def prove(self, size: int = SIZE) -> None:
        """Say that all is well."""
        digest = digest_of(CONTENT)
        self.growth.tell(Progress(self.edition, size, size, Ending.PROVEN, digest))

    def blob(self) -> GrowingBlob:
        """Return what one more reader sees."""
        return GrowingBlob(self.growth, lambda _: self.path, DiskThreads())


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    """Return a fill whose bytes are on the disk and not yet released."""
    made = Grown(tmp_path / "file")
    made.begin()
    return made


@asynccontextmanager
async def in_background(
    *reads: Callable[[], object],
) -> AsyncIterator[None]:
    """Run ``reads`` beside the block, until they end."""
    with anyio.fail_after(DEADLINE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for read in reads:
                tasks.start_soon(read)  # type: ignore[arg-type]  # any coroutine function
            await anyio.wait_all_tasks_blocked()
            yield


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


async def test_bytes_of_two_editions_never_meet(grown: Grown) -> None:
    """Who has wrong bytes fails; who has none gets the right ones."""
    seen: list[tuple[bytes, str]] = []

    async def read(start: int = 0) -> None:
        seen.append(await read_error(grown.blob(), start))

    grown.begin(bytes(SIZE))
    grown.release(100_000)
    async with in_background(read, lambda: read(200_000)):
        grown.edition = 2
        grown.begin(CONTENT, WRONG)
        grown.prove()

    assert sorted(seen) == sorted([(bytes(100_000), "Corrupt"), (CONTENT[200_000:], "no error")])


async def test_edition_that_is_over_before_a_reader_looks_is_noticed(grown: Grown) -> None:
    """A reader that has all bytes but those of another edition does not end well."""
    grown.begin(bytes(SIZE))
    grown.release(SIZE)
    with pytest.raises(Corrupt):  # noqa: PT012  the reader must be in the middle
        async with reading(grown.blob(), 0, 200_000) as chunks:
            async for _ in chunks:
                grown.edition = 2
                grown.begin(CONTENT, WRONG)
                grown.prove()


async def test_edition_that_begins_while_the_disk_is_read_is_noticed(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that were on their way from the disk are not given out under the next edition."""
    reading_now, go_on, pread, got = threading.Event(), threading.Event(), os.pread, list[bytes]()

    def slow(descriptor: int, length: int, offset: int) -> bytes:
        reading_now.set()
        go_on.wait(DEADLINE_SECONDS)
        return pread(descriptor, length, offset)

    async def read() -> None:
        got.append(await read_all(grown.blob()))

    grown.begin(bytes(SIZE))
    grown.release(100_000)
    monkeypatch.setattr(os, "pread", slow)
    async with in_background(read):
        await settled(reading_now.is_set)
        grown.edition = 2
        grown.begin(CONTENT, WRONG)
        grown.prove()
        go_on.set()

    assert got == [CONTENT]


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
