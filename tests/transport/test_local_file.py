"""Files of a directory: their bytes, and digests that are taken once."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.transport import Fault, fault_of
from wheelyard.transport.disk_calls import DiskCalls
from wheelyard.transport.local_file import LocalFile, LocalFiles
from wheelyard.transport.tree import Tree

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000.0
CONTENT = bytes(range(256)) * 8_192  # 2 MiB: more than one chunk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file that nobody has written to for a while."""
    path = tmp_path / "file"
    write(path, CONTENT)
    return path


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[LocalFiles]:
    """Return the files of a directory."""
    clock, calls = FrozenClock(NOW), DiskCalls(5.0)
    yield LocalFiles(Tree(tmp_path, clock), calls, clock)
    calls.close()


@pytest.fixture
async def file(files: LocalFiles, path: Path) -> AsyncIterator[LocalFile]:
    """Return the file, open."""
    opened = await files.open(path.name, "The file")
    yield opened
    opened.handle.close()


def write(path: Path, content: bytes, age: float = 100.0) -> None:
    """Write a file that seems to have an age in seconds."""
    path.write_bytes(content)
    os.utime(path, (NOW - age, NOW - age))


async def test_file_is_read_from_any_offset(file: LocalFile) -> None:
    """In chunks, up to and without the end."""
    start, stop = 1_000, len(CONTENT) - 5

    chunks = [chunk async for chunk in file.chunks(start, stop)]

    assert b"".join(chunks) == CONTENT[start:stop]
    assert len(chunks) > 1
    assert file.size == len(CONTENT)
    assert await file.read() == CONTENT


async def test_digest_is_that_of_the_bytes(file: LocalFile, files: LocalFiles) -> None:
    """SHA-256, as pages state it."""
    assert await files.digest(file) == hashlib.sha256(CONTENT).hexdigest()


async def test_digest_is_taken_once(
    file: LocalFile, files: LocalFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as size and times are the same, the bytes are not read again."""
    first = await files.digest(file)
    monkeypatch.setattr(os, "pread", None)

    assert await files.digest(file) == first


async def test_digest_of_other_content_is_another(files: LocalFiles, path: Path) -> None:
    """A file that was replaced is read again."""
    digests = []
    for content in (b"one", b"two"):
        write(path, content)
        opened = await files.open(path.name, "The file")
        digests.append(await files.digest(opened))
        opened.handle.close()

    assert digests == [hashlib.sha256(content).hexdigest() for content in (b"one", b"two")]


async def test_file_that_may_still_grow_has_no_digest(files: LocalFiles, path: Path) -> None:
    """Half a wheel is not what the name is bound to; a moment later it is asked for again."""
    write(path, b"half", age=1.0)
    opened = await files.open(path.name, "The file")

    with pytest.raises(Unavailable, match="may still be written") as caught:
        await files.digest(opened)

    assert caught.value.retry_seconds == 2.0
    opened.handle.close()


async def test_file_of_tomorrow_has_a_digest(files: LocalFiles, path: Path) -> None:
    """The clock of a file server may be ahead of ours."""
    write(path, b"content", age=-3600.0)
    opened = await files.open(path.name, "The file")

    assert await files.digest(opened) == hashlib.sha256(b"content").hexdigest()
    opened.handle.close()


@pytest.mark.parametrize(
    ("content", "fault"), [(b"short", Fault.TRUNCATED), (CONTENT[::-1], Fault.RESET)]
)
async def test_file_that_changes_while_it_is_read_breaks(
    file: LocalFile, path: Path, content: bytes, fault: Fault
) -> None:
    """Never a clean end for bytes of two files."""
    chunks = file.chunks(0, file.size)
    await anext(chunks)
    write(path, content)

    with pytest.raises(Unavailable) as caught:
        _ = [chunk async for chunk in chunks]

    assert fault_of(caught.value) is fault


@pytest.mark.parametrize("name", ["none", "file/deeper", "."])
@pytest.mark.usefixtures("path")
async def test_what_is_no_file_is_not_there(files: LocalFiles, name: str) -> None:
    """A directory is not a file either."""
    with pytest.raises(FileNotFoundError):
        await files.open(name, "The file")
