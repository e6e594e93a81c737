"""A fresh catalog: whole, atomic, and what the migrations would have made of an empty file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import alembic.autogenerate
import pytest
from alembic.migration import MigrationContext

from wheelyard.catalog import sqlite_file, tables
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.layout import REVISION
from wheelyard.catalog.schema import create_catalog
from wheelyard.catalog.upgrade import migrate
from wheelyard.clock import FrozenClock

STRUCTURE = """
SELECT m.name, m.type, p.name, p.type, p."notnull", p.dflt_value, p.pk
FROM sqlite_schema m JOIN pragma_table_info(m.name) p ORDER BY m.name, p.cid
"""
INDEXES = """
SELECT m.name, i.name, i."unique", i.origin, c.name, c.seqno
FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
WHERE m.type = 'table' ORDER BY 1, 2, 6
"""
TRIGGERS = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
COUNTS_UP = "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'"


def load_structure(path: Path) -> list[object]:
    """Return everything that the file says of its tables, indexes and triggers."""
    with closing(sqlite3.connect(path)) as connection:
        queries = (STRUCTURE, INDEXES, TRIGGERS, COUNTS_UP)
        return [row for query in queries for row in connection.execute(query)]


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    """Make an empty file and run every migration on it."""
    path = tmp_path / "migrated.sqlite"
    sqlite_file.prepare(path)
    engine = open_engine(path, Use.WRITE)
    with engine.begin() as connection:
        migrate(connection, "head")
    engine.dispose()
    return path


def test_fresh_schema_equals_migrated_schema(
    tmp_path: Path, clock: FrozenClock, migrated: Path
) -> None:
    """The quick way for new users and the long way for old ones lead to the same place."""
    fresh = tmp_path / "fresh.sqlite"

    create_catalog(fresh, clock)

    assert load_structure(fresh) == load_structure(migrated)
    assert sqlite_file.check(fresh) == sqlite_file.check(migrated) == int(REVISION)


def test_tables_in_code_equal_migrated_schema(migrated: Path) -> None:
    """Alembic finds nothing that would need another migration."""
    engine = open_engine(migrated, Use.READ)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = alembic.autogenerate.compare_metadata(context, tables.metadata)
    engine.dispose()

    # Alembic leaves its own table out of the comparison on one side only.
    ours = [
        difference
        for difference in differences
        if getattr(difference[1], "name", "") != "alembic_version"
    ]
    assert ours == []


def test_fresh_catalog_has_the_properties_of_its_file(tmp_path: Path, clock: FrozenClock) -> None:
    """What only an empty file can be given was given: log mode, page size, room given back."""
    path = tmp_path / "catalog.sqlite"

    create_catalog(path, clock)

    with closing(sqlite3.connect(path)) as connection:
        values = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "page_size", "auto_vacuum")
        ]
    assert values == ["wal", 8192, 2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_catalog_that_exists_is_left_alone(tmp_path: Path, clock: FrozenClock) -> None:
    """Of two that make one at the same time, the later finds the earlier one's."""
    path = tmp_path / "catalog.sqlite"
    create_catalog(path, clock)
    instance = sqlite_file.load_meta(path, "instance")

    create_catalog(path, clock)

    assert sqlite_file.load_meta(path, "instance") == instance
    assert [file.name for file in tmp_path.iterdir()] == ["catalog.sqlite"]
