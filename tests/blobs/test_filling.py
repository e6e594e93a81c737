"""The download itself: sources that behave, and files without SHA-256."""

import hashlib
from pathlib import Path

import pytest

from blobs.fakes import (
    BROKEN,
    KIB,
    MIB,
    Act,
    FakeSource,
    at_rest,
    content_of,
    digest_of,
    nothing_is_left,
    program,
    read_all,
    read_error,
    wanted,
)
from wheelyard.blobs import Wanted

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
SMALL = content_of(40 * KIB)


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
