"""The tables of a snapshot; `docs/reference/snapshot.md` is made of them."""

import sqlite3
from pathlib import Path

import pytest

from wheelyard.publish.snapshot.schema import INDEXES, PYTHONS, TABLES, Table, table


def test_statements_make_what_is_described(tmp_path: Path) -> None:
    """Tables with their columns and keys, and indexes."""
    with sqlite3.connect(tmp_path / "made") as connection:
        for each in (*TABLES, *INDEXES):
            connection.execute(each.sql)
        made = {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
    connection.close()

    assert made == {each.name: [column.name for column in each.columns] for each in TABLES}


@pytest.mark.parametrize("each", TABLES, ids=lambda each: each.name)
def test_key_is_made_of_columns_that_are_always_there(each: Table) -> None:
    """Keys are content; nothing is counted up."""
    types = {column.name: column.type for column in each.columns}

    assert all("NOT NULL" in types[name] for name in each.key)
    assert each.sql.endswith("WITHOUT ROWID")


def test_table_is_found_by_its_name() -> None:
    """As others ask for it."""
    assert table("files").name == "files"
    assert PYTHONS[0] == "2.7"
    assert "3.14" in PYTHONS
