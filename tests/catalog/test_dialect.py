"""What is special about SQLite: settings of connections, and errors as sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from wheelyard.catalog import dialect
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, Use, open_engine, translated
from wheelyard.catalog.schema import create_catalog
from wheelyard.catalog.tables import meta
from wheelyard.clock import FrozenClock
from wheelyard.errors import Conflict, Unavailable


@pytest.fixture
def path(tmp_path: Path, clock: FrozenClock) -> Path:
    """Make an empty catalog."""
    create_catalog(tmp_path / "catalog.sqlite", clock)
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[sa.Engine]:
    """Open the catalog for writing."""
    engine = open_engine(path, Use.WRITE)
    yield engine
    engine.dispose()


def test_commits_are_flushed_to_the_disk(writer: sa.Engine) -> None:
    """Evidence is on disk when the call returns: FULL is 2."""
    with writer.connect() as connection:
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert level == 2


def test_writer_holds_the_lock_from_the_first_moment(writer: sa.Engine, path: Path) -> None:
    """Nobody writes between what a transaction reads and what it writes."""
    with writer.connect() as connection:
        connection.exec_driver_sql("SELECT 1")

        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO meta VALUES ('a', 'b')")


def test_waiting_for_a_lock_ends_with_a_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that never lets go costs a while, then an error that says so."""
    monkeypatch.setattr(dialect, "BUSY_MILLISECONDS", 1)
    engine = open_engine(path, Use.WRITE)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")

        with (
            pytest.raises(Unavailable, match=r"another process holds its lock; try again\."),
            translated(),
            engine.begin(),
        ):
            pass

    engine.dispose()


def test_rule_of_the_schema_is_a_conflict(writer: sa.Engine) -> None:
    """What the schema forbids is no outage."""
    with (
        pytest.raises(Conflict, match=r"UNIQUE constraint failed: meta.key"),
        translated(),
        writer.begin() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO meta SELECT * FROM meta")


def test_damage_found_at_work_names_the_next_step(writer: sa.Engine, path: Path) -> None:
    """A page of the file that went bad is an outage with a way out."""
    with writer.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql("UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'held'")
    writer.dispose()

    with (
        pytest.raises(Unavailable, match=r"damaged.*restore the file from `backups/`"),
        translated(),
        writer.connect() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM held")


def test_every_connection_in_use_is_an_outage(writer: sa.Engine) -> None:
    """The pool is bounded; who waits too long learns why."""
    writer.pool._timeout = 0  # type: ignore[attr-defined]  # do not wait in a test

    with (
        writer.connect(),
        pytest.raises(Unavailable, match="every connection is in use"),
        translated(),
    ):
        writer.connect()


def test_savepoint_undoes_only_what_is_inside(writer: sa.Engine) -> None:
    """A failing piece leaves the transaction around it as it was."""
    insert = "INSERT INTO meta VALUES ('{}', '')"
    with writer.begin() as connection:
        connection.exec_driver_sql(insert.format("before"))
        with suppress(LookupError), dialect.savepoint(connection):
            connection.exec_driver_sql(insert.format("inside"))
            raise LookupError
        connection.exec_driver_sql(insert.format("after"))

    with writer.connect() as connection:
        keys = set(connection.exec_driver_sql("SELECT key FROM meta").scalars())
    assert keys == {"instance", "created_at", "before", "after"}


def test_prepared_statements_do_what_the_library_does(writer: sa.Engine) -> None:
    """Inside its transaction, with constants of their own, and deaf to what they do not have."""
    insert = PreparedChange(meta.insert())
    is_new = (meta.c.key != "instance") & (meta.c.key != "created_at")
    query = PreparedQuery(sa.select(meta.c.value, meta.c.key).where(is_new), lambda *row: row)

    with writer.begin() as connection:
        insert.run(connection, {"key": "kept", "value": "x", "beside": 1})
    with writer.connect() as connection:
        insert.run(connection, {"key": "lost", "value": "y"})
        assert len(query.rows(connection, {})) == 2
        connection.rollback()

    with writer.connect() as connection:
        assert query.rows(connection, {}) == [("x", "kept")]
        assert query.first(connection, {}) == ("x", "kept")


def test_prepared_queries_of_one_reader_see_one_snapshot(writer: sa.Engine, path: Path) -> None:
    """What somebody writes between two of them is not seen by the second."""
    query = PreparedQuery(sa.select(meta.c.key), str)
    reader = open_engine(path, Use.READ)

    with reader.connect() as connection:
        before = query.rows(connection, {})
        with writer.begin() as other:
            PreparedChange(meta.insert()).run(other, {"key": "new", "value": ""})
        again = query.rows(connection, {})

    reader.dispose()
    assert again == before


def test_prepared_change_of_many_rows_is_part_of_the_transaction(writer: sa.Engine) -> None:
    """All of them or none, deaf to what the statement does not have; no rows are no error."""
    insert = PreparedChange(meta.insert())
    keys = sa.select(meta.c.key).where(meta.c.key.like("row-%")).order_by(meta.c.key)
    query = PreparedQuery(keys, str)

    with writer.connect() as connection:
        insert.run_all(connection, ({"key": f"row-{n}", "value": "lost"} for n in range(3)))
        connection.rollback()
    with writer.begin() as connection:
        insert.run_all(connection, [])
        insert.run_all(connection, ({"key": f"row-{n}", "value": "", "x": 1} for n in (2, 1)))

    with writer.connect() as connection:
        assert query.rows(connection, {}) == ["row-1", "row-2"]


def test_prepared_change_of_many_rows_that_breaks_a_rule_is_a_conflict(writer: sa.Engine) -> None:
    """Nothing of what came before it stays."""
    insert = PreparedChange(meta.insert())
    names = ("before", "instance", "after")

    with (
        pytest.raises(Conflict, match=r"UNIQUE constraint failed: meta.key"),
        translated(),
        writer.begin() as connection,
    ):
        insert.run_all(connection, ({"key": name, "value": ""} for name in names))

    with writer.connect() as connection:
        keys = set(connection.exec_driver_sql("SELECT key FROM meta").scalars())
    assert keys == {"instance", "created_at"}


def test_prepared_query_is_streamed_row_by_row(writer: sa.Engine, path: Path) -> None:
    """None is made before it is asked for, and all of them are of one moment."""
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key

    new = meta.c.key > sa.bindparam("after")
    query = PreparedQuery(sa.select(meta.c.key).where(new).order_by(meta.c.key), make)
    reader = open_engine(path, Use.READ)
    with reader.connect() as connection:
        found = query.stream(connection, {"after": "a"})
        before = list(made)
        first = next(found)
        at_first = list(made)
        with writer.begin() as other:
            PreparedChange(meta.insert()).run(other, {"key": "z", "value": ""})
        rest = list(found)

    reader.dispose()
    assert (before, first, at_first) == ([], "created_at", ["created_at"])
    assert rest == ["instance"]


def test_prepared_change_that_breaks_a_rule_is_a_conflict(writer: sa.Engine) -> None:
    """As it is when the library says it."""
    insert = PreparedChange(meta.insert())

    with (
        pytest.raises(Conflict, match=r"UNIQUE constraint failed: meta.key"),
        translated(),
        writer.begin() as connection,
    ):
        insert.run(connection, {"key": "instance", "value": ""})
