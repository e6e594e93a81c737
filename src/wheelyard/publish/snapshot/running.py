"""Running queries: on a file that nobody changes, by somebody who may only read it.

A query gets an answer, or a sentence; it cannot write, open another file, load code, or go on for
ever. The file may come from elsewhere, so nothing in its schema is trusted either.
"""

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Final

from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.snapshot.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

__all__ = ["Answer", "Limits", "Value", "ask", "opened"]

Value = str | int | float | bytes | None

_MAGIC: Final = b"SQLite format 3\x00"
_STEPS: Final = 10_000
"""How many steps of SQLite's machine pass between two looks at the clock: about a millisecond."""

_LARGEST_VALUE: Final = 1024**2
"""Within one function nobody looks at the clock: `instr` on two of these takes some seconds."""

_LARGEST_ANSWER: Final = 1024**3
_ROW_BYTES: Final = 64
_VALUE_BYTES: Final = 40
"""What a row and each of its values take beside text and bytes."""

_LONGEST_SQL: Final = 1024**2
_FUNCTIONS: Final = frozenset({"load_extension", "edit", "fts3_tokenizer", "readfile", "writefile"})
"""What SQLite may have, and nobody needs who only asks."""

_PRAGMAS: Final = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("user_version", "application_id", "schema_version", "page_count", "page_size"),
        *("compile_options", "function_list", "integrity_check", "quick_check"),
    }
)
_TAKES_A_NAME: Final = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"}
)
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_UNKNOWN: Final = re.compile(r"no such (table|column): (\S+)")
_TABLES_OF_FUNCTIONS: Final = """SELECT count(*) FROM json_each('[]'), json_tree('[]'),
pragma_table_info('meta'), pragma_table_list, pragma_index_list('meta'), pragma_index_info('none')
"""
_FORBIDDEN: Final = re.compile(r"not authorized|prohibited|readonly|too many attached")
_DAMAGED: Final = re.compile(r"malformed|not a database|disk I/O|database corrupt")
_LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_SQL),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rows a query may answer with, and for how long it may run; None is no limit."""

    rows: int | None = 1_000
    seconds: float | None = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought. ``has_more`` says that there would be more rows than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    has_more: bool = False


@dataclass(slots=True)
class _Watch:
    """Ends a query that takes too long. An interrupt reaches it between two steps."""

    seconds: float | None
    began: float = field(default_factory=time.monotonic)
    is_late: bool = False

    def __call__(self) -> int:
        """Say whether to stop; SQLite's interface."""
        self.is_late = self.seconds is not None and time.monotonic() - self.began > self.seconds
        return int(self.is_late)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a snapshot that can do nothing but read.

    Raises:
        BadInput: the file is no snapshot, or of another version.
        Unavailable: it cannot be read.
    """
    _check_start(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    try:
        _check_kind(connection, path)
        for pragma in ("query_only = 1", "trusted_schema = 0", "cell_size_check = 1"):
            connection.execute(f"PRAGMA {pragma}")
        for limit, most in _LIMITS:
            connection.setlimit(limit, most)
        # A table that SQLite makes of a function says what it is by a statement that makes a table.
        # It is said once, so it is said before such statements are forbidden.
        connection.execute(_TABLES_OF_FUNCTIONS).fetchall()
        connection.set_authorizer(_authorise)
        yield connection
    finally:
        connection.close()


def ask(
    connection: sqlite3.Connection,
    sql: str,
    values: Mapping[str, str],
    limits: Limits,
) -> Answer:
    """Return what a query brings.

    Raises:
        BadInput: it is no query, or not one that only reads; or it takes too long.
        Unavailable: the snapshot cannot be read, or is damaged.
    """
    watch = _Watch(limits.seconds)
    connection.set_progress_handler(watch, _STEPS)
    try:
        found = connection.execute(sql, values)
        if found.description is None:
            raise BadInput("That is no query: write one statement that begins with SELECT or WITH.")
        rows = _gathered(found, limits.rows)
        columns = tuple(str(each[0]) for each in found.description)
        found.close()
    except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
        raise _translated(error, watch) from error
    finally:
        connection.set_progress_handler(None, 0)
    shown = rows if limits.rows is None else rows[: limits.rows]
    return Answer(columns, tuple(shown), len(shown) < len(rows))


def _gathered(found: sqlite3.Cursor, most: int | None) -> list[tuple[Value, ...]]:
    """Return the rows that a query brings, one more than are wanted if there are more.

    Raises:
        BadInput: they are more than belongs into memory.
    """
    rows: list[tuple[Value, ...]] = []
    left = _LARGEST_ANSWER
    for row in islice(found, None if most is None else most + 1):
        left -= _ROW_BYTES + _VALUE_BYTES * len(row)
        left -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if left < 0:
            raise BadInput(
                f"The answer has more than {_LARGEST_ANSWER // 1024**2} MiB: ask for less of it."
            )
        rows.append(row)
    return rows


def _check_start(path: Path) -> None:
    """Return if a file begins as a database does."""
    try:
        start = b"" if path.is_fifo() else _start_of(path)  # it would be waited for a writer
    except FileNotFoundError as error:
        raise BadInput(f"There is no file `{path}`: make one with `wheelyard snapshot`.") from error
    except OSError as error:
        raise Unavailable(f"`{path}`", error.strerror or "it cannot be read") from error
    if start != _MAGIC:
        raise BadInput(f"`{path}` is no snapshot: it is not a file of SQLite.")


def _start_of(path: Path) -> bytes:
    """Return how a file begins."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC))


def _check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Return if a database is a snapshot of the version that is known."""
    try:
        (kind,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"`{path}`", f"it is damaged: {error}") from error
    if kind != APPLICATION_ID:
        raise BadInput(f"`{path}` is a database of SQLite, but no snapshot of an index.")
    if version != SCHEMA_VERSION:
        raise BadInput(
            f"`{path}` is a snapshot of version {version}, and this program knows "
            f"{SCHEMA_VERSION}: use the version that made it, or have it made anew."
        )


def _authorise(
    action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None
) -> int:
    """Say whether a statement may do something; SQLite's interface."""
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        name = (first or "").lower()
        if name in _PRAGMAS and (second is None or name in _TAKES_A_NAME):
            return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _translated(error: Exception, watch: _Watch) -> BaseException:
    """Return what SQLite says in our words."""
    text = str(error).rstrip(".")
    if watch.is_late:
        return BadInput(
            f"The query took longer than {watch.seconds:g} s and was ended: ask for less, or give "
            "it more time with `--timeout`."
        )
    if text == "interrupted":  # a signal came while SQLite looked at the clock
        return KeyboardInterrupt()
    if _DAMAGED.search(text):
        return Unavailable("The snapshot", f"it is damaged: {text}")
    return BadInput(_sentence(text))


def _sentence(text: str) -> str:
    """Return what is wrong with a query, of which SQLite says ``text``."""
    if _FORBIDDEN.search(text):
        return f"That is not allowed here, where queries only read: {text}."
    if found := _UNKNOWN.search(text):
        return f"There is no {found[1]} `{found[2]}`{_nearest(found[1], found[2])}"
    if "did not supply a value" in text:
        return f"{text}: give it with `--param NAME=VALUE`."
    return f"The query cannot be run: {text}."


def _nearest(kind: str, name: str) -> str:
    """Return how a sentence goes on about a name that there is none of."""
    tables = [table.name for table in TABLES]
    columns = sorted({column.name for table in TABLES for column in table.columns})
    names = tables if kind == "table" else columns
    if near := get_close_matches(name.rpartition(".")[2], names, n=1):
        return f": did you mean `{near[0]}`?"
    if kind == "table":
        return f". The tables are {', '.join(f'`{table}`' for table in tables)}."
    return " in what is asked."
