"""Two processes on one directory, played by two programs in one test."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    BROKEN,
    FAST,
    KIB,
    MIB,
    Act,
    FakeLedger,
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
    wanted,
)
from wheelyard.blobs import HasPath, KeyLock, KeyLocks, Wanted, reading
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.errors import Conflict, Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
PROVEN = Progress(7, SIZE, SIZE, Ending.PROVEN, digest_of(CONTENT))


async def test_two_processes_share_one_download(tmp_path: Path) -> None:
    """The second one follows the file that the first one writes, from the first byte on."""
    source, unused = FakeSource(CONTENT, gated=True), FakeSource(CONTENT)
    got: list[bytes] = []
    async with program(tmp_path) as run, program(tmp_path) as other:
        await run.join(CONTENT, source)
        await settled(lambda: run.fills.running == 1)
        blob = await other.join(CONTENT, unused)
        async with reading(blob) as chunks:
            source.allow(300 * KIB)
            early = bytearray(await anext(chunks))
            named = blob.sha256
            source.allow()
            async for chunk in chunks:
                early += chunk
        got.append(await read_all(await other.join(CONTENT, unused)))
        await at_rest(run, other)

    assert (bytes(early), got, unused.reads) == (CONTENT, [CONTENT], [])
    assert (named, blob.sha256) == (None, digest_of(CONTENT))
    assert (len(run.ledger.asked), len(other.ledger.asked)) == (1, 0)
    assert (run.locks, run.spool, open_descriptors(tmp_path)) == ([], [], [])


async def test_process_that_comes_at_any_moment_gets_the_bytes(tmp_path: Path) -> None:
    """Whatever the first one is at: locking, fetching, keeping, letting go."""
    async with program(tmp_path) as run, program(tmp_path) as other:
        for steps in range(0, 60, 2):
            content = content_of(10 * KIB, steps)
            source = FakeSource(content)
            first = await run.join(content, source)
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()
            got = await gather(await other.join(content, source), first)

            assert (got, source.reads) == ([content] * 2, [0])


async def test_follower_learns_of_the_failure(tmp_path: Path) -> None:
    """With the reason, and without asking the upstream once more on its own."""
    source, unused = FakeSource(CONTENT, Act(wrong_at=5), gated=True), FakeSource(CONTENT)
    async with program(tmp_path) as run, program(tmp_path) as other:
        await run.join(CONTENT, source)
        await settled(lambda: run.fills.running == 1)
        blob = await other.join(CONTENT, unused)
        await settled(lambda: bool(other.fills._running[digest_of(CONTENT)].progress.edition))
        source.allow()
        with pytest.raises(Unavailable, match=r"another process.*is corrupt"):
            await read_all(blob)

    assert unused.reads == []


async def test_failure_of_yesterday_does_not_fail_the_follower_of_today(tmp_path: Path) -> None:
    """What a note says belongs to one turn of the lock."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run, program(tmp_path) as other:
        await read_error(await run.join(CONTENT, FakeSource(CONTENT, Act(wrong_at=5))))
        await at_rest(run)
        await run.join(CONTENT, source)
        await settled(lambda: run.fills.running == 1)
        blob = await other.join(CONTENT, FakeSource(b""))
        source.allow()
        got = await read_all(blob)

    assert got == CONTENT


async def test_follower_takes_over_from_the_dead(tmp_path: Path) -> None:
    """Its readers go on at the byte where they were; the part is hashed again, not fetched."""
    content = content_of(2 * MIB)
    half, source = 1 * MIB, FakeSource(content)
    async with program(tmp_path) as run:
        dead = await run.dead(digest_of(content), Progress(77, half - 64 * KIB, 2 * MIB).pack())
        part = run.fills.spool / f"{dead.path.stem}.part"
        part.write_bytes(content[:half])
        async with reading(await run.join(content, source)) as chunks:
            got = bytearray(await anext(chunks))
            os.close(dead.descriptor)
            async for chunk in chunks:
                got += chunk

    assert got == content
    assert source.reads == [half]


@pytest.mark.parametrize("wrong_at", [5, None], ids=["other-bytes", "same-bytes"])
async def test_follower_whose_bytes_were_lost_with_the_dead_goes_on_only_with_the_same(
    tmp_path: Path, wrong_at: int | None
) -> None:
    """Without a digest only a comparison tells whether a new download continues the old bytes."""
    wish = Wanted("main/a/a.whl", "`a.whl`", (), SIZE)
    act = Act(wrong_at=wrong_at)
    async with program(tmp_path) as run:
        dead = await run.dead(wish.key, Progress(77, 100 * KIB, SIZE).pack())
        (run.fills.spool / f"{dead.path.stem}.part").write_bytes(CONTENT)
        blob = await run.join(wish, FakeSource(CONTENT, act))
        async with reading(blob) as chunks:
            got = await anext(chunks)
            os.close(dead.descriptor)
            with suppress(Unavailable):
                async for chunk in chunks:
                    got += chunk
        late = await read_all(await run.join(wish, FakeSource(b"")))

    assert got == (CONTENT[: 100 * KIB] if wrong_at else CONTENT)
    assert late == act.bytes_of(CONTENT)


async def test_dead_between_proof_and_ledger_is_finished_by_the_next(tmp_path: Path) -> None:
    """The bytes are held and nobody wrote them down: the ledger is asked before they are given."""
    async with program(tmp_path) as run:
        await run.store.put(CONTENT)
        dead = await run.dead(
            digest_of(CONTENT), Progress(77, 0, SIZE, Ending.KEEPING, digest_of(CONTENT)).pack()
        )
        os.close(dead.descriptor)
        source = FakeSource(CONTENT)
        got = await read_all(await run.join(CONTENT, source))
        await at_rest(run)

    assert (got, source.reads, run.locks) == (CONTENT, [], [])
    assert [held.sha256 for held in run.ledger.asked] == [digest_of(CONTENT)]


async def test_readers_of_the_dead_read_on_while_its_work_is_finished(tmp_path: Path) -> None:
    """It was killed between rename and ledger: what its readers have is what was proven."""
    content = content_of(2 * MIB)
    released = Progress(77, 1 * MIB, 2 * MIB)
    keeping = replace(released, ending=Ending.KEEPING, digest=digest_of(content))
    async with program(tmp_path) as run:
        dead = await run.dead(digest_of(content), released.pack())
        (run.fills.spool / f"{dead.path.stem}.part").write_bytes(content)
        async with reading(await run.join(content, FakeSource(b""))) as chunks:
            got = bytearray(await anext(chunks))
            await run.store.put(content)
            dead.write(keeping.pack())
            os.close(dead.descriptor)
            async for chunk in chunks:
                got += chunk

    assert got == content
    assert len(run.ledger.asked) == 1


async def test_dead_whose_bytes_the_ledger_refuses_leaves_nothing(tmp_path: Path) -> None:
    """What was never agreed to is not found by the next one either."""
    async with program(tmp_path) as run:
        await run.store.put(CONTENT)
        dead = await run.dead(
            digest_of(CONTENT), Progress(77, 0, SIZE, Ending.KEEPING, digest_of(CONTENT)).pack()
        )
        os.close(dead.descriptor)
        refusing = FakeLedger(error=Conflict("`a.whl`", "bound"))
        blob = await run.join(CONTENT, FakeSource(CONTENT), refusing)

        assert await read_error(blob) == (b"", "Conflict")
        await at_rest(run)
        assert (run.held, run.locks) == ([], [])


@pytest.mark.parametrize(
    ("note", "questions"),
    [
        pytest.param(PROVEN.pack(), 0, id="proven"),
        pytest.param(Progress(7, 0, SIZE).pack(), 1, id="running"),
        pytest.param(b"torn", 1, id="torn"),
        pytest.param(b"", 1, id="lost-in-a-power-cut"),
    ],
)
async def test_lock_file_of_the_dead_beside_a_held_file_is_cleared_up(
    tmp_path: Path, note: bytes, questions: int
) -> None:
    """In doubt the ledger is asked once more; never the upstream."""
    async with program(tmp_path) as run:
        await run.store.put(CONTENT)
        dead = await run.dead(digest_of(CONTENT), note)
        os.close(dead.descriptor)
        got = await read_all(await run.join(CONTENT, FakeSource(b"")))
        await at_rest(run)

    assert (got, run.locks, len(run.ledger.asked)) == (CONTENT, [], questions)


async def test_shutdown_at_any_step_does_not_forget_the_ledger(tmp_path: Path) -> None:
    """Bytes that are held and not written down stay marked until they are written down."""
    note = Progress(77, 0, SIZE, Ending.KEEPING, digest_of(CONTENT)).pack()
    for steps in range(0, 40, 2):
        async with program(tmp_path) as run:
            await run.store.put(CONTENT)
            dead = await run.dead(digest_of(CONTENT), note)
            os.close(dead.descriptor)
            await run.join(CONTENT, FakeSource(b""))
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()

        assert run.locks or run.ledger.asked


async def test_turn_that_was_another_ones_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who got a lock that is no longer under its name leaves the room of the present holder."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run, program(tmp_path) as other:
        stale = await other.dead(digest_of(CONTENT), b"")
        stale.path.unlink()
        await run.join(CONTENT, source)
        await settled(lambda: run.fills.running == 1)

        def once(*_: object) -> KeyLock:
            monkeypatch.undo()
            return stale

        monkeypatch.setattr(KeyLocks, "lock_or_watch", once)
        blob = await other.join(CONTENT, FakeSource(b""))
        await settled(lambda: bool(other.fills._running[digest_of(CONTENT)].progress.edition))
        room = run.spool
        source.allow()
        got = await read_all(blob)

    assert (got, room) == (CONTENT, [".part", ".room"])


async def test_file_being_kept_elsewhere_is_not_given_out_early(tmp_path: Path) -> None:
    """It is under its name already, but the ledger of the other process has not agreed."""
    ledger = FakeLedger(gate=anyio.Event())
    async with program(tmp_path) as run, program(tmp_path) as other:
        await run.join(CONTENT, FakeSource(CONTENT), ledger)
        await settled(lambda: bool(ledger.asked))
        blob = await other.join(CONTENT, FakeSource(b""))
        named, whole = blob.sha256, isinstance(blob, HasPath)
        assert ledger.gate is not None
        ledger.gate.set()
        got = await read_all(blob)

    assert (named, whole, got) == (None, False, CONTENT)


async def test_lock_that_somebody_looks_at_for_a_moment_delays_nobody(tmp_path: Path) -> None:
    """Cleaning up takes locks too; a fill waits for its end and then begins."""
    async with program(tmp_path) as run:
        looking = await run.dead(digest_of(CONTENT), b"")
        blob = await run.join(CONTENT, FakeSource(CONTENT))
        await anyio.wait_all_tasks_blocked()
        await run.fills.parts.disk.run(looking.release)

        assert await read_all(blob) == CONTENT


async def test_source_of_the_first_is_broken_for_all(tmp_path: Path) -> None:
    """A wave of readers shares one failure; the next wave has its own try."""
    async with program(tmp_path, rules=FAST) as run:
        broken = FakeSource(CONTENT, Act(0, BROKEN))
        blobs = [await run.join(CONTENT, broken) for _ in range(5)]
        errors = [await read_error(blob) for blob in blobs]
        await at_rest(run)
        got = await read_all(await run.join(wanted(CONTENT), FakeSource(CONTENT)))

    assert errors == [(b"", "Unavailable")] * 5
    assert got == CONTENT
