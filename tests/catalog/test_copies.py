"""Copies of a catalog: one state of it, which can be looked into and changed by itself."""

from pathlib import Path
from sqlite3 import connect

import anyio
import pytest

from support.hosted_files import hosted_file, publish
from wheelyard.catalog import Catalog, LedgerRow, MetadataRow, open_catalog
from wheelyard.catalog.copies import copy_catalog, open_copy, renew_instance
from wheelyard.catalog.layout import CATALOG_NAME
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import ConfigError
from wheelyard.names import Filename, ProjectName, Sha256

DEMO = ProjectName("demo")
WHEEL, METADATA = Sha256("aa" * 32), Sha256("ab" * 32)
OURS = "ours-1.0-py3-none-any.whl"


@pytest.fixture
def copy_path(tmp_path: Path, clock: FrozenClock) -> Path:
    """Copy a catalog that goes on being written to."""
    path = tmp_path / "copy.sqlite"

    async def work(catalog: Catalog) -> None:
        entry = LedgerRow("main", DEMO, Filename("demo-1.0.whl"), WHEEL, 3, Instant(1.0), "upload")
        await catalog.held.keep(entry)
        await catalog.metadata_files.save(MetadataRow(WHEEL, METADATA, 3, "wheel", Instant(1.0)))
        await publish(catalog, OURS)
        await anyio.to_thread.run_sync(copy_catalog, tmp_path / CATALOG_NAME, path)
        await catalog.held.remove(WHEEL)

    with open_catalog(tmp_path, clock) as catalog:
        anyio.run(work, catalog)
    return path


def test_copy_is_of_one_moment(copy_path: Path) -> None:
    """What is written later is not in it."""
    with open_copy(copy_path) as copy:
        named = [blob.sha256 for blob in copy.named("aa")]
        is_named = copy.names(WHEEL)

    assert named == [WHEEL]
    assert is_named


def test_blobs_of_others_are_forgotten_and_ours_are_told(copy_path: Path) -> None:
    """Others' are fetched again; of ours it is known what has to be brought back."""
    ours = hosted_file(OURS).sha256

    with open_copy(copy_path) as copy:
        left = copy.forget([WHEEL, METADATA, ours])
        named = [each for each in (WHEEL, METADATA, ours) if copy.names(each)]

    assert left == (ours,)
    assert named == [ours]


def test_renewed_catalog_has_another_identity(copy_path: Path, tmp_path: Path) -> None:
    """And says so from then on."""
    renewed = renew_instance(copy_path)

    assert instance_of(copy_path) == renewed != instance_of(tmp_path / CATALOG_NAME)


def instance_of(path: Path) -> str:
    """Return what a catalog says of itself."""
    with connect(path) as opened:
        (found,) = opened.execute("SELECT value FROM meta WHERE key = 'instance'").fetchone()
    opened.close()
    return str(found)


def test_copy_that_cannot_be_made_is_said(copy_path: Path, tmp_path: Path) -> None:
    """It takes as much room as the catalog does."""
    with pytest.raises(ConfigError, match="cannot be"):
        copy_catalog(copy_path, tmp_path / "missing/copy.sqlite")


def test_file_that_is_no_catalog_is_refused(tmp_path: Path) -> None:
    """As everywhere."""
    path = tmp_path / "other.sqlite"
    with connect(path) as opened:
        opened.execute("CREATE TABLE other (x)")
    opened.close()

    with pytest.raises(ConfigError, match="not a catalog"), open_copy(path):
        pass
    with pytest.raises(ConfigError, match="cannot be written"):
        renew_instance(path)
