"""The end of a download: limits, ledger, disk."""

import errno
import os
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    KIB,
    MIB,
    Act,
    FakeLedger,
    FakeSource,
    at_rest,
    content_of,
    digest_of,
    nothing_is_left,
    program,
    read_all,
    read_error,
    settled,
    wanted,
)
from wheelyard.blobs import FillRules, Wanted
from wheelyard.errors import Conflict, Refused, Unavailable, WheelyardError

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
SMALL = content_of(40 * KIB)


async def test_file_that_is_too_long_by_its_page_is_refused(tmp_path: Path) -> None:
    """Nobody is asked for it."""
    source = FakeSource(CONTENT)
    async with program(tmp_path, rules=FillRules(max_bytes=SIZE - 1)) as run:
        with pytest.raises(Refused):
            await run.join(CONTENT, source)

    assert source.reads == []


@pytest.mark.parametrize("size", [None, -1], ids=["endless", "told"])
async def test_file_that_turns_out_too_long_is_refused(tmp_path: Path, size: int | None) -> None:
    """An upstream cannot fill the disk with one file."""
    async with program(tmp_path, rules=FillRules(max_bytes=100_000)) as run:
        blob = await run.join(wanted(CONTENT, size=None), FakeSource(CONTENT, Act(size=size)))
        got, error = await read_error(blob)
        left = await nothing_is_left(run)

    assert (error, left) == ("Refused", True)
    assert len(got) <= 100_000


async def test_file_of_unknown_length_stops_at_the_budget(tmp_path: Path) -> None:
    """It asks for room as it grows."""
    content = content_of(3 * MIB)
    async with program(tmp_path, max_bytes=1 * MIB) as run:
        (run.fills.spool / "somebody's").write_bytes(bytes(1 * KIB))
        source = FakeSource(content, Act(size=None))
        _, error = await read_error(await run.join(wanted(content, size=None), source))
        await at_rest(run)

    assert (error, source.reads) == ("Unavailable", [0])
    assert run.fills.parts.budget.reserved_bytes == 0


async def test_ledger_is_asked_before_the_last_block_is_given(tmp_path: Path) -> None:
    """And after the file is durable under its name."""
    ledger = FakeLedger(gate=anyio.Event())
    got = bytearray()

    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, FakeSource(CONTENT), ledger)

        async def read() -> None:
            async for chunk in blob.read():
                got.extend(chunk)

        run.tasks.start_soon(read)
        await settled(lambda: bool(ledger.asked))
        await anyio.wait_all_tasks_blocked()
        before, visible, named = len(got), run.held, blob.sha256
        assert ledger.gate is not None
        ledger.gate.set()
        await at_rest(run)
        await settled(lambda: len(got) == SIZE)

    assert 0 < before <= SIZE - 64 * KIB
    assert [path.name for path in visible] == [digest_of(CONTENT)]
    assert named is None
    assert got == CONTENT


@pytest.mark.parametrize(
    "refusal", [Conflict("`a.whl`", "bound"), Refused("`a.whl`", "blocked")], ids=type
)
async def test_ledger_that_refuses_ends_the_fill_and_keeps_nothing(
    tmp_path: Path, refusal: WheelyardError
) -> None:
    """The bytes are right and the name is not theirs."""
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, FakeSource(CONTENT), FakeLedger(error=refusal))
        with pytest.raises(type(refusal)):
            await read_all(blob)
        left = await nothing_is_left(run)

    assert left


async def test_refusal_of_one_name_leaves_the_bytes_of_another(tmp_path: Path) -> None:
    """The same bytes are held under a name that has them by right."""
    async with program(tmp_path) as run:
        await read_all(await run.join(CONTENT, FakeSource(CONTENT)))
        other = Wanted("main/b/b.whl", "`b.whl`")
        conflict = FakeLedger(error=Conflict("`b.whl`", "bound"))
        await read_error(await run.join(other, FakeSource(CONTENT), conflict))
        await at_rest(run)

        assert await run.store.find(digest_of(CONTENT)) is not None


@pytest.mark.parametrize(
    "error", [Unavailable("The catalog", "it is locked"), KeyError("a mistake")], ids=type
)
async def test_ledger_that_cannot_answer_is_asked_again_without_a_download(
    tmp_path: Path, error: Exception
) -> None:
    """Proven bytes are not thrown away, and not given out behind the ledger's back."""
    source = FakeSource(CONTENT)
    async with program(tmp_path) as run:
        first = await read_error(await run.join(CONTENT, source, FakeLedger(error=error)))
        await at_rest(run)
        got = await read_all(await run.join(CONTENT, source))
        await at_rest(run)
        locks = run.locks

    assert first[1] == "Unavailable"
    assert (got, source.reads, locks) == (CONTENT, [0], [])
    assert [held.sha256 for held in run.ledger.asked] == [digest_of(CONTENT)]


async def test_failed_sync_drops_the_file_and_the_next_try_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that may be lost are never taken over: everything is fetched again. Fault F37."""

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    source = FakeSource(CONTENT)
    async with program(tmp_path) as run:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)
            _, error = await read_error(await run.join(CONTENT, source))
            left = await nothing_is_left(run)
        got = await read_all(await run.join(CONTENT, source))

    assert (error, left) == ("Unavailable", True)
    assert (got, source.reads) == (CONTENT, [0, 0])


async def test_full_disk_leaves_nothing_and_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half blob, and no leftover on a disk that has no room for it. Fault F35."""
    write = os.pwrite

    def fill_up(descriptor: int, data: bytes, offset: int) -> int:
        if offset > 200_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, offset)

    source = FakeSource(CONTENT)
    async with program(tmp_path) as run:
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", fill_up)
            blob = await run.join(CONTENT, source)
            with pytest.raises(Unavailable, match="the disk is full"):
                await read_all(blob)
            left = await nothing_is_left(run)
        got = await read_all(await run.join(CONTENT, source))

    assert left
    assert got == CONTENT


@pytest.mark.parametrize("comes_another", [False, True])
async def test_file_changed_in_the_spool_is_not_kept(
    tmp_path: Path, *, comes_another: bool
) -> None:
    """What is kept is what was hashed: it is fetched anew, and its readers go on."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        source.allow(300 * KIB)
        await settled(lambda: run.fills._running[digest_of(CONTENT)].progress.released > 0)
        part = next(run.fills.spool.glob("*.part"))
        part.unlink()
        if comes_another:
            part.write_bytes(bytes(SIZE))
        source.allow()
        got = await read_all(blob)

        assert got == CONTENT
        assert [path.read_bytes() for path in run.held] == [CONTENT]
        assert source.reads == [0, 0]
