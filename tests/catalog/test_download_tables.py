"""The tables of downloads, and what becomes of those of older catalogs."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from wheelyard.catalog import open_catalog, sqlite_file
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.download_tables import download_agents, downloads
from wheelyard.catalog.downloads import Counted, Selected
from wheelyard.catalog.layout import REVISION
from wheelyard.catalog.schema import TABLES
from wheelyard.catalog.upgrade import migrate
from wheelyard.clock import FrozenClock
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

OLDER = """
INSERT INTO meta VALUES ('instance', '00000000000000000000000000000000'), ('created_at', '1.5');
INSERT INTO download_agents VALUES
  (1, '2026-01-31', 'pip/24.0 {"python":"3.11.2","system":{"name":"Linux"}}'),
  (2, '2026-01-31', 'other'), (7, '2026-02-01', 'bandersnatch/8.0'), (9, '2026-02-01', '');
INSERT INTO downloads VALUES
  ('2026-01-31', 'main', 'demo', 'demo-1.0.tar.gz', 1, 3),
  ('2026-01-31', 'main', 'demo', 'demo-1.0.tar.gz', 2, 5),
  ('2026-02-01', 'main', 'demo', 'demo-1.0.tar.gz', 7, 50),
  ('2026-02-01', 'main', 'demo', 'demo-1.0.tar.gz', 9, 1);
"""


def test_every_catalog_has_the_tables_and_nothing_in_them_is_about_people() -> None:
    """No address, no moment, no user: there is no column for them."""
    assert [column.name for column in downloads.columns] == [
        *("day", "index_name", "project", "filename", "agent", "count"),
    ]
    assert [column.name for column in download_agents.columns] == [
        *("id", "day", "user_agent", "family", "python", "system", "is_mirror", "is_ci"),
    ]
    assert any(getattr(module, "downloads", None) is downloads for module in TABLES)


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_counts_of_an_older_catalog_are_told_by_family(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """As far as what was kept of a program says it; no count is lost, and all go on."""
    file = tmp_path / "catalog.sqlite"
    sqlite_file.prepare(file)
    engine = open_engine(file, Use.WRITE)
    with engine.begin() as connection:
        migrate(connection, "0005")
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.executescript(OLDER)
    with engine.begin() as connection:
        migrate(connection, REVISION)
    engine.dispose()

    with open_catalog(tmp_path, clock) as catalog:
        more = Counted(date(2026, 2, 1), "main", "demo", "demo-1.0.tar.gz", "bandersnatch/8.0", 1)
        mirror = Client("bandersnatch", is_mirror=True)
        await catalog.downloads.add([replace(more, client=mirror)], most_agents=9)
        found = await catalog.downloads.each(Selected(), list)

    assert [(row.user_agent[:12], row.client, row.count) for row in found] == [
        ("other", Client(), 5),
        ('pip/24.0 {"p', Client("pip", "3.11", "Linux"), 3),
        ("", Client(), 1),
        ("bandersnatch", mirror, 51),
    ]


def test_one_project_is_found_without_reading_all_of_every_day(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Anybody may ask for half a year of it."""
    with open_catalog(tmp_path, clock):
        pass
    engine = open_engine(tmp_path / "catalog.sqlite", Use.READ)
    with engine.connect() as connection:
        plan = connection.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT sum(count) FROM downloads "
                "WHERE index_name = 'main' AND project = 'demo' AND day >= '2026-01-01'"
            )
        )
        steps = " ".join(str(row[-1]) for row in plan)
    engine.dispose()

    assert "downloads_by_project (project=? AND day>?)" in steps
