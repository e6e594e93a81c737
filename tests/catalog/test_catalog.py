"""The catalog as a whole: cheap to import, quick to open, counted."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import wheelyard.catalog
from wheelyard.catalog import Catalog, Change, Counts, HeldRow, LedgerRow, PageRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import ConfigError
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

RunPython = Callable[..., "subprocess.Popen[str]"]

FLASK = ProjectName("flask")
SDIST = Filename("flask-1.0.tar.gz")
NOW = Instant(1)


@pytest.mark.slow
def test_importing_the_room_imports_no_database_library(run_python: RunPython) -> None:
    """`--help` stays quick; the names that need SQLAlchemy load it when they are asked for."""
    process = run_python(
        "import sys, wheelyard.catalog as room\n"
        "late = {'sqlalchemy', 'alembic'}\n"
        "print(sorted(late & set(sys.modules)))\n"
        "for name in room.__all__: getattr(room, name)\n"
        "print(sorted(late & set(sys.modules)))"
    )

    assert process.communicate() == ("[]\n['sqlalchemy']\n", "")


def test_name_that_the_room_does_not_have_is_an_attribute_error() -> None:
    """Loading names late does not change what a missing name is."""
    with pytest.raises(AttributeError, match=r"'wheelyard\.catalog' has no attribute 'nothing'"):
        _ = wheelyard.catalog.nothing  # type: ignore[attr-defined]  # the point of the test


def test_damaged_catalog_is_refused(tmp_path: Path, clock: FrozenClock) -> None:
    """Opening a file that is no database is a sentence."""
    (tmp_path / "catalog.sqlite").write_bytes(b"garbage" * 1_000)

    with pytest.raises(ConfigError, match="is damaged"):
        open_catalog(tmp_path, clock)


async def test_counts_of_an_empty_catalog_are_zero(catalog: Catalog) -> None:
    """Nothing is nothing, not an error."""
    assert await catalog.counts() == Counts(pages=0, ledger=0, held=0, held_bytes=0, serial=0)


async def test_counts_say_how_much_is_here(catalog: Catalog) -> None:
    """A blob held under two names is held once."""
    digest = Sha256("a" * 64)
    await catalog.pages.save(PageRow("pypi", FLASK, "url", NOW, NOW))
    await catalog.ledger.record(LedgerRow("pypi", FLASK, SDIST, digest, 10, NOW, "pypi"))
    for owner in ("pypi", "private"):
        await catalog.held.save(HeldRow(digest, owner, FLASK, SDIST, 10, NOW, NOW))
    await catalog.held.save(HeldRow(Sha256("b" * 64), "pypi", FLASK, SDIST, 5, NOW, NOW))
    serial = await catalog.journal.append(Change("kind"))

    assert await catalog.counts() == Counts(pages=1, ledger=1, held=2, held_bytes=15, serial=serial)


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_reopened_catalog_has_what_was_written(tmp_path: Path, clock: FrozenClock) -> None:
    """Everything survives a restart, and the instance with it."""
    page = PageRow("pypi", FLASK, "url", NOW, NOW, model=b"model")
    with open_catalog(tmp_path, clock) as first:
        saved = await first.pages.save(page, "page.changed")

    with open_catalog(tmp_path, clock) as second:
        assert await second.pages.load("pypi", FLASK) == saved
        assert second.identity == first.identity
        assert await second.journal.last() == saved.revision


def test_closed_catalog_leaves_one_file(tmp_path: Path, clock: FrozenClock) -> None:
    """The last one out moves the log into the file."""
    open_catalog(tmp_path, clock).close()

    assert [file.name for file in tmp_path.iterdir()] == ["catalog.sqlite"]
