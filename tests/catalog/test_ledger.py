"""The ledger: bound once, bound for ever."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog, LedgerRow
from wheelyard.clock import Instant
from wheelyard.errors import Conflict
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
SDIST = Filename("flask-1.0.tar.gz")
ROW = LedgerRow(
    owner="pypi",
    project=FLASK,
    filename=SDIST,
    sha256=Sha256("a" * 64),
    size=5_000_000_000,
    first_seen=Instant(100.25),
    source="pypi",
)
OTHER = Sha256("b" * 64)


async def test_recorded_entry_comes_back_equal(catalog: Catalog) -> None:
    """The ledger says what it was told, sizes beyond 32 bits included."""
    row = replace(ROW, first_use=True)

    recorded = await catalog.ledger.record(row)

    assert recorded == row
    assert await catalog.ledger.load("pypi", FLASK, SDIST) == row


async def test_same_digest_again_returns_the_first_entry(catalog: Catalog) -> None:
    """A second download of the same bytes adds nothing; the first witness stays."""
    await catalog.ledger.record(ROW)

    again = await catalog.ledger.record(
        replace(ROW, first_seen=Instant(999), source="another door")
    )

    assert again == ROW
    assert await catalog.ledger.of_project("pypi", FLASK) == (ROW,)


async def test_another_digest_is_a_conflict_that_names_both(catalog: Catalog) -> None:
    """Whoever reads the alarm sees what was bound and what was offered."""
    await catalog.ledger.record(ROW)

    with pytest.raises(Conflict) as caught:
        await catalog.ledger.record(replace(ROW, sha256=OTHER, source="evil"))

    message = str(caught.value)
    assert ROW.sha256 in message
    assert OTHER in message
    assert "keeps its bytes for ever" in message
    assert await catalog.ledger.load("pypi", FLASK, SDIST) == ROW


async def test_next_generation_binds_anew_and_the_first_stays(catalog: Catalog) -> None:
    """The newest generation counts; the evidence of the older one is kept."""
    await catalog.ledger.record(ROW)
    second = replace(ROW, sha256=OTHER, generation=2)

    await catalog.ledger.record(second)

    assert await catalog.ledger.load("pypi", FLASK, SDIST) == second
    assert await catalog.ledger.of_project("pypi", FLASK) == (ROW, second)


async def test_same_name_of_another_owner_is_bound_separately(catalog: Catalog) -> None:
    """Two authorities may use one file name for different bytes."""
    await catalog.ledger.record(ROW)
    private = replace(ROW, owner="private", sha256=OTHER)

    await catalog.ledger.record(private)

    assert await catalog.ledger.load("private", FLASK, SDIST) == private


async def test_entries_of_a_digest_are_all_its_names(catalog: Catalog) -> None:
    """Given bytes, everybody who is bound to them is found, the oldest first."""
    later = replace(ROW, owner="private", first_seen=Instant(200))
    await catalog.ledger.record(later)
    await catalog.ledger.record(ROW)

    assert await catalog.ledger.of_digest(ROW.sha256) == (ROW, later)


@pytest.mark.blocking(reason="one indexed look-up in place is what `load_now` is for")
async def test_entry_loaded_in_place_is_the_newest(catalog: Catalog) -> None:
    """The hot path sees what was recorded a moment ago."""
    assert catalog.ledger.load_now("pypi", FLASK, SDIST) is None

    await catalog.ledger.record(ROW)

    assert catalog.ledger.load_now("pypi", FLASK, SDIST) == ROW


@pytest.mark.parametrize("statement", ["UPDATE ledger SET size = 1", "DELETE FROM ledger"])
async def test_ledger_rows_cannot_be_changed_by_us(catalog: Catalog, statement: str) -> None:
    """Not even our own code can rewrite evidence."""
    await catalog.ledger.record(ROW)

    with pytest.raises(Conflict, match="rows of ledger are never changed"):
        await catalog.write(lambda connection: connection.execute(sa.text(statement)))

    assert await catalog.ledger.load("pypi", FLASK, SDIST) == ROW


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET size = 1",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
    ],
)
async def test_ledger_rows_cannot_be_changed_by_another_program(
    catalog: Catalog, tmp_path: Path, statement: str
) -> None:
    """The rule is in the file, so it holds for whoever opens it."""
    await catalog.ledger.record(ROW)

    with (
        closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        other.execute(statement)
