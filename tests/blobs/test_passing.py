"""What cannot be kept is passed on: to clients, proven, a few at a time. Faults F35 and F37."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from blobs.fakes import (
    BROKEN,
    KIB,
    Act,
    FakeSource,
    Program,
    content_of,
    nothing_is_left,
    program,
    read_all,
    read_error,
    wanted,
)
from wheelyard.blobs import Passing, Wanted, for_client, reading
from wheelyard.errors import Unavailable, WheelyardError

pytestmark = pytest.mark.anyio

CONTENT = content_of(600 * KIB)
NO_DISK_IS_THAT_LARGE = 1 << 60


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[Program]:
    """Fills on a disk without room."""
    async with program(tmp_path, min_free_bytes=NO_DISK_IS_THAT_LARGE) as run:
        yield run


async def test_file_without_room_goes_through_and_leaves_nothing(full: Program) -> None:
    """The client has it; the disk has not."""
    blob = for_client(await full.join(CONTENT, FakeSource(CONTENT)))

    assert await read_all(blob) == CONTENT
    assert blob.sha256 is None
    assert await nothing_is_left(full)
    assert full.fills.parts.passing.count == 1
    assert full.fills.parts.passing.running == 0


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 10), (100, 101), (5, 599 * KIB), (599 * KIB, 600 * KIB), (300 * KIB, None)],
)
async def test_part_is_cut_out_of_the_whole(full: Program, start: int, stop: int | None) -> None:
    """The whole is read all the same: nothing else proves the part."""
    source = FakeSource(CONTENT)
    blob = for_client(await full.join(CONTENT, source))

    assert await read_all(blob, start, stop) == CONTENT[start:stop]
    assert source.reads == [0]


@pytest.mark.parametrize("stop", [None, 10])
async def test_wrong_bytes_are_never_all_there(full: Program, stop: int | None) -> None:
    """The last block of what is asked for waits for the proof, of a part as well."""
    blob = for_client(await full.join(CONTENT, FakeSource(CONTENT, Act(wrong_at=500 * KIB))))

    got, error = await read_error(blob, 0, stop)

    assert error == "Corrupt"
    assert len(got) <= (len(CONTENT) - 64 * KIB if stop is None else 0)


async def test_source_that_breaks_off_is_continued(full: Program) -> None:
    """As in every other download: where it stopped, and the digest covers both halves."""
    source = FakeSource(CONTENT, Act(ends_at=300 * KIB, error=BROKEN), Act())
    blob = for_client(await full.join(CONTENT, source))

    assert await read_all(blob) == CONTENT
    assert source.reads == [0, 300 * KIB]


async def test_source_that_ends_early_again_and_again_is_given_up(full: Program) -> None:
    """503 or a cut connection, after a few attempts."""
    blob = for_client(await full.join(CONTENT, FakeSource(CONTENT, Act(ends_at=1000))))

    got, error = await read_error(blob)

    assert (error, got) == ("Unavailable", b"")


async def test_source_with_more_bytes_than_stated_is_corrupt(full: Program) -> None:
    """The length is part of the promise."""
    blob = for_client(await full.join(CONTENT, FakeSource(CONTENT, Act(extra=b"more"))))

    _, error = await read_error(blob)

    assert error == "Corrupt"


class TwoPlaces(FakeSource):
    """A source whose first place has wrong bytes."""

    moves = 0

    def move_on(self) -> bool:
        """Have the next read play the next act."""
        self.moves += 1
        return self.moves == 1


async def test_wrong_bytes_are_had_elsewhere_while_the_client_has_none(full: Program) -> None:
    """A part has not begun when the whole turns out wrong: another door is asked."""
    source = TwoPlaces(CONTENT, Act(wrong_at=7), Act())
    blob = for_client(await full.join(CONTENT, source))

    assert await read_all(blob, 0, 1000) == CONTENT[:1000]
    assert source.moves == 1


async def test_too_many_at_once_are_told_to_come_again(full: Program) -> None:
    """Each of them costs the upstream a download."""
    full.fills.parts.passing.most = 1
    first = for_client(await full.join(CONTENT, FakeSource(CONTENT)))
    second = for_client(await full.join(CONTENT, FakeSource(CONTENT)))
    async with reading(first) as chunks:
        await anext(aiter(chunks))
        with pytest.raises(Unavailable, match="passed such files") as caught:
            await read_all(second)

    assert caught.value.retry_seconds == 1
    assert await read_all(second) == CONTENT


async def test_nobody_but_a_client_causes_a_download_of_its_own(full: Program) -> None:
    """Who only wants to look inside a wheel does not make its upstream send it once more."""
    source = FakeSource(CONTENT)
    blob = await full.join(CONTENT, source)

    got, error = await read_error(blob)

    assert (error, got, source.reads) == ("Unavailable", b"", [])


async def test_file_without_a_digest_is_not_passed_on(full: Program) -> None:
    """Nothing would prove it, and what it was could not be written down."""
    blob = for_client(
        await full.join(Wanted("main/a/a.whl", "`a.whl`", (), None), FakeSource(CONTENT))
    )

    _, error = await read_error(blob)

    assert error == "Unavailable"


async def test_length_that_was_promised_is_kept_or_the_answer_is_not_complete(
    full: Program,
) -> None:
    """The head of the answer is out: a longer file, however right, must not be cut to fit it."""
    wish = wanted(CONTENT, size=None)
    source = FakeSource(CONTENT)
    source.size = 1000
    blob = await full.join(wish, source)
    promised = for_client(blob)
    promised._promised = 1000  # type: ignore[attr-defined]  # what the head of the answer said

    _, error = await read_error(promised, 0, 1000)

    assert error == "Corrupt"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A disk that takes so many bytes of downloads and no more."""
    room = {"bytes": 300 * KIB}
    write = os.pwrite

    def pwrite(descriptor: int, data: bytes, position: int) -> int:
        if position + len(data) > room["bytes"] and len(data) > 4 * KIB:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, position)

    monkeypatch.setattr(os, "pwrite", pwrite)
    return room


async def test_client_with_the_first_half_is_given_the_rest(
    tmp_path: Path, small: dict[str, int]
) -> None:
    """Its bytes are hashed again from the download's own file: one proof covers all of them."""
    async with program(tmp_path) as run:
        source = FakeSource(CONTENT, gated=True)
        blob = for_client(await run.join(CONTENT, source))
        async with reading(blob) as chunks:
            source.allow(200 * KIB)
            got = [await anext(aiter(chunks))]
            source.allow()
            got += [chunk async for chunk in chunks]

        assert b"".join(got) == CONTENT
        assert source.reads[0] == 0
        assert source.reads[1] > 0
        assert await nothing_is_left(run)
    assert small["bytes"] < len(CONTENT)


async def test_client_of_another_process_is_given_the_rest_as_well(
    tmp_path: Path, small: dict[str, int]
) -> None:
    """It follows the file of the one that downloads, until that has no room."""
    del small
    async with program(tmp_path) as one, program(tmp_path) as two:
        source = FakeSource(CONTENT, gated=True)
        first = for_client(await one.join(CONTENT, source))
        second = for_client(await two.join(CONTENT, FakeSource(CONTENT)))
        async with reading(first) as chunks, reading(second) as followed:
            source.allow(200 * KIB)
            got = [await anext(aiter(chunks))], [await anext(aiter(followed))]
            source.allow()
            got[0].extend([chunk async for chunk in chunks])
            got[1].extend([chunk async for chunk in followed])

        assert [b"".join(each) for each in got] == [CONTENT] * 2
        assert [run.fills.parts.passing.count for run in (one, two)] == [1, 1]
        assert await nothing_is_left(one)


async def test_client_with_wrong_bytes_is_not_given_a_right_end(
    tmp_path: Path, small: dict[str, int]
) -> None:
    """The first half came from a source that lied; the second one is right: never complete."""
    del small
    async with program(tmp_path) as run:
        source = FakeSource(CONTENT, Act(wrong_at=1000), Act(), gated=True)
        blob = for_client(await run.join(CONTENT, source))
        got = bytearray()
        async with reading(blob) as chunks:
            source.allow(200 * KIB)
            got += await anext(aiter(chunks))
            source.allow()
            error = await rest_of(chunks, got)

    assert error == "Corrupt"
    assert len(got) <= len(CONTENT) - 64 * KIB


async def rest_of(chunks: AsyncIterator[bytes], got: bytearray) -> str:
    """Add what follows to ``got``; return the class of the error that ends it."""
    try:
        async for chunk in chunks:
            got += chunk
    except WheelyardError as error:
        return type(error).__name__
    return "no error"


async def test_first_failure_is_an_alarm(full: Program) -> None:
    """One line for the operator, whatever clients notice."""
    await read_all(for_client(await full.join(CONTENT, FakeSource(CONTENT))))

    (alarm,) = full.fills.parts.alarms.lasting.values()

    assert "min_free_bytes" in alarm.reason


def test_count_goes_back_when_a_client_leaves() -> None:
    """However it ends."""
    passing = Passing(most=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), passing.one_more("`a.whl`"):
            raise ZeroDivisionError

    assert (passing.running, passing.count) == (0, 2)
