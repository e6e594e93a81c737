"""Counts as Parquet: what is read back is what was written, and the same again is the same."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from arro3.core import RecordBatch, Table
from arro3.io import read_parquet

from wheelyard.catalog.downloads import Counted
from wheelyard.errors import Unavailable
from wheelyard.stats import parquet
from wheelyard.stats.export import COLUMNS, Exported, exported
from wheelyard.stats.parquet import save_parquet
from wheelyard.wire.user_agents import Client

PIP = Client("pip", "3.11", "Linux", is_ci=True)
MIRROR = Client("bandersnatch", is_mirror=True)
ONE = Counted(date(2026, 1, 31), "main", "demo", "demo-1.0.tar.gz", 'pip/24.0 {"ci":true}', 3, PIP)
ROWS = [
    ONE,
    replace(ONE, user_agent="bandersnatch/8.0", client=MIRROR, count=2**40),
    replace(ONE, day=date(1969, 12, 31), filename="demo-1.1-py3-none-any.whl", user_agent="é, ☃"),
]


def load(path: Path) -> Table:
    """Return what is in a file."""
    return read_parquet(path).read_all()


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    """Columns by name, days as days, numbers as numbers."""
    number = save_parquet(ROWS, tmp_path / "counts.parquet")

    table = load(tmp_path / "counts.parquet")
    columns = [table[name].to_pylist() for name in COLUMNS]
    assert number == 3
    assert table.column_names == list(COLUMNS)
    assert list(zip(*columns, strict=True)) == list(exported(ROWS))


def test_rows_are_written_a_group_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of them than one group are in memory; any number of groups is one file."""
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 10)
    sizes: list[int] = []
    make = parquet._batch

    def batch(group: list[Exported]) -> RecordBatch:
        sizes.append(len(group))
        return make(group)

    monkeypatch.setattr(parquet, "_batch", batch)

    save_parquet((replace(ONE, count=number) for number in range(35)), tmp_path / "out")

    assert sizes == [10, 10, 10, 5]
    assert load(tmp_path / "out")["count"].to_pylist() == list(range(35))


def test_nothing_is_a_file_too(tmp_path: Path) -> None:
    """With its columns."""
    save_parquet([], tmp_path / "out")

    table = load(tmp_path / "out")
    assert (table.num_rows, table.column_names) == (0, list(COLUMNS))


def test_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    """So that whoever publishes them sees what changed."""
    for name in ("one", "two"):
        save_parquet(ROWS, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    """Also if the rows end in an error, which is told as it was."""
    save_parquet(ROWS, tmp_path / "out")
    before = (tmp_path / "out").read_bytes()

    def failing() -> Iterator[Counted]:
        yield ONE
        raise Unavailable("The catalog", "the disk is gone")

    with pytest.raises(Unavailable, match="the disk is gone"):
        save_parquet(failing(), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_disk_that_is_full_is_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And not a panic of the library; nothing is left of the file."""
    draft = tmp_path / f".out.{os.getpid()}.draft"
    draft.symlink_to("/dev/full")

    with pytest.raises(Unavailable, match="No space left on device"):
        save_parquet(ROWS, tmp_path / "out")

    assert list(tmp_path.iterdir()) == []
    assert "panicked" not in capfd.readouterr().err


def test_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(Unavailable, match=r"nowhere/out.*cannot be written"):
        save_parquet(ROWS, tmp_path / "nowhere" / "out")
