"""The catalog's file, before anyone queries it: prepare, check, copy. Standard library only."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wheelyard.catalog import layout
from wheelyard.errors import ConfigError

__all__ = ["back_up", "check", "load_meta", "prepare", "reason_of", "sync_folder"]

SMALL_BYTES = 8 * 1024 * 1024
"""Up to this size every page of the file is checked at each start."""

_DAMAGED = "its file is damaged; stop the program and restore the file from `backups/`."
_REASONS = {
    sqlite3.SQLITE_BUSY: "another process holds its lock; try again.",
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again.",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: "its file cannot be written; check its owner and mode.",
    sqlite3.SQLITE_PERM: "its file cannot be used; check its owner and mode.",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened; check that it is there, and its mode.",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check the disk and the room on it.",
}


def prepare(path: Path) -> None:
    """Make an empty file with the properties that only an empty file can get.

    Pages of 8 KiB write a quarter faster than 4 KiB for rows of 20 KiB and more; incremental
    vacuum gives the room of deleted rows back while the server runs.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size=8192")
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)


def check(path: Path, *, pages: bool = True) -> int:
    """Return the format of the catalog at ``path``, after making sure that it is one.

    With ``pages``, every page of a small file is looked at.

    Raises:
        ConfigError: it is damaged, or no catalog of ours.
    """
    with _opened(path) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not {"alembic_version", "meta"} <= tables:
            raise ConfigError(
                f"`{path}` is not a catalog of Wheelyard: move it away, "
                f"restore one from `{path.parent / layout.BACKUPS_NAME}`, "
                "or choose another data directory."
            )
        if pages and path.stat().st_size <= SMALL_BYTES:
            verdict = _value(connection, "PRAGMA quick_check(1)")
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        revision = _value(connection, "SELECT version_num FROM alembic_version")
        if not revision.isdecimal():
            message = f"its revision is {revision!r}"
            raise sqlite3.DatabaseError(message)
        return int(revision)


def load_meta(path: Path, key: str) -> str:
    """Return what the catalog at ``path`` says of itself under ``key``."""
    with _opened(path) as connection:
        return _value(connection, "SELECT value FROM meta WHERE key = ?", key)


def back_up(source: Path, target: Path) -> None:
    """Copy the catalog ``source`` to the new file ``target``, complete and on disk.

    Raises:
        ConfigError: ``source`` cannot be read, or there is no room for ``target``.

    Source: https://sqlite.org/backup.html
    """
    draft = target.with_name(f"{target.name}.new")
    try:
        with _opened(source) as connection, closing(sqlite3.connect(draft)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        draft.chmod(0o600)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def reason_of(error: BaseException | None) -> str:
    """Return what went wrong with a catalog, with a next step where there is one."""
    # Extended codes carry the plain one in their low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return f"{error}: {_REASONS[code]}" if code in _REASONS else f"{error}."


def _value(connection: sqlite3.Connection, query: str, *parameters: str) -> str:
    row = connection.execute(query, parameters).fetchone()
    if row is None:
        message = f"`{query}` finds nothing"
        raise sqlite3.DatabaseError(message)
    return str(row[0])


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing file; what SQLite says of it becomes a sentence with a next step."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as opened:
            yield opened
    except sqlite3.OperationalError as error:
        raise ConfigError(f"The catalog `{path}` cannot be used: {reason_of(error)}") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"The catalog `{path}` is damaged ({error}): stop every program that uses it, move it "
            f"and the files `{path.name}-*` beside it away, and copy the newest file of "
            f"`{path.parent / layout.BACKUPS_NAME}` in its place; without a backup, move "
            f"`{path.parent / layout.FORMAT_NAME}` away too, and an empty catalog is made."
        ) from error
