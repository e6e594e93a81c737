"""Working copies: the rows of a snapshot, and what is needed to know which of them have changed.

A working copy has the tables of a snapshot and, beside them, a digest of each page. It is made as a
draft without a journal, which takes its place when it is whole, and changed in one transaction
afterwards; so a process that is killed leaves the last state. It can always be thrown away.

Reading all of a large one to see whether it is sound takes longer than most changes. So whoever
closes one writes down what the file looks like, beside it; only if it looks otherwise when it is
opened, or nothing is written down because somebody was killed, is all of it read.
"""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wheelyard.errors import Unavailable
from wheelyard.publish.snapshot.schema import (
    APPLICATION_ID,
    INDEXES,
    PAGE_BYTES,
    SCHEMA_VERSION,
    TABLES,
)

__all__ = ["DERIVED", "Working", "disk_trouble", "open_working", "sound_mark"]

_KIND: Final = APPLICATION_ID + 1
"""A working copy says that it is none to be given out."""

_PRIVATE: Final = 0o600
"""It may be of an index that only members read."""

_CACHE_KIB: Final = 65_536
_WAIT_SECONDS: Final = 10.0

DERIVED: Final = frozenset({"downloads_daily"})
"""Tables that are made when a snapshot is written."""

_STATE: Final = (
    "working_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """working_pages (project TEXT PRIMARY KEY, digest BLOB NOT NULL, releases INTEGER NOT NULL,
    files INTEGER NOT NULL, newest TEXT NOT NULL)""",
    """working_uses (kind TEXT NOT NULL, text TEXT NOT NULL, uses INTEGER NOT NULL,
    PRIMARY KEY (kind, text))""",
    "working_days (day TEXT PRIMARY KEY, counted TEXT NOT NULL)",
    # Names that are not shown are in it too: they may be shown later. They are never given out.
    """working_downloads (day TEXT NOT NULL, project TEXT NOT NULL, downloads INTEGER NOT NULL,
    mirror_downloads INTEGER NOT NULL, PRIMARY KEY (day, project))""",
)


@dataclass(slots=True)
class Working:
    """An open working copy, in a transaction. ``is_new``: it is a draft, and empty."""

    connection: sqlite3.Connection
    path: Path
    is_new: bool

    @property
    def _draft(self) -> Path:
        return _draft_of(self.path)

    is_damaged: bool = False

    def commit(self) -> None:
        """Keep what was done; a draft gets its indexes, and goes on until ``close``."""
        if self.is_new:
            for index in INDEXES:
                if index.table not in DERIVED:
                    self.connection.execute(index.sql)
        self.connection.execute("COMMIT")

    def close(self, *, keeps: bool) -> None:
        """Close it. Without ``keeps`` what was not committed is given up, and a draft is removed.

        Raises:
            OSError: a draft cannot take its place.
        """
        self.connection.close()
        if self.is_new and not keeps:
            self._draft.unlink(missing_ok=True)
            return
        if self.is_new:
            _take_place(self._draft, self.path)
        if not self.is_damaged:
            with suppress(OSError):  # without it all is read the next time
                sound_mark(self.path).write_text(_looks(self.path), encoding="ascii")


def sound_mark(path: Path) -> Path:
    """Return where it is written down what a working copy looked like when it was closed."""
    return path.with_name(f".{path.name}.sound")


def open_working(path: Path) -> Working:
    """Open the working copy at ``path``, or begin a new one if there is none that can be used.

    Raises:
        Unavailable: the disk would not.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What another user left, who ran a command here, cannot be gone on with.
        found = _open_old(path) if os.access(path, os.W_OK) else None
        return found or _open_new(path)
    except (OSError, sqlite3.Error) as error:
        raise disk_trouble(path, error) from error


def disk_trouble(path: Path, error: OSError | sqlite3.Error) -> Unavailable:
    """Return what a disk or SQLite says of a file, in our words."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return Unavailable(f"`{path}`", said or "the disk would not", failing="disk")


def _open_old(path: Path) -> Working | None:
    """Open what is there; None if it is damaged, or of another version."""
    connection = _connect(path)
    try:
        _prepare(connection)
        (kind,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        is_ours = (kind, version) == (_KIND, SCHEMA_VERSION)
        if is_ours and (_was_sound(path) or _is_sound(connection)):
            connection.execute("BEGIN IMMEDIATE")
            sound_mark(path).unlink(missing_ok=True)
            return Working(connection, path, is_new=False)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            connection.close()
            raise  # it is in use, or cannot be read now
    connection.close()
    return None


def _was_sound(path: Path) -> bool:
    """Say whether a working copy looks as it did when somebody closed it properly."""
    try:
        return sound_mark(path).read_text(encoding="ascii") == _looks(path)
    except (OSError, UnicodeDecodeError):
        return False


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Say whether all that a working copy has can be read; reads it."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return bool(found == "ok")


def _looks(path: Path) -> str:
    """Return what a file looks like from outside."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"


def _open_new(path: Path) -> Working:
    """Begin a new one, as a draft beside its place."""
    draft = _draft_of(path)
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE))
    connection = _connect(draft)
    try:
        _prepare(connection)
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "journal_mode = OFF",  # nobody needs a draft that is not whole
            "synchronous = OFF",
            f"application_id = {_KIND}",
            f"user_version = {SCHEMA_VERSION}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            if table.name not in DERIVED:
                connection.execute(table.sql)
        for described in _STATE:
            connection.execute(f"CREATE TABLE {described} WITHOUT ROWID")
    except BaseException:
        connection.close()
        raise
    return Working(connection, path, is_new=True)


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection that any thread may use, one at a time."""
    return sqlite3.connect(
        path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )


def _prepare(connection: sqlite3.Connection) -> None:
    """Have a connection to itself, with room for what it works on. Reads the file's head."""
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()


def _draft_of(path: Path) -> Path:
    """Return where a new working copy is made."""
    return path.with_name(f".{path.name}.new")


def _take_place(draft: Path, path: Path) -> None:
    """Put a whole draft where it belongs, so that it is there after a loss of power."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    for suffix in ("-journal", "-wal", "-shm"):  # of what was there before
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}{suffix}").unlink()
    draft.replace(path)
