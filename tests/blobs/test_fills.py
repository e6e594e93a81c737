"""One download per file in one process, whoever asks and whoever leaves."""

import os
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    KIB,
    MIB,
    Act,
    FakeSource,
    at_rest,
    content_of,
    digest_of,
    gather,
    open_descriptors,
    program,
    read_all,
    read_error,
    settled,
)
from wheelyard.blobs import Blob, HasPath, reading
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)


async def test_herd_costs_one_download(tmp_path: Path) -> None:
    """A hundred clients that want the same file at once. Fault F70, goal G12."""
    sources = [FakeSource(CONTENT) for _ in range(100)]
    async with program(tmp_path) as run:
        blobs: list[Blob] = []

        async def join(source: FakeSource) -> None:
            blobs.append(await run.join(CONTENT, source))

        async with anyio.create_task_group() as tasks:
            for source in sources:
                tasks.start_soon(join, source)
        got = await gather(*blobs)

    assert got == [CONTENT] * 100
    assert sum(len(source.reads) for source in sources) == 1
    assert len(run.ledger.asked) == 1


async def test_held_file_asks_nobody(tmp_path: Path) -> None:
    """It is a file on the disk, with its path."""
    async with program(tmp_path) as run:
        await read_all(await run.join(CONTENT, FakeSource(CONTENT)))
        await at_rest(run)
        source = FakeSource(CONTENT)
        blob = await run.join(CONTENT, source)
        got = await read_all(blob)

    assert isinstance(blob, HasPath)
    assert (got, source.reads) == (CONTENT, [])
    assert len(run.ledger.asked) == 1


async def test_damaged_file_is_fetched_anew(tmp_path: Path) -> None:
    """A file of another length than the page's counts as not held. Faults F38, F39."""
    async with program(tmp_path) as run:
        await read_all(await run.join(CONTENT, FakeSource(CONTENT)))
        await at_rest(run)
        run.held[0].write_bytes(CONTENT[:1000])
        source = FakeSource(CONTENT)
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [0])
    assert run.held[0].read_bytes() == CONTENT


async def test_download_goes_on_when_everybody_has_left(tmp_path: Path) -> None:
    """The client who asked first is not the one who pays. Fault F72."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run:
        with anyio.CancelScope() as scope:
            async with reading(await run.join(CONTENT, source)) as chunks:
                source.allow(200 * KIB)
                async for _ in chunks:
                    scope.cancel()
        source.allow()
        await at_rest(run)

    assert scope.cancelled_caught
    assert len(run.held) == 1
    assert source.reads == [0]


async def test_caller_who_leaves_at_any_moment_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither lock nor descriptor nor a fill that never ends."""
    async with program(tmp_path) as run:
        for steps in range(12):
            content = content_of(100 * KIB, steps)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run.join, content, FakeSource(content))
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        await at_rest(run)

    assert (run.spool, run.locks, open_descriptors(tmp_path)) == ([], [], [])


async def test_slow_reader_holds_nobody_up(tmp_path: Path) -> None:
    """Not the download, and not the others; it gets everything in the end. Fault F74."""
    content = content_of(3 * MIB)
    async with program(tmp_path) as run:
        blob = await run.join(content, FakeSource(content))
        async with reading(blob) as chunks:
            slow = bytearray(await anext(chunks))
            fast = await read_all(await run.join(content, FakeSource(content)))
            await at_rest(run)
            async for chunk in chunks:
                slow += chunk

    assert fast == slow == content


async def test_joining_while_a_fill_ends_always_gives_the_bytes(tmp_path: Path) -> None:
    """At whatever step of its end it is: proven, released, forgotten."""
    async with program(tmp_path) as run:
        for steps in range(0, 60, 2):
            content = content_of(10 * KIB, steps)
            source = FakeSource(content)
            first = await run.join(content, source)
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()
            got = await gather(await run.join(content, source), first)

            assert (got, source.reads) == ([content] * 2, [0])


async def test_second_fill_after_a_failed_one_is_its_own(tmp_path: Path) -> None:
    """Readers of the failed one fail, readers of the next one do not."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run:
        old = await run.join(CONTENT, FakeSource(CONTENT, Act(wrong_at=SIZE - 1)))
        failed = await read_error(old)
        await at_rest(run)
        new = await run.join(CONTENT, source)
        again = await read_error(old, 5)
        source.allow()
        got = await read_all(new)

    assert (failed[1], again[1], got) == ("Corrupt", "Corrupt", CONTENT)


async def test_fill_that_has_no_room_fails_and_the_next_one_has(tmp_path: Path) -> None:
    """Room comes back when the download that had it ends. Fault F36."""
    source = FakeSource(CONTENT, gated=True)
    other = content_of(200 * KIB, 1)
    async with program(tmp_path, max_bytes=600 * KIB) as run:
        first = await run.join(CONTENT, source)
        await settled(lambda: run.fills.parts.budget.reserved_bytes > 0)
        refused = await read_error(await run.join(other, FakeSource(other)))
        source.allow()
        await read_all(first)
        await at_rest(run)
        got = await read_all(await run.join(other, FakeSource(other)))

    assert refused == (b"", "Unavailable")
    assert got == other
    assert run.fills.parts.budget.reserved_bytes == 0


async def test_room_is_made_of_what_killed_downloads_left(tmp_path: Path) -> None:
    """A spool full of leftovers does not stop the service until tomorrow."""
    async with program(tmp_path, max_bytes=600 * KIB) as run:
        (run.fills.spool / "dead.part").write_bytes(bytes(500 * KIB))
        got = await read_all(await run.join(CONTENT, FakeSource(CONTENT)))

    assert got == CONTENT


async def test_number_of_running_downloads_is_known(tmp_path: Path) -> None:
    """For the metrics; followers of another process are not counted twice."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run, program(tmp_path) as other:
        await run.join(CONTENT, source)
        await settled(lambda: run.fills.running == 1)
        await other.join(CONTENT, source)
        await settled(lambda: not other.fills._running[digest_of(CONTENT)].progress.edition)
        counted = (run.fills.running, other.fills.running)
        source.allow()
        await at_rest(run, other)

    assert (counted, run.fills.running) == ((1, 0), 0)


async def test_shutdown_tells_readers_and_leaves_a_part_to_go_on_with(tmp_path: Path) -> None:
    """Cancelled in the middle: nothing hangs, nothing is open, nothing is fetched twice."""
    source, errors = FakeSource(CONTENT, gated=True), list[str]()
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        source.allow(300 * KIB)

        async def read() -> None:
            errors.append((await read_error(blob))[1])

        async with anyio.create_task_group() as readers:
            readers.start_soon(read)
            await settled(lambda: run.fills._running[digest_of(CONTENT)].progress.released > 0)
            run.tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await settled(lambda: not run.fills._running)
                await anyio.wait_all_tasks_blocked()
    left = (run.spool, run.locks, open_descriptors(tmp_path), source.closed)
    async with program(tmp_path) as run:
        source.allow()
        got = await read_all(await run.join(CONTENT, source))

    assert left == ([".part"], [], [], 1)
    assert (got, len(source.reads)) == (CONTENT, 2)
    assert source.reads[1] > 0


async def test_join_after_the_shutdown_is_unavailable(tmp_path: Path) -> None:
    """Nobody would ever finish such a fill; the second caller does not wait for the first one's."""
    async with program(tmp_path) as run:
        pass

    for _ in range(2):
        with pytest.raises(Unavailable, match="stopping"):
            await run.join(CONTENT, FakeSource(CONTENT))


async def test_missing_directories_are_an_error_of_this_file(tmp_path: Path) -> None:
    """The program survives, and the sentence says what the disk said. Fault F37."""
    async with program(tmp_path) as run:
        (tmp_path / "locks").rmdir()
        first = await read_error(await run.join(CONTENT, FakeSource(CONTENT)))
        (tmp_path / "locks").mkdir()
        got = await read_all(await run.join(CONTENT, FakeSource(CONTENT)))

    assert (first, got) == ((b"", "Unavailable"), CONTENT)


async def test_cleaning_up_survives_a_disk_that_does_not_let_us(tmp_path: Path) -> None:
    """Cleaning is a courtesy; the program starts without it."""
    async with program(tmp_path) as run:
        (tmp_path / "spool").rmdir()

        await run.fills.clean()


async def test_cleaning_up_removes_what_is_old(tmp_path: Path) -> None:
    """At the start, so that killed programs do not fill the disk over the years. Fault F42."""
    async with program(tmp_path) as run:
        old = run.fills.spool / "dead.part"
        old.write_bytes(b"x")
        os.utime(old, (0, 0))

        await run.fills.clean()

    assert run.spool == []
