"""The data directory: its layout, its format version, and who may use it at the same time.

``format.json`` says which program may touch it. Rules:

- The catalog is made first, ``format.json`` after it. So a directory with a format but without a
  catalog has lost its catalog, and is refused instead of being started empty.
- Everybody holds the lock shared while open; a migration needs it alone, and copies the catalog
  into ``backups/`` before it changes anything. It can be repeated after any interruption.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from wheelyard.catalog import layout, sqlite_file
from wheelyard.catalog.filesystem import explain, free_bytes, prove_writable, refuse_network
from wheelyard.catalog.layout import FORMAT
from wheelyard.catalog.locking import FileLock
from wheelyard.clock import Clock
from wheelyard.errors import ConfigError

__all__ = ["DataDirectory", "open_directory"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for other processes: while one migrates, and for all of them to leave."""

    migration_seconds: float = 120.0
    others_seconds: float = 5.0


PATIENCE = Patience()

DRAFT_SECONDS = 3600.0
"""A draft that nobody has written to for this long was left by a killed process."""


class Format(msgspec.Struct, frozen=True):
    """What ``format.json`` says."""

    format: int
    instance: str


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """An open data directory, locked against incompatible programs until it is closed."""

    path: Path
    instance: str
    lock: FileLock

    @property
    def catalog_path(self) -> Path:
        """The SQLite file."""
        return self.path / layout.CATALOG_NAME

    @property
    def blobs(self) -> Path:
        """Files named by their digest."""
        return self.path / layout.BLOBS_NAME

    @property
    def spool(self) -> Path:
        """Files that still arrive."""
        return self.path / layout.SPOOL_NAME

    @property
    def locks(self) -> Path:
        """Locks by key, for work that only one process may do."""
        return self.path / layout.LOCKS_NAME

    @property
    def run(self) -> Path:
        """What a running server tells commands and its own workers; worthless without it."""
        return self.path / layout.RUN_NAME

    @property
    def quarantine(self) -> Path:
        """Bytes that turned out wrong, kept for a person to look at."""
        return self.path / layout.QUARANTINE_NAME

    @property
    def backups(self) -> Path:
        """Copies of the catalog, one before each migration."""
        return self.path / layout.BACKUPS_NAME

    def free_bytes(self) -> int:
        """Return how many bytes can still be written here."""
        return free_bytes(self.path)

    def close(self) -> None:
        """Let go of the lock; harmless when repeated."""
        self.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_directory(path: Path, clock: Clock, patience: Patience = PATIENCE) -> DataDirectory:
    """Open the data directory ``path``: made if there is none, migrated if it is older.

    Raises:
        ConfigError: it cannot be used; the sentence says why and what to do.
    """
    path = path.absolute()
    with _explained(path):
        _refuse_half_restored(path)
        _lay_out(path)
        lock = FileLock(path / layout.LOCK_NAME)
        try:
            _share(path, lock, patience)
            if _load_format(path) is None:
                _make_catalog(path, clock)
            if _load_number(path) < FORMAT:
                _migrate(path, clock, lock, patience)
            known = _settle_format(path)
            _remove_drafts(path)
        except BaseException:
            lock.release()
            raise
    return DataDirectory(path, known.instance, lock)


def _refuse_half_restored(path: Path) -> None:
    """Refuse a directory into which a backup is being restored, or was until somebody ended it."""
    for name in (layout.RESTORING_NAME, layout.RESTORED_NAME):
        if (path / name).exists():
            raise ConfigError(
                f"A backup is being restored into the data directory `{path}`, or that was cut "
                "off: wait, or run the same `wheelyard restore --backup` again."
            )


def _lay_out(path: Path) -> None:
    """Make what is missing and prove that it can be written."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    refuse_network(path)
    for name in (
        layout.BLOBS_NAME,
        layout.SPOOL_NAME,
        layout.LOCKS_NAME,
        layout.RUN_NAME,
        layout.QUARANTINE_NAME,
        layout.BACKUPS_NAME,
    ):
        (path / name).mkdir(mode=0o700, exist_ok=True)
    prove_writable(path / layout.SPOOL_NAME)


def _share(path: Path, lock: FileLock, patience: Patience) -> None:
    if not lock.share(patience.migration_seconds):
        raise ConfigError(_busy(path))


def _busy(path: Path) -> str:
    return (
        f"The data directory `{path}` is being migrated by another process: wait until that is "
        "done, and start again."
    )


def _make_catalog(path: Path, clock: Clock) -> None:
    """Make an empty catalog if there is none. Loads SQLAlchemy."""
    from wheelyard.catalog.schema import create_catalog  # noqa: PLC0415  # slow to import

    if not (path / layout.CATALOG_NAME).exists():
        create_catalog(path / layout.CATALOG_NAME, clock)


def _load_number(path: Path) -> int:
    """Return the format of the catalog: after an interruption, the truth about the directory."""
    catalog = path / layout.CATALOG_NAME
    if not catalog.exists():
        raise ConfigError(
            f"The data directory `{path}` has lost its catalog: copy the newest file of "
            f"`{path / layout.BACKUPS_NAME}` to `{catalog}`, or delete "
            f"`{path / layout.FORMAT_NAME}` to start with an empty one."
        )
    number = sqlite_file.check(catalog)
    _refuse_newer(path, number)
    return number


def _migrate(path: Path, clock: Clock, lock: FileLock, patience: Patience) -> None:
    """Migrate the catalog while nobody else has the directory open. Loads Alembic.

    Of several processes that find the same old directory, one gets the turn; the others find it
    up to date when the turn is theirs.
    """
    from wheelyard.catalog.upgrade import upgrade  # noqa: PLC0415  # slow to import

    lock.release()
    turn = FileLock(path / layout.TURN_NAME)
    try:
        if not turn.take(patience.migration_seconds):
            raise ConfigError(_busy(path))
        if (number := _load_number(path)) < FORMAT:
            if not lock.take(patience.others_seconds):
                raise ConfigError(
                    f"The data directory `{path}` must be migrated to format {FORMAT}, but another "
                    "program has it open: stop every program that uses it, and start again."
                )
            upgrade(path, number, clock)
        _share(path, lock, patience)
    finally:
        turn.release()


def _settle_format(path: Path) -> Format:
    """Return what ``format.json`` says, after making it say today's format."""
    known = _load_format(path)
    if known is None or known.format != FORMAT:
        instance = sqlite_file.load_meta(path / layout.CATALOG_NAME, "instance")
        known = Format(FORMAT, instance)
        _save_format(path, known)
    return known


def _load_format(path: Path) -> Format | None:
    """Return what ``format.json`` says, or None if there is none.

    Raises:
        ConfigError: it is newer than this program, or unreadable.
    """
    file = path / layout.FORMAT_NAME
    try:
        known = msgspec.json.decode(file.read_bytes(), type=Format)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"`{file}` is damaged ({error}): delete it, it is made again from the catalog."
        ) from error
    _refuse_newer(path, known.format)
    return known


def _refuse_newer(path: Path, number: int) -> None:
    if number > FORMAT:
        raise ConfigError(
            f"The data directory `{path}` has format {number}, but this program knows formats up "
            f"to {FORMAT}: use the newer version of Wheelyard that wrote it, or another directory."
        )


def _save_format(path: Path, known: Format) -> None:
    """Write ``format.json`` so that there is the old one or the new one, never half of one."""
    draft = path / f"{layout.FORMAT_NAME}.{os.getpid()}.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(known) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path / layout.FORMAT_NAME)
    sqlite_file.sync_folder(path)


def _remove_drafts(path: Path) -> None:
    """Remove files that a killed process was about to rename."""
    limit = time.time() - DRAFT_SECONDS  # as file systems count it
    for folder in (path, path / layout.BACKUPS_NAME, path / layout.RUN_NAME):
        for draft in folder.glob("*.new*"):
            with suppress(FileNotFoundError):  # another process starts at the same time
                if draft.stat().st_mtime < limit:
                    draft.unlink()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error
