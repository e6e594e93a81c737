"""Small files that could not be put on the disk."""

import pytest

from blobs.fakes import digest_of, read_all
from wheelyard.blobs import InMemory

pytestmark = pytest.mark.anyio


async def test_bytes_are_found_by_their_digest() -> None:
    """All of them, and any part."""
    memory = InMemory()
    digest = memory.put(b"metadata")
    found = memory.find(digest)

    assert found is not None
    assert (found.size, found.sha256) == (8, digest_of(b"metadata"))
    assert await read_all(found) == b"metadata"
    assert await read_all(found, 2, 4) == b"ta"
    assert await read_all(found, 8) == b""


def test_oldest_goes_when_there_are_too_many_bytes() -> None:
    """Memory is bounded; the one that was just asked for is always there."""
    memory = InMemory(max_bytes=10)
    first, second = memory.put(b"123456"), memory.put(b"abcdef")
    third = memory.put(b"longer than all")

    assert memory.find(first) is None
    assert memory.find(second) is None
    assert memory.find(third) is not None


def test_same_bytes_are_counted_once() -> None:
    """Adding them again only makes them newer."""
    memory = InMemory(max_bytes=12)
    first = memory.put(b"123456")
    memory.put(b"123456")
    memory.put(b"abcdef")

    assert memory.find(first) is not None
    memory.drop(first)
    assert memory.find(first) is None
