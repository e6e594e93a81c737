"""A whole file of the store, as its readers see it; more of it is in ``test_local.py``."""

from pathlib import Path

import pytest

from blobs.fakes import KIB, content_of, digest_of, read_all
from wheelyard.blobs import DiskThreads, HeldBlob

pytestmark = pytest.mark.anyio


async def test_file_that_is_replaced_while_it_is_read_goes_on(tmp_path: Path) -> None:
    """Whoever has begun with a file ends with the same file."""
    content = content_of(600 * KIB)
    path = tmp_path / "file"
    path.write_bytes(content)
    chunks = HeldBlob(digest_of(content), len(content), path, DiskThreads()).read()

    got = await anext(chunks)
    path.unlink()
    path.write_bytes(b"another")

    assert got + b"".join([chunk async for chunk in chunks]) == content


async def test_part_of_a_file_is_read_alone(tmp_path: Path) -> None:
    """From an offset to an offset, the second one excluded."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    blob = HeldBlob(digest_of(b"0123456789"), 10, path, DiskThreads())

    assert await read_all(blob, 3, 5) == b"34"
