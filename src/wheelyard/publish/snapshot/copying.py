"""From a working copy to a snapshot: every row once, in the order of keys, into a new file.

SQLite copies table by table, without a row passing through Python. The order of statements is
fixed, so that the bytes follow from the rows alone.
"""

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from wheelyard.names import Sha256
from wheelyard.publish.snapshot.schema import (
    APPLICATION_ID,
    INDEXES,
    PAGE_BYTES,
    SCHEMA_VERSION,
    TABLES,
)

__all__ = ["copy_rows", "digest_path", "draft_path", "file_digest", "put_in_place"]

_READ_BYTES: Final = 1024**2

_DOWNLOADS: Final = (
    "INSERT INTO out.downloads_daily SELECT * FROM main.working_downloads"
    " WHERE project IN (SELECT name FROM main.projects) ORDER BY day, project"
)


def digest_path(path: Path) -> Path:
    """Return where the digest of a snapshot is, for ``sha256sum -c``."""
    return path.with_name(f"{path.name}.sha256")


def draft_path(path: Path) -> Path:
    """Return the name beside ``path`` of what is not whole yet.

    Always the same, so that what a process left that was killed is found by the next one.
    """
    return path.with_name(f".{path.name}.new")


def copy_rows(connection: sqlite3.Connection, draft: Path) -> None:
    """Write the rows of a working copy, which is in no transaction, into a new file ``draft``.

    Raises:
        sqlite3.Error: it cannot be read or written.
    """
    connection.execute("ATTACH ? AS out", (str(draft),))
    try:
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "journal_mode = OFF",
            "synchronous = OFF",
            f"application_id = {APPLICATION_ID}",
            f"user_version = {SCHEMA_VERSION}",
        ):
            connection.execute(f"PRAGMA out.{pragma}").fetchall()
        connection.execute("BEGIN")
        _copy(connection)
        connection.execute("COMMIT")
    finally:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("DETACH out")


def _copy(connection: sqlite3.Connection) -> None:
    """Copy tables and indexes. With its indexes there, an empty table is copied page by page."""
    for table in TABLES:
        connection.execute(table.sql.replace("CREATE TABLE ", "CREATE TABLE out.", 1))
        indexes = [each for each in INDEXES if each.table == table.name]
        statements = [each.sql.replace("CREATE INDEX ", "CREATE INDEX out.", 1) for each in indexes]
        if table.name == "downloads_daily":
            connection.execute(_DOWNLOADS)
        for statement in statements:
            connection.execute(statement)
        if table.name != "downloads_daily":
            name = table.name
            connection.execute(f"INSERT INTO out.{name} SELECT * FROM main.{name}")  # noqa: S608 - our own names


def file_digest(path: Path) -> Sha256 | None:
    """Return the digest of a file, by reading it; None if there is none."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        return None
    return Sha256(digest.hexdigest())


def put_in_place(draft: Path, path: Path, sha256: Sha256) -> None:
    """Put a whole draft where it belongs, and its digest beside it.

    Two files cannot change in one step: for a moment there is no digest, never a wrong one.

    Raises:
        OSError: the disk would not.
    """
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    digest_path(path).unlink(missing_ok=True)
    draft.replace(path)
    line = draft_path(digest_path(path))
    try:
        with line.open("w", encoding="utf-8") as file:
            file.write(f"{sha256}  {path.name}\n")
            file.flush()
            os.fsync(file.fileno())
        line.replace(digest_path(path))
    finally:
        line.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a loss of power."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
