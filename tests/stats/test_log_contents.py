"""Logs in files: packed or not."""

import io
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from support.access_logs import DATA, story, told
from wheelyard.errors import BadInput
from wheelyard.stats.log_contents import STANDARD_INPUT, read_log_file
from wheelyard.wire.access_logs import BadLine, LogEntry

PLAIN = DATA / "cloudfront-33.log"


def entries(path: Path) -> list[LogEntry]:
    """Return the requests of a log in which every line is good."""
    log = list(read_log_file(path))
    assert not [each for each in log if isinstance(each, BadLine)]
    return [each for each in log if isinstance(each, LogEntry)]


@pytest.mark.parametrize("name", ["cloudfront-33.log", "cloudfront-33.log.gz"])
def test_log_is_read_plain_or_packed(name: str) -> None:
    """A-95: known by how it begins, not by its name."""
    assert told(entries(DATA / name)) == story()


def test_log_may_be_packed_with_zstd_under_any_name(tmp_path: Path) -> None:
    """Frames one after the other are one log."""
    half = PLAIN.read_bytes().index(b"\n", 9_000) + 1
    parts = (PLAIN.read_bytes()[:half], PLAIN.read_bytes()[half:])
    path = tmp_path / "log"
    path.write_bytes(b"".join(map(zstandard.compress, parts)))

    assert told(entries(path)) == story()


def test_log_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed too."""
    body = (DATA / "cloudfront-33.log.gz").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))

    assert told(entries(STANDARD_INPUT)) == story()


def test_line_is_read_as_soon_as_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a log that somebody follows, which does not end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as stream, os.fdopen(writing, "wb", 0) as log:
        monkeypatch.setattr("sys.stdin", stream)
        entries_of = read_log_file(STANDARD_INPUT)
        log.write(b"".join(PLAIN.read_bytes().splitlines(keepends=True)[:3]))

        first = next(entries_of)

    assert isinstance(first, LogEntry)
    assert first.path == "/simple/demo/"


def test_log_that_was_cut_off_is_read_to_there(tmp_path: Path) -> None:
    """The last line says so, by name."""
    path = tmp_path / "half.gz"
    path.write_bytes((DATA / "cloudfront-33.log.gz").read_bytes()[:1_000])
    *read, last = read_log_file(path)

    assert 0 < len(read) < len(story())
    assert isinstance(last, BadLine)
    assert last.is_end
    assert str(last).startswith(f"{path}, line ")
    assert "in the middle of what is packed" in str(last)


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(BadInput, match=r"gone\.log` cannot be read: No such file"):
        list(read_log_file(tmp_path / "gone.log"))


def test_file_is_closed_when_nobody_reads_on() -> None:
    """Of a log only the beginning may be wanted."""
    log = read_log_file(PLAIN)
    next(log)
    log.close()  # type: ignore[attr-defined]  # it is a generator; a warning would be an error

    assert list(log) == []


def test_memory_is_small_whatever_the_log(tmp_path: Path) -> None:
    """Fifty megabytes on one line are none of a log, and are not kept."""
    path = tmp_path / "long.zst"
    path.write_bytes(zstandard.compress(b"x" * 50_000_000))
    tracemalloc.start()
    (only,) = read_log_file(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(only, BadLine)
    assert peak < 20_000_000
