"""Everything in which SQLite differs from another database; queries elsewhere are the same for all.

Nothing here or in the queries needs more than SQLite 3.26 (2018), which the oldest systems with a
supported Python still link: no RETURNING, no ``sqlite_schema``, no STRICT.

Why these settings (``settings`` below):

- ``mmap_size``: reading a page of 40 KB takes 11 us instead of 28. A file that is cut short from
  outside while we run then kills the process; the file is ours alone, and the lock says so.
- WAL: readers never wait for the writer, and a killed process loses nothing that was committed.
- ``synchronous=FULL``: ledger rows are evidence, so a commit is on disk when it returns. What that
  costs is shared: commits that wait for each other become one (``connections.py``).
- Transactions begin when we say so. Python's own rules start one at the first INSERT, too late to
  hold what was read before it; hence ``isolation_level=None`` and an explicit BEGIN.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from wheelyard.catalog.sqlite_file import reason_of
from wheelyard.errors import Conflict, Unavailable

__all__ = [
    "PreparedChange",
    "PreparedQuery",
    "Use",
    "append_only",
    "in_transaction",
    "insert",
    "load_data_version",
    "open_engine",
    "savepoint",
    "translated",
    "upsert",
]

T = TypeVar("T")

BUSY_MILLISECONDS = 10_000
MMAP_BYTES = 256 * 1024 * 1024
WAL_KEPT_BYTES = 64 * 1024 * 1024

_OF_THE_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}


class Use(Enum):
    """What the connections of an engine are for, and how their transactions begin."""

    WRITE = "BEGIN IMMEDIATE"
    """The write lock comes first, so that nobody writes between our reading and our writing."""
    READ = "BEGIN"
    """All queries until the connection is given back see one snapshot."""
    LOOK_UP = ""
    """Each query is a transaction of its own."""


def open_engine(path: Path, use: Use, connections: int = 1) -> sa.Engine:
    """Return an engine on the SQLite file ``path`` with at most ``connections`` connections."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False, "isolation_level": None},
        poolclass=sa.QueuePool,
        pool_size=connections,
        max_overflow=0,
    )

    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for statement in settings(use):
            cursor.execute(statement)
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        if use.value:
            connection.exec_driver_sql(use.value)

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", begin)
    return engine


def settings(use: Use) -> Sequence[str]:
    """Return the statements that prepare a new connection."""
    return (
        f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
        f"PRAGMA mmap_size={MMAP_BYTES}",
        f"PRAGMA journal_size_limit={WAL_KEPT_BYTES}",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA query_only={'OFF' if use is Use.WRITE else 'ON'}",
    )


def upsert(table: sa.Table, keep: Iterable[str] = ()) -> sa.Insert:
    """Return an INSERT that replaces the row of the same key, except its columns in ``keep``."""
    statement = insert(table)
    names = [column.name for column in table.columns]
    kept = {*keep, *table.primary_key.columns.keys()}
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names if name not in kept},
    )


def append_only(table: sa.Table) -> Sequence[str]:
    """Return the statements that make every change of a row of ``table`` fail.

    A third trigger, because INSERT OR REPLACE deletes without asking the trigger on DELETE.
    Source: https://sqlite.org/lang_conflict.html (REPLACE)
    """
    name = table.name
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are never changed'); END"
    same = " AND ".join(f"{key.name} = NEW.{key.name}" for key in table.primary_key)
    there = f"EXISTS (SELECT 1 FROM {name} WHERE {same})"  # noqa: S608  # names of our own
    return [
        f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {refuse}",
        f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}",
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} WHEN {there} {refuse}",
    ]


class PreparedChange:
    """A statement in the database's own words, for what is written all the time.

    Translated once, and said to the driver itself: what the library does for each execution takes
    longer than writing or looking up one row.
    """

    def __init__(self, statement: sa.Executable, columns: Iterable[str] | None = None) -> None:
        """Translate ``statement``; an INSERT without values gives all of these ``columns``."""
        names = None if columns is None else list(columns)
        compiled = cast("sa.ClauseElement", statement).compile(
            dialect=dialect(paramstyle="named"), column_keys=names
        )
        self._text = str(compiled)
        given = compiled.params.items()
        self._constants = {name: value for name, value in given if value is not None}

    def run(self, connection: sa.Connection, parameters: Mapping[str, object]) -> int:
        """Do it, and return the number of the row that was inserted last.

        What is in ``parameters`` besides those that the statement has is left alone.
        """
        return self._execute(connection, parameters).lastrowid or 0

    def run_all(self, connection: sa.Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Do it with each of ``rows``, of which every one has all parameters."""
        if not connection.in_transaction():
            connection.begin()
        _driver(connection).executemany(self._text, rows)

    def _execute(
        self, connection: sa.Connection, parameters: Mapping[str, object]
    ) -> sqlite3.Cursor:
        if not connection.in_transaction():
            connection.begin()  # as the library does: who reads twice sees one snapshot
        return _driver(connection).execute(self._text, {**self._constants, **parameters})


class PreparedQuery(PreparedChange, Generic[T]):
    """The same for a query, of which each row becomes what ``make`` makes of its values.

    They are as the database has them: 0 and 1 for booleans.
    """

    def __init__(self, statement: sa.Executable, make: Callable[..., T]) -> None:
        """Translate ``statement``."""
        super().__init__(statement)
        self._make = make

    def rows(self, connection: sa.Connection, parameters: Mapping[str, object]) -> list[T]:
        """Return what is found."""
        found = self._execute(connection, parameters).fetchall()
        return [self._make(*row) for row in found]

    def stream(self, connection: sa.Connection, parameters: Mapping[str, object]) -> Iterator[T]:
        """Yield what is found, row by row, while the connection is not given back."""
        for row in self._execute(connection, parameters):
            yield self._make(*row)

    def first(self, connection: sa.Connection, parameters: Mapping[str, object]) -> T | None:
        """Return the first that is found, or None."""
        found = self._execute(connection, parameters).fetchall()
        return self._make(*found[0]) if found else None


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """Undo what was done inside if it raises, and leave the transaction around it as it was.

    Said to the driver itself: the library's own nested transactions cost more than the work in
    them, and a mirror writes thousands of small rows per second.
    """
    driver = _driver(connection)
    driver.execute("SAVEPOINT piece")
    try:
        yield
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO piece")
            driver.execute("RELEASE piece")
        raise
    driver.execute("RELEASE piece")


def in_transaction(connection: sa.Connection) -> bool:
    """Say whether the transaction is still open; a full disk, for one, ends it.

    Source: https://sqlite.org/lang_transaction.html ("Response To Errors Within A Transaction")
    """
    return _driver(connection).in_transaction


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    """Return what is below the library."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def load_data_version(connection: sa.Connection) -> int:
    """Return a number that differs from the last time if another connection has committed.

    Source: https://sqlite.org/pragma.html#pragma_data_version
    """
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database library raises into errors of this program.

    Raises:
        Conflict: a rule of the schema says no.
        Unavailable: the file is locked, full, damaged or gone; the reason says which.
    """
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise Conflict("The catalog", f"{error.orig}.") from error
    except sa.exc.DBAPIError as error:
        raise _unavailable(error.orig) from error
    except sqlite3.IntegrityError as error:
        raise Conflict("The catalog", f"{error}.") from error
    except sqlite3.Error as error:
        raise _unavailable(error) from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("The catalog", "every connection is in use.") from error


def _unavailable(error: BaseException | None) -> Unavailable:
    """Return what the database says; a locked file passes by itself, a full disk does not."""
    is_ours = getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK
    return Unavailable("The catalog", reason_of(error), failing="disk" if is_ours else "")
