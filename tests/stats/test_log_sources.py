"""Logs to ingest: found in files and directories, known by their bytes, read plain or packed."""

import gzip
import io
import os
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from wheelyard.errors import BadInput
from wheelyard.stats.log_sources import LogFile, digest_file, find_logs, open_log, read_chunks


def test_files_of_a_directory_come_by_name(tmp_path: Path) -> None:
    """All below it, but for hidden and empty ones; a file that is named comes whatever it is."""
    for name in ("b.log", "a.log.gz", "deep/c.log", ".hidden", ".git/d.log", "empty"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("" if name == "empty" else "x")

    found = find_logs([str(tmp_path), str(tmp_path / "empty")])

    names = [str(file.path.relative_to(tmp_path)) for file in found]
    assert names == ["a.log.gz", "b.log", "deep/c.log", "empty"]


def test_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """Before anything is counted."""
    (tmp_path / "there").write_text("x")

    with pytest.raises(BadInput, match=r"There is no file `.*missing`: name a log"):
        find_logs([str(tmp_path / "there"), str(tmp_path / "missing")])


def test_file_is_called_as_it_was_named(tmp_path: Path) -> None:
    """In what is said of it."""
    (tmp_path / "x.log").write_text("x")

    assert find_logs([f"{tmp_path}/./x.log"]) == [
        LogFile(f"{tmp_path}/./x.log", tmp_path / "x.log")
    ]


def test_digest_is_of_the_bytes_and_the_file_is_read_from_its_beginning() -> None:
    """However long it is."""
    content = b"line\n" * 200_000
    file = io.BytesIO(content)

    assert digest_file(file) == sha256(content).hexdigest()
    assert file.read(5) == b"line\n"


@pytest.mark.parametrize(
    "packed",
    [
        b"one\ntwo\n",
        gzip.compress(b"one\ntwo\n", mtime=0),
        gzip.compress(b"one\n", mtime=0) + gzip.compress(b"two\n", mtime=0),
        zstandard.ZstdCompressor().compress(b"one\ntwo\n"),
    ],
)
def test_content_is_the_same_however_it_is_packed(packed: bytes) -> None:
    """Told from the bytes, not from a name; pieces that were put together are read on."""
    assert b"".join(read_chunks(io.BytesIO(packed))) == b"one\ntwo\n"


def test_what_can_be_read_of_a_damaged_file_comes_first() -> None:
    """Then a sentence."""
    packed = gzip.compress(b"x" * 100_000 + bytes(range(256)) * 40)
    pieces: list[bytes] = []

    with pytest.raises(BadInput):
        pieces.extend(read_chunks(io.BytesIO(packed[:-20])))
    assert b"".join(pieces).startswith(b"xxxx")


def test_disk_that_fails_is_a_sentence() -> None:
    """In the middle of a file."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(BadInput, match="cannot be read any further: Input/output error"):
        list(read_chunks(Failing(b"one\n" * 100_000)))


def test_pipe_is_read_twice_like_a_file() -> None:
    """What a shell gives for `<(zcat access.log.gz)`."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(b"a line\n")
    try:
        with open_log(Path(f"/dev/fd/{reading}")) as log:
            digest = digest_file(log)
            content = b"".join(read_chunks(log))
    finally:
        os.close(reading)

    assert (digest, content) == (sha256(b"a line\n").hexdigest(), b"a line\n")


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    """By the disk."""
    with pytest.raises(FileNotFoundError):
        open_log(tmp_path / "gone")
