"""Running queries: they read, they end, and nothing else."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from publish.snapshot.small_index import make_snapshot, small_index
from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.snapshot.running import Limits, ask, opened
from wheelyard.publish.snapshot.schema import APPLICATION_ID, SCHEMA_VERSION

FOR_EVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a snapshot of the small index."""
    path = tmp_path_factory.mktemp("snapshot") / "s.sqlite"
    anyio.run(make_snapshot, small_index(), path)
    return path


@pytest.fixture
def connection(snapshot: Path) -> Iterator[sqlite3.Connection]:
    """Open it, to read."""
    with opened(snapshot) as connection:
        yield connection


def test_answer_has_columns_and_rows(connection: sqlite3.Connection) -> None:
    """In their order."""
    answer = ask(connection, "SELECT 1 AS a, 'x' AS b, NULL AS c", {}, Limits())

    assert (answer.columns, answer.rows) == (("a", "b", "c"), ((1, "x", None),))
    assert not answer.has_more


@pytest.mark.parametrize(
    ("rows", "shown", "has_more"), [(2, 2, True), (6, 6, False), (7, 6, False), (None, 6, False)]
)
def test_rows_have_a_limit(
    rows: int | None,
    shown: int,
    has_more: bool,  # noqa: FBT001 - a case
    connection: sqlite3.Connection,
) -> None:
    """And whoever asks learns that there are more."""
    answer = ask(connection, "SELECT name FROM projects", {}, Limits(rows))

    assert (len(answer.rows), answer.has_more) == (shown, has_more)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM files",
        "UPDATE projects SET name = 'x'",
        "INSERT INTO meta VALUES ('a', 'b')",
        "REPLACE INTO meta VALUES ('a', 'b')",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "CREATE VIEW x AS SELECT 1",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "DROP TABLE files",
        "ALTER TABLE files RENAME TO x",
        "ATTACH ':memory:' AS x",
        "ATTACH '/tmp/x.sqlite' AS x",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/x.sqlite'",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "SAVEPOINT x",
        "PRAGMA writable_schema = 1",
        "PRAGMA query_only = 0",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = WAL",
        "PRAGMA temp_store_directory = '/tmp'",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('x', x'00')",
        "WITH x AS (SELECT 1) DELETE FROM files",
    ],
)
def test_nothing_but_reading_is_allowed(
    sql: str, connection: sqlite3.Connection, snapshot: Path
) -> None:
    """Whatever it is tried with, the file stays as it is."""
    before = snapshot.read_bytes()
    with pytest.raises(BadInput):
        ask(connection, sql, {}, Limits())

    assert snapshot.read_bytes() == before
    assert len(ask(connection, "SELECT * FROM files", {}, Limits()).rows) == 13


@pytest.mark.parametrize(
    "sql",
    [
        "VALUES (1)",
        "EXPLAIN QUERY PLAN SELECT * FROM files",
        "PRAGMA table_info(files)",
        "PRAGMA integrity_check",
        "PRAGMA user_version",
        "SELECT * FROM pragma_table_info('files')",
        "SELECT value FROM json_each('[1]')",
        "SELECT name FROM sqlite_schema",
        "SELECT upper(name), row_number() OVER () FROM projects",
    ],
)
def test_everything_that_only_reads_is_allowed(sql: str, connection: sqlite3.Connection) -> None:
    """What people and tools look at a database with."""
    assert ask(connection, sql, {}, Limits()).rows


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT * FROM fils", "no table `fils`: did you mean `files`?"),
        ("SELECT * FROM zzz", "no table `zzz`. The tables are `meta`, `projects`"),
        ("SELECT summry FROM projects", "no column `summry`: did you mean `summary`?"),
        ("SELECT p.summry FROM projects p", "no column `p.summry`: did you mean `summary`?"),
        ("SELECT zzzzz FROM projects", "no column `zzzzz` in what is asked"),
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("-- nothing", "begins with SELECT or WITH"),
        ("SELECT :name", "give it with `--param NAME=VALUE`"),
        ("SELECT zeroblob(1000000000)", "too big"),
        ("SELECT zeroblob(1048577)", "too big"),
        ("SELECT '\udcff'", "cannot be run"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(
    sql: str, sentence: str, connection: sqlite3.Connection
) -> None:
    """With the nearest name."""
    with pytest.raises(BadInput) as caught:
        ask(connection, sql, {}, Limits())

    assert sentence in str(caught.value)


def test_query_without_end_is_ended(connection: sqlite3.Connection) -> None:
    """After the time that it was given; the next one is run."""
    with pytest.raises(BadInput, match=r"longer than 0\.05 s .*`--timeout`"):
        ask(connection, FOR_EVER, {}, Limits(seconds=0.05))

    assert ask(connection, "SELECT 1", {}, Limits()).rows == ((1,),)


def test_answer_that_does_not_fit_into_memory_is_refused(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few rows it has; of what fits nothing is cut off."""
    monkeypatch.setattr("wheelyard.publish.snapshot.running._LARGEST_ANSWER", 2 * 1024**2 + 4096)
    sql = "SELECT zeroblob(1048576) AS much FROM files LIMIT :rows"

    with pytest.raises(BadInput, match="more than 2 MiB: ask for less"):
        ask(connection, sql, {"rows": "3"}, Limits())

    assert len(ask(connection, sql, {"rows": "2"}, Limits()).rows) == 2


def test_answer_of_very_many_small_rows_is_refused(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of one number takes memory, too; a minute brings hundreds of millions of them."""
    monkeypatch.setattr("wheelyard.publish.snapshot.running._LARGEST_ANSWER", 1024**2)
    sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"

    with pytest.raises(BadInput, match="more than 1 MiB: ask for less"):
        ask(connection, sql, {}, Limits(rows=None))


def test_query_is_interrupted(connection: sqlite3.Connection) -> None:
    """By the key that interrupts every command."""
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(connection, FOR_EVER, {}, Limits(seconds=60))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """By what they are, before anything is asked of them."""
    sentences = {}
    (tmp_path / "text").write_text("no database", "utf-8")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE x (y)")
    other.close()
    with sqlite3.connect(tmp_path / "newer") as newer:
        newer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    os.mkfifo(tmp_path / "pipe")  # into which nobody ever writes
    for name in ("text", "pipe", "other", "newer", "missing"):
        with pytest.raises(BadInput) as caught, opened(tmp_path / name):
            pass
        sentences[name] = str(caught.value)

    assert "is not a file of SQLite" in sentences["text"]
    assert "is not a file of SQLite" in sentences["pipe"]
    assert "no snapshot of an index" in sentences["other"]
    assert f"of version {SCHEMA_VERSION + 1}" in sentences["newer"]
    assert "There is no file" in sentences["missing"]


def test_directory_is_no_snapshot(tmp_path: Path) -> None:
    """As little as what cannot be read."""
    with pytest.raises(Unavailable, match="directory"), opened(tmp_path):
        pass


def test_damaged_snapshot_is_said_to_be(snapshot: Path, tmp_path: Path) -> None:
    """Instead of giving out what is left of it."""
    content = bytearray(snapshot.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    (tmp_path / "damaged").write_bytes(content)

    with pytest.raises(Unavailable, match="damaged"), opened(tmp_path / "damaged") as connection:
        ask(connection, "SELECT * FROM files", {}, Limits())


def test_schema_of_a_stranger_is_not_trusted(snapshot: Path, tmp_path: Path) -> None:
    """A view that writes or loads code does nothing of it."""
    (tmp_path / "odd").write_bytes(snapshot.read_bytes())
    with sqlite3.connect(tmp_path / "odd") as odd:
        odd.execute("CREATE VIEW trap AS SELECT load_extension('x')")
    odd.close()

    with opened(tmp_path / "odd") as connection, pytest.raises(BadInput):
        ask(connection, "SELECT * FROM trap", {}, Limits())
