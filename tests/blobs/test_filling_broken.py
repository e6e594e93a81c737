"""Downloads from sources that break off: continued, given up, taken up again."""

from pathlib import Path

import pytest

from blobs.fakes import (
    BROKEN,
    FAST,
    KIB,
    Act,
    FakeSource,
    at_rest,
    content_of,
    nothing_is_left,
    program,
    read_all,
    read_error,
)
from wheelyard.errors import Absent, Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
SMALL = content_of(40 * KIB)


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
