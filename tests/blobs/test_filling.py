"""The download itself, over everything that a source can do."""

import errno
import hashlib
import os
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
    Program,
    content_of,
    digest_of,
    open_descriptors,
    program,
    read_all,
    read_error,
    settled,
    wanted,
)
from wheelyard.blobs import FillRules, Wanted
from wheelyard.errors import Absent, Conflict, Corrupt, Refused, Unavailable, WheelyardError

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
SMALL = content_of(40 * KIB)


async def at_rest(run: Program) -> None:
    """Return once no fill runs."""
    await settled(lambda: not run.fills._running)


async def nothing_is_left(run: Program) -> bool:
    """Say whether neither store nor spool nor locks have anything, nor a descriptor is open."""
    await at_rest(run)
    return not (run.held or run.spool or run.locks or open_descriptors(run.path))


# --- a source that behaves -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 500 * KIB, 3 * MIB])
async def test_file_of_any_size_arrives(tmp_path: Path, size: int) -> None:
    """Around the block that is held back, too."""
    content = content_of(size)
    async with program(tmp_path) as run:
        blob = await run.join(content, FakeSource(content))
        got = await read_all(blob)
        await at_rest(run)

    assert got == content
    assert [path.name for path in run.held] == [digest_of(content)]
    assert (run.spool, run.locks) == ([], [])


async def test_file_of_unknown_size_arrives(tmp_path: Path) -> None:
    """Neither page nor source tells the length; the digest does."""
    async with program(tmp_path) as run:
        blob = await run.join(wanted(CONTENT, size=None), FakeSource(CONTENT, Act(size=None)))
        before = blob.size
        got = await read_all(blob)

    assert (before, got) == (None, CONTENT)


async def test_size_that_only_the_source_knows_is_told_to_readers(tmp_path: Path) -> None:
    """The answer gets its length as soon as it is known."""
    source = FakeSource(CONTENT, gated=True)
    async with program(tmp_path) as run:
        blob = await run.join(wanted(CONTENT, size=None), source)
        source.allow(200 * KIB)
        assert not isinstance(blob, FakeSource)
        await blob.started()  # type: ignore[attr-defined]  # it grows

        assert blob.size == SIZE
        source.allow()


async def test_empty_file_with_a_digest_arrives(tmp_path: Path) -> None:
    """Nothing can be proven too."""
    async with program(tmp_path) as run:
        blob = await run.join(b"", FakeSource(b""))

        assert await read_all(blob) == b""
        assert blob.sha256 == digest_of(b"")


# --- a file without SHA-256 ----------------------------------------------------------------------


async def test_other_digests_prove_where_there_is_no_sha256(tmp_path: Path) -> None:
    """An old page states MD5: better than nothing, and checked."""
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    wish = Wanted("main/a/a.whl", "`a.whl`", (("md5", md5),), None)
    async with program(tmp_path) as run:
        blob = await run.join(wish, FakeSource(CONTENT))
        got = await read_all(blob)

    assert got == CONTENT
    assert blob.sha256 == digest_of(CONTENT)
    assert [held.sha256 for held in run.ledger.asked] == [digest_of(CONTENT)]


async def test_other_digest_that_differs_is_corrupt(tmp_path: Path) -> None:
    """A stated digest counts, whichever it is."""
    wish = Wanted("main/a/a.whl", "`a.whl`", (("sha512", "0" * 128),), None)
    async with program(tmp_path) as run:
        blob = await run.join(wish, FakeSource(SMALL))

        assert await read_error(blob) == (b"", "Corrupt")
        assert await nothing_is_left(run)


async def test_file_without_any_digest_is_taken_as_it_comes(tmp_path: Path) -> None:
    """The first use makes the evidence."""
    async with program(tmp_path) as run:
        blob = await run.join(Wanted("main/a/a.whl", "`a.whl`"), FakeSource(CONTENT))
        got = await read_all(blob)

    assert got == CONTENT
    assert run.ledger.asked[0].sha256 == digest_of(CONTENT)


async def test_file_without_any_digest_is_never_joined_from_halves(tmp_path: Path) -> None:
    """Nothing would show that the upstream replaced the file in between."""
    source = FakeSource(CONTENT, Act(300 * KIB, BROKEN), Act())
    async with program(tmp_path) as run:
        blob = await run.join(Wanted("main/a/a.whl", "`a.whl`"), source)
        _, error = await read_error(blob)
        left = await nothing_is_left(run)

    assert (error, source.reads, left) == ("Unavailable", [0], True)


async def test_file_without_any_digest_is_begun_again_while_nobody_has_any(tmp_path: Path) -> None:
    """Two halves are not joined, but a second whole is as good as the first."""
    source = FakeSource(SMALL, Act(10 * KIB, BROKEN), Act())
    async with program(tmp_path) as run:
        got = await read_all(await run.join(Wanted("main/a/a.whl", "`a.whl`"), source))

    assert (got, source.reads) == (SMALL, [0, 0])


async def test_nothing_at_all_is_no_file(tmp_path: Path) -> None:
    """An empty answer is not written into the ledger for ever."""
    async with program(tmp_path) as run:
        source = FakeSource(b"", Act(size=None))
        blob = await run.join(Wanted("main/a/a.whl", "`a.whl`"), source)

        assert await read_error(blob) == (b"", "Unavailable")
        assert await nothing_is_left(run)


# --- a source that breaks off --------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Act(300_000, BROKEN), id="reset"),
        pytest.param(Act(300_000), id="clean-end-too-early"),
        pytest.param(Act(300_000, RuntimeError("a mistake")), id="mistake-in-the-source"),
    ],
)
async def test_broken_source_is_continued_where_it_stopped(tmp_path: Path, act: Act) -> None:
    """Invisible to the reader, and no byte is fetched twice. Faults F08, F09, F19, F20."""
    source = FakeSource(CONTENT, act, Act())
    async with program(tmp_path) as run:
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [0, 300_000])
    assert source.closed == 2


async def test_source_that_breaks_often_and_brings_much_is_patiently_continued(
    tmp_path: Path,
) -> None:
    """A large file over a bad line arrives in the end."""
    acts = [Act(stop, BROKEN) for stop in range(70 * KIB, SIZE, 70 * KIB)]
    source = FakeSource(CONTENT, *acts, Act())
    async with program(tmp_path) as run:
        got = await read_all(await run.join(CONTENT, source))

    assert (got, len(source.reads)) == (CONTENT, len(acts) + 1)


async def test_source_that_brings_nothing_more_is_given_up(tmp_path: Path) -> None:
    """After as many attempts in a row as the rules say; what came is kept for the next time."""
    source = FakeSource(CONTENT, Act(300_000, BROKEN))
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        got, error = await read_error(blob)
        await at_rest(run)

    assert (got, error) == (CONTENT[: len(got)], "Unavailable")
    assert source.reads == [0] + [300_000] * FAST.attempts
    assert run.spool == [".part"]


async def test_next_fill_goes_on_where_the_last_one_gave_up(tmp_path: Path) -> None:
    """The digest is taken over everything, so the first half need not be fetched again."""
    source = FakeSource(CONTENT)
    async with program(tmp_path) as run:
        await read_error(await run.join(CONTENT, FakeSource(CONTENT, Act(300_000, BROKEN))))
        await at_rest(run)
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [300_000])


async def test_source_that_never_began_is_asked_twice(tmp_path: Path) -> None:
    """Whoever waits for the first byte is told soon."""
    source = FakeSource(CONTENT, Act(0, BROKEN))
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        error = await read_error(blob)

    assert (error, source.reads) == ((b"", "Unavailable"), [0, 0])


async def test_source_that_asks_for_much_patience_is_given_up(tmp_path: Path) -> None:
    """A client does not wait an hour because an upstream says so."""
    busy = Unavailable("`a.whl`", "too many requests", retry_seconds=3600)
    source = FakeSource(CONTENT, Act(300_000, busy))
    async with program(tmp_path) as run:
        _, error = await read_error(await run.join(CONTENT, source))

    assert (error, len(source.reads)) == ("Unavailable", 1)


async def test_answer_that_is_none_of_these_ends_the_fill(tmp_path: Path) -> None:
    """Absent is an answer; it is passed on and not asked again."""
    source = FakeSource(CONTENT, Act(0, Absent("`a.whl`")))
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)

        assert await read_error(blob) == (b"", "Absent")
        assert source.reads == [0]
        assert await nothing_is_left(run)


async def test_mistake_in_a_source_does_not_end_the_program(tmp_path: Path) -> None:
    """It is an error of this file, said as a sentence, with its cause."""
    source = FakeSource(CONTENT, Act(0, KeyError("x")))
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        with pytest.raises(Unavailable, match="unexpected error: KeyError") as caught:
            await read_all(blob)
        healthy = await read_all(await run.join(SMALL, FakeSource(SMALL)))

    assert isinstance(caught.value.__cause__, KeyError)
    assert healthy == SMALL


# --- a source that is wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Act(wrong_at=0), id="first-byte"),
        pytest.param(Act(wrong_at=SIZE - 1), id="last-byte"),
        pytest.param(Act(extra=b"x"), id="one-byte-more"),
        pytest.param(Act(size=SIZE - 1), id="length-too-small"),
        pytest.param(Act(size=SIZE + 1), id="length-too-large"),
        pytest.param(Act(error=Corrupt("`a.whl`", expected="a", actual="b")), id="says-so-itself"),
    ],
)
async def test_wrong_bytes_are_never_a_whole_answer(tmp_path: Path, act: Act) -> None:
    """Readers fail without the last block; nothing is kept. Faults F21 to F23."""
    source = FakeSource(CONTENT, act)
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        got, error = await read_error(blob)
        left = await nothing_is_left(run)

    assert (error, left) == ("Corrupt", True)
    assert len(got) <= SIZE - 64 * KIB
    assert run.ledger.asked == []


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Act(wrong_at=5), id="wrong"),
        pytest.param(Act(extra=b"x"), id="long"),
        pytest.param(Act(size=7), id="wrong-length"),
    ],
)
async def test_small_wrong_file_is_fetched_once_more_unseen(tmp_path: Path, act: Act) -> None:
    """Nobody has any of it, so a second try costs nobody anything. Fault F22."""
    source = FakeSource(SMALL, act, Act())
    async with program(tmp_path) as run:
        got = await read_all(await run.join(SMALL, source))

    assert (got, source.reads) == (SMALL, [0, 0])


async def test_small_file_that_is_wrong_twice_is_corrupt(tmp_path: Path) -> None:
    """A source is not asked for ever."""
    source = FakeSource(SMALL, Act(wrong_at=5))
    async with program(tmp_path) as run:
        blob = await run.join(SMALL, source)

        assert await read_error(blob) == (b"", "Corrupt")
        assert source.reads == [0, 0]


class SourceWithDoors(FakeSource):
    """A source with as many places as it has acts."""

    moved = 0

    def move_on(self) -> bool:
        """Go to the next place."""
        self.moved += 1
        return self.moved < len(self.acts)


async def test_wrong_bytes_are_fetched_from_elsewhere(tmp_path: Path) -> None:
    """A reader with wrong bytes fails; when it asks again, the right ones are on their way."""
    source = SourceWithDoors(CONTENT, Act(wrong_at=5), Act())
    async with program(tmp_path) as run:
        blob = await run.join(CONTENT, source)
        _, error = await read_error(blob)
        got = await read_all(await run.join(CONTENT, FakeSource(b"is not asked")))

    assert (error, got) == ("Corrupt", CONTENT)
    assert source.reads == [0, 0]


async def test_every_place_is_asked_once_for_the_right_bytes(tmp_path: Path) -> None:
    """Then it is over."""
    source = SourceWithDoors(CONTENT, Act(wrong_at=5), Act(wrong_at=6))
    async with program(tmp_path) as run:
        _, error = await read_error(await run.join(CONTENT, source))
        await at_rest(run)

    assert (error, source.reads) == ("Corrupt", [0, 0])


async def test_halves_that_do_not_fit_together_are_corrupt(tmp_path: Path) -> None:
    """The second door has another build under the same name."""
    other = Act(wrong_at=SIZE - 1)
    source = FakeSource(CONTENT, Act(300_000, BROKEN), other)
    async with program(tmp_path) as run:
        got, error = await read_error(await run.join(CONTENT, source))

    assert error == "Corrupt"
    assert len(got) <= SIZE - 64 * KIB


async def test_source_that_changes_its_mind_about_the_length_is_corrupt(tmp_path: Path) -> None:
    """Readers were told a length; another one may not follow."""
    source = FakeSource(CONTENT, Act(300_000, BROKEN), Act(extra=b"more", size=SIZE + 4))
    async with program(tmp_path) as run:
        blob = await run.join(wanted(CONTENT, size=None), source)

        assert (await read_error(blob))[1] == "Corrupt"


async def test_wrong_leftovers_are_fetched_anew(tmp_path: Path) -> None:
    """A power cut may leave anything in a part; it costs a second fetch, and no answer."""
    async with program(tmp_path) as run:
        await read_error(await run.join(CONTENT, FakeSource(CONTENT, Act(300_000, BROKEN))))
        await at_rest(run)
        part = next(run.fills.spool.iterdir())
        part.write_bytes(bytes(300_000))
        source = FakeSource(CONTENT)
        await read_error(await run.join(CONTENT, source))
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [300_000, 0])


async def test_leftovers_that_are_too_long_are_dropped(tmp_path: Path) -> None:
    """They cannot be the beginning of this file."""
    async with program(tmp_path) as run:
        await read_error(await run.join(CONTENT, FakeSource(CONTENT, Act(300_000, BROKEN))))
        await at_rest(run)
        next(run.fills.spool.iterdir()).write_bytes(bytes(SIZE + 1))
        source = FakeSource(CONTENT)
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [0])


async def test_leftovers_that_are_whole_need_no_source(tmp_path: Path) -> None:
    """Killed after the last byte and before the rename: nothing is fetched again."""
    async with program(tmp_path) as run:
        await read_error(await run.join(CONTENT, FakeSource(CONTENT, Act(300_000, BROKEN))))
        await at_rest(run)
        next(run.fills.spool.iterdir()).write_bytes(CONTENT)
        source = FakeSource(CONTENT)
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [])


# --- limits --------------------------------------------------------------------------------------


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


# --- keeping -------------------------------------------------------------------------------------


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
    """What is kept is what was hashed."""
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

        assert (await read_error(blob))[1] == "Unavailable"
        assert run.held == []
