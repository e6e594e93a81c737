"""The interface: readers that leave before the end."""

from pathlib import Path

import pytest

from blobs.fakes import FakeSource, content_of
from wheelyard.blobs import (
    Arriving,
    DiskThreads,
    HasAlternatives,
    HasPath,
    HeldBlob,
    read_to_end,
    reading,
)
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio


async def test_reader_that_leaves_lets_go_of_its_source_at_once() -> None:
    """A connection is not kept until the garbage collector passes."""
    source = FakeSource(content_of(100_000))

    async with reading(source) as chunks:
        async for _ in chunks:
            break

    assert source.closed == 1


async def test_reader_begins_and_ends_where_it_is_told(tmp_path: Path) -> None:
    """A part is read as a part."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    blob = HeldBlob(Sha256("0" * 64), 10, path, DiskThreads())

    async with reading(blob, 3, 6) as chunks:
        got = [chunk async for chunk in chunks]

    assert got == [b"345"]


async def test_optional_powers_are_told_apart(tmp_path: Path) -> None:
    """A held file has a path and is not arriving; a plain source has no power at all."""
    held = HeldBlob(Sha256("0" * 64), 10, tmp_path / "file", DiskThreads())
    source = FakeSource(b"")

    powers = [isinstance(held, power) for power in (HasPath, Arriving, HasAlternatives)]

    assert powers == [True, False, False]
    assert not isinstance(source, HasPath | Arriving | HasAlternatives)


async def test_what_is_not_proven_yet_is_read_to_its_end() -> None:
    """And let go of; nothing of a held file is read."""
    source = FakeSource(content_of(100_000))

    size = await read_to_end(source)

    assert (size, len(source.reads), source.closed) == (100_000, 1, 1)
