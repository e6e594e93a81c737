"""Looking into a data directory without a server."""

from pathlib import Path

import anyio
import pytest

from support.app import settings
from wheelyard.catalog import ReadinessRow, open_catalog, open_directory
from wheelyard.cli.holding import load_holding
from wheelyard.clock import Instant, SystemClock
from wheelyard.errors import ConfigError


def test_directory_without_catalog_holds_nothing(tmp_path: Path) -> None:
    """And none is made by looking."""
    assert load_holding(settings(tmp_path)) is None
    assert load_holding(settings(tmp_path / "missing")) is None
    assert [*tmp_path.iterdir()] == []


def test_directory_is_counted(tmp_path: Path) -> None:
    """A new one holds no pages and no files, on a disk with some room."""
    open_directory(tmp_path, SystemClock()).close()

    holding = load_holding(settings(tmp_path))

    assert holding is not None
    assert (holding.held.pages, holding.held.files, holding.held.bytes) == (0, 0, 0)
    assert holding.held.free_bytes
    assert (holding.doors, holding.syncs, holding.readiness) == ((), (), ())


def test_what_was_filled_ahead_of_need_is_told(tmp_path: Path) -> None:
    """The last run, and what was last found to install: no server is needed to know."""
    open_directory(tmp_path, SystemClock()).close()

    async def fill() -> None:
        with open_catalog(tmp_path, SystemClock()) as catalog:
            await catalog.sync_runs.begin("main", "configured", Instant(5.0))
            row = ReadinessRow("app.txt", "Python 3.12 on win32", Instant(6.0), 7, 2, {})
            await catalog.readiness.save("app.txt", [row])

    anyio.run(fill)
    holding = load_holding(settings(tmp_path))

    assert holding is not None
    assert [(run.index, run.outcome) for run in holding.syncs] == [("main", "running")]
    assert [(row.name, row.missing) for row in holding.readiness] == [("app.txt", 2)]


def test_damaged_catalog_is_a_sentence(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "catalog.sqlite").write_bytes(b"not a catalog" * 100)

    with pytest.raises(ConfigError, match=r"catalog.sqlite"):
        load_holding(settings(tmp_path))
