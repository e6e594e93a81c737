"""Readers of a download that starts over: they go on if what they have fits."""

import os
import threading
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    DEADLINE_SECONDS,
    read_all,
    read_error,
    settled,
)
from blobs.grown import CONTENT, SIZE, Grown, in_background
from wheelyard.blobs import growing, reading
from wheelyard.errors import Corrupt

pytestmark = pytest.mark.anyio

WRONG = Corrupt("`a.whl`", expected="right", actual="wrong")


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    """Return a fill whose bytes are on the disk and not yet released."""
    made = Grown(tmp_path / "file")
    made.begin()
    return made


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


async def test_reader_goes_on_in_the_next_edition_if_its_bytes_are_the_same(grown: Grown) -> None:
    """The wrong byte comes later than what it was sent: to the client nothing has happened."""
    wrong = bytearray(CONTENT)
    wrong[150_000] ^= 1
    seen: list[tuple[bytes, str]] = []

    async def read(start: int = 0, stop: int | None = None) -> None:
        seen.append(await read_error(grown.blob(), start, stop))

    grown.begin(bytes(wrong))
    grown.release(150_000)
    async with in_background(read, read, lambda: read(100_000), lambda: read(5, 400_000)):
        grown.edition = 2
        grown.begin(CONTENT, WRONG)
        grown.release(100)
        await anyio.wait_all_tasks_blocked()
        waiting = list(seen)
        grown.prove()

    whole = [(CONTENT, "no error")] * 2
    assert waiting == []
    assert sorted(seen) == sorted(
        [*whole, (CONTENT[100_000:], "no error"), (CONTENT[5:400_000], "no error")]
    )


async def test_reader_of_two_editions_goes_on_in_the_third(grown: Grown) -> None:
    """It never got a byte of the second, which says nothing about it."""
    seen: list[tuple[bytes, str]] = []

    async def read() -> None:
        seen.append(await read_error(grown.blob()))

    grown.release(100_000)
    async with in_background(read):
        grown.edition = 2
        grown.begin(bytes(SIZE), WRONG)
        await anyio.wait_all_tasks_blocked()
        grown.edition = 3
        grown.begin(CONTENT, WRONG)
        grown.prove()

    assert seen == [(CONTENT, "no error")]


async def test_reader_with_wrong_bytes_is_told_before_the_next_edition_is_whole(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client begins again the sooner."""
    monkeypatch.setattr(growing, "_COMPARED_BYTES", 1000)
    seen: list[tuple[bytes, str]] = []

    async def read() -> None:
        seen.append(await read_error(grown.blob()))

    grown.begin(bytes(SIZE))
    grown.release(100_000)
    async with in_background(read):
        grown.edition = 2
        grown.begin(CONTENT, WRONG)
        grown.release(2000)
        await settled(lambda: bool(seen))
        grown.prove()

    assert seen == [(bytes(100_000), "Corrupt")]


async def test_next_edition_that_is_shorter_than_what_was_sent_ends_no_reader_well(
    grown: Grown,
) -> None:
    """Even if it is the same as far as it goes."""
    grown.release(100_000)
    with pytest.raises(Corrupt):  # noqa: PT012  the reader must be in the middle
        async with reading(grown.blob()) as chunks:
            async for _ in chunks:
                grown.edition = 2
                grown.begin(CONTENT[:1000], WRONG)
                grown.prove(1000)


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
