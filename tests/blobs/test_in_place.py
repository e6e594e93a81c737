"""Files that are not ours: given out from where they lie, and never as what they are not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from blobs.fakes import digest_of, read_all, read_error
from wheelyard.blobs import DiskThreads, InPlaceFiles, Place, Stamp
from wheelyard.blobs import in_place as module
from wheelyard.errors import Corrupt, Unavailable

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 4_000


class Bench:
    """One file, and what is told of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.doubts = 0
        self.files = InPlaceFiles(DiskThreads())
        path.write_bytes(CONTENT)

    def place(self, content: bytes = CONTENT) -> Place:
        """Return where the file is, said to be ``content``."""
        stamp = Stamp.of(self.path.stat())
        return Place("`a.whl`", digest_of(content), stamp, self.open, self.doubt)

    def open(self) -> int:
        """Open the file that has its name now."""
        return os.open(self.path, os.O_RDONLY)

    def doubt(self) -> None:
        """Count that the file is doubted."""
        self.doubts += 1


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a file that was left alone for long enough."""
    monkeypatch.setattr(Stamp, "is_settled", lambda _: True)
    return Bench(tmp_path / "a.whl")


async def test_file_is_proven_before_its_first_byte(bench: Bench) -> None:
    """A small file that nobody in this process has read is read; afterwards it is known."""
    blob = await bench.files.find(bench.place())

    assert (blob.sha256, blob.size) == (digest_of(CONTENT), len(CONTENT))
    assert await read_all(blob) == CONTENT
    assert await read_all(blob, 5, 10) == CONTENT[5:10]
    assert await read_all(blob, len(CONTENT)) == b""
    assert bench.doubts == 0


async def test_bytes_that_rotted_are_not_given_out(bench: Bench) -> None:
    """What was written down in an earlier start is proven in this one."""
    with pytest.raises(Corrupt):
        await bench.files.find(bench.place(b"other"))

    assert bench.doubts == 1


async def test_end_of_a_large_file_waits_for_the_proof(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins at once; damaged, it is never a complete answer, and a part of it is none."""
    monkeypatch.setattr(module, "PROVEN_FIRST_BYTES", 10)
    damaged = await bench.files.find(bench.place(b"other"))

    got, error = await read_error(damaged)
    part, _ = await read_error(damaged, 0, 5)

    assert (damaged.sha256, error, part) == (None, "Corrupt", b"")
    assert CONTENT.startswith(got)
    assert len(got) < len(CONTENT)
    good = await bench.files.find(bench.place())
    assert await read_all(good) == CONTENT
    assert good.sha256 is not None


def replace(bench: Bench) -> None:
    """Put another file under the name."""
    other = bench.path.with_name("other")
    other.write_bytes(CONTENT[::-1])
    other.replace(bench.path)


def write_into(bench: Bench) -> None:
    """Change the file itself, and set its date back."""
    status = bench.path.stat()
    with bench.path.open("r+b") as file:
        file.write(b"!")
    os.utime(bench.path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(bench: Bench) -> None:
    """Take the file's end away."""
    os.truncate(bench.path, 100)


def remove(bench: Bench) -> None:
    """Take the file away."""
    bench.path.unlink()


@pytest.mark.parametrize("change", [replace, write_into, cut, remove])
async def test_changed_file_is_not_given_out(bench: Bench, change: Callable[[Bench], None]) -> None:
    """Before the first byte it is an error, and its page is looked at again."""
    blob = await bench.files.find(bench.place())
    change(bench)

    got, error = await read_error(blob)

    assert (got, error) == (b"", "Unavailable")
    assert bench.doubts == 1


@pytest.mark.parametrize("change", [write_into, cut, remove])
async def test_file_that_changes_under_a_reader_is_cut_off(
    bench: Bench, change: Callable[[Bench], None]
) -> None:
    """What was given out is what it was; nothing of the other bytes follows."""
    blob = await bench.files.find(bench.place())
    chunks = blob.read()
    first = await anext(chunks)
    change(bench)

    with pytest.raises(Unavailable):
        await anext(chunks)

    assert CONTENT.startswith(first)
    await chunks.aclose()


async def test_disk_that_fails_says_so(bench: Bench) -> None:
    """A file that may not be read is neither absent nor changed."""
    place = bench.place()
    blob = await bench.files.find(place)

    def refuse() -> int:
        raise PermissionError(13, "Permission denied")

    refused = Place(place.what, place.sha256, place.stamp, refuse, bench.doubt)

    blob = await bench.files.find(refused)
    with pytest.raises(Unavailable, match="Permission denied"):
        await read_all(blob)
