"""Reading at leisure: the truth about a file, in small pieces."""

import errno
import os
from pathlib import Path

import pytest

from blobs.fakes import content_of, digest_of, open_descriptors
from wheelyard.blobs import DiskThreads, read_gently

pytestmark = pytest.mark.anyio

CONTENT = content_of(2_500_000)


async def nothing(_: int) -> None:
    """Rest for no time at all."""


async def test_file_is_read_in_pieces_with_a_rest_after_each(tmp_path: Path) -> None:
    """Who rests says how fast it goes."""
    path, pieces = tmp_path / "file", list[int]()
    path.write_bytes(CONTENT)

    async def rest(byte_count: int) -> None:
        pieces.append(byte_count)

    seen = await read_gently(path, DiskThreads(), rest)

    assert seen is not None
    assert (seen.sha256, seen.stamp.size) == (digest_of(CONTENT), len(CONTENT))
    assert sum(pieces) == len(CONTENT)
    assert max(pieces) <= 1024**2
    assert open_descriptors(tmp_path) == []


async def test_file_that_is_not_there_is_no_file(tmp_path: Path) -> None:
    """It was evicted, or fetched anew at this moment."""
    assert await read_gently(tmp_path / "gone", DiskThreads(), nothing) is None


async def test_file_that_cannot_be_read_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EIO is an answer, and says nothing about the bytes. Fault F37."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)

    def read(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "read", read)
        seen = await read_gently(path, DiskThreads(), nothing)

    assert seen is not None
    assert seen.sha256 is None


async def test_file_that_may_not_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but EIO is somebody's mistake, not the disk's."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)

    def read(*_: object) -> bytes:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as broken:
        broken.setattr(os, "read", read)
        with pytest.raises(PermissionError):
            await read_gently(path, DiskThreads(), nothing)

    assert open_descriptors(tmp_path) == []
