"""Looking into a data directory without a server."""

from pathlib import Path

import pytest

from wheelyard.catalog import open_directory
from wheelyard.cli.holding import load_holding
from wheelyard.clock import SystemClock
from wheelyard.errors import ConfigError


def test_directory_without_catalog_holds_nothing(tmp_path: Path) -> None:
    """And none is made by looking."""
    assert load_holding(tmp_path) is None
    assert load_holding(tmp_path / "missing") is None
    assert [*tmp_path.iterdir()] == []


def test_directory_is_counted(tmp_path: Path) -> None:
    """A new one holds no pages and no files, on a disk with some room."""
    open_directory(tmp_path, SystemClock()).close()

    holding = load_holding(tmp_path)

    assert holding is not None
    assert (holding.held.pages, holding.held.files, holding.held.bytes) == (0, 0, 0)
    assert holding.held.free_bytes
    assert holding.doors == ()


def test_damaged_catalog_is_a_sentence(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "catalog.sqlite").write_bytes(b"not a catalog" * 100)

    with pytest.raises(ConfigError, match=r"catalog.sqlite"):
        load_holding(tmp_path)
