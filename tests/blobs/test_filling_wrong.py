"""Downloads of wrong bytes: never a whole answer, never kept."""

from pathlib import Path

import pytest

from blobs.fakes import (
    BROKEN,
    KIB,
    Act,
    FakeSource,
    at_rest,
    content_of,
    gather,
    nothing_is_left,
    open_descriptors,
    program,
    read_all,
    read_error,
    wanted,
)
from wheelyard.errors import Corrupt

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
SMALL = content_of(40 * KIB)


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


@pytest.mark.parametrize("wrong_at", [SIZE - 1, SIZE - 64 * KIB], ids=["last", "held-back"])
async def test_reader_is_given_the_right_bytes_from_elsewhere_in_the_same_answer(
    tmp_path: Path, wrong_at: int
) -> None:
    """Nothing that it was sent is wrong: it never learns that something was."""
    source = SourceWithDoors(CONTENT, Act(wrong_at=wrong_at), Act())
    async with program(tmp_path) as run:
        got = await gather(*[await run.join(CONTENT, source) for _ in range(3)])
        await at_rest(run)

    assert got == [CONTENT] * 3
    assert source.reads == [0, 0]
    assert open_descriptors(tmp_path) == []


async def test_halves_of_which_the_second_is_wrong_are_made_good_elsewhere(tmp_path: Path) -> None:
    """The first half came from a door that broke off; a third door has the same."""
    acts = [Act(300_000, BROKEN), Act(wrong_at=SIZE - 1), Act()]
    source = SourceWithDoors(CONTENT, *acts)
    async with program(tmp_path) as run:
        got = await read_all(await run.join(CONTENT, source))

    assert got == CONTENT
    assert source.reads == [0, 300_000, 0]


async def test_place_that_is_wrong_once_is_asked_once_more(tmp_path: Path) -> None:
    """F22: the next connection may lead to another machine."""
    source = FakeSource(CONTENT, Act(wrong_at=SIZE - 1), Act())
    async with program(tmp_path) as run:
        got = await read_all(await run.join(CONTENT, source))

    assert (got, source.reads) == (CONTENT, [0, 0])


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
