"""Files that take their place in one step."""

from pathlib import Path

import pytest

from wheelyard.errors import Unavailable
from wheelyard.stats.placing import load_bytes, locked, replace_file


def test_file_takes_its_place(tmp_path: Path) -> None:
    """Where nothing was, or something else; nothing is left beside it."""
    path = tmp_path / "days" / "2026-01-31.bz2"

    assert replace_file(path, b"old")
    assert replace_file(path, b"new")

    assert load_bytes(path) == b"new"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_same_content_changes_nothing(tmp_path: Path) -> None:
    """Not even when it was written."""
    path = tmp_path / "file"
    replace_file(path, b"same")
    before = path.stat()

    assert not replace_file(path, b"same")
    assert path.stat() == before


def test_missing_file_is_none(tmp_path: Path) -> None:
    """And a large one is not read."""
    (tmp_path / "large").write_bytes(b"12345")

    assert load_bytes(tmp_path / "nothing") is None
    with pytest.raises(Unavailable, match="larger than 4 bytes"):
        load_bytes(tmp_path / "large", 4)


def test_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A file stands where the directory would be."""
    (tmp_path / "days").write_bytes(b"")

    with pytest.raises(Unavailable, match="Not a directory"):
        replace_file(tmp_path / "days" / "2026-01-31.bz2", b"")


def test_directory_is_for_one_run_at_a_time(tmp_path: Path) -> None:
    """Two would each make results of half of the copies."""
    lock = locked(tmp_path / "site")

    with pytest.raises(Unavailable, match="another run is at work in it"):
        locked(tmp_path / "site")
    lock.release()
    locked(tmp_path / "site").release()


def test_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """A file of that name is there."""
    (tmp_path / "site").write_bytes(b"")

    with pytest.raises(Unavailable, match="File exists"):
        locked(tmp_path / "site")
