"""Restoring a backup: an empty directory becomes the data directory that it was taken of.

The order of things, which makes it all or nothing wherever it is cut off:

1. everything is unpacked into `.restoring` in the directory itself, which may be a whole disk;
2. the archive is proven to its last byte, and what it gave is made durable;
3. `.restoring` becomes `.restored`: from here on it counts;
4. everything is moved to its place, the catalog last, and `.restored` goes.

No program opens the directory while one of the two is there. Who is killed before 3 begins anew;
who is killed after it only has to move the rest.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from wheelyard.backup.archive import ArchiveReader, Info
from wheelyard.backup.unpacking import Unpacked, Unpacking, unpack
from wheelyard.blobs import SHELVES, disk_failure
from wheelyard.catalog import sqlite_file
from wheelyard.catalog.copies import CatalogFile, open_copy, renew_instance
from wheelyard.catalog.layout import (
    BLOBS_NAME,
    CATALOG_NAME,
    FORMAT,
    LOCK_NAME,
    RESTORED_NAME,
    RESTORING_NAME,
)
from wheelyard.catalog.locking import FileLock
from wheelyard.errors import BadInput, ConfigError
from wheelyard.names import Sha256

__all__ = [
    "RestoredBackup",
    "finish_restore",
    "give_to_owner",
    "refuse_newer",
    "restore_backup",
    "unheld",
]

_FOUND_ANYWHERE: Final = {LOCK_NAME, "lost+found"}
_PATIENCE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """What was restored. ``instance`` is the identity of the data directory from now on.

    ``unheld`` are how many files of others are to be fetched again, because the backup did not
    have them; ``lost`` are our own blobs that it did not have.
    """

    info: Info
    unpacked: Unpacked
    instance: str
    unheld: int = 0
    lost: tuple[Sha256, ...] = field(default=())

    @property
    def is_whole(self) -> bool:
        """Whether everything is there that the catalog names and the backup was to have."""
        return not self.info.has_files or not (self.lost or self.unheld)


def restore_backup(
    archive: ArchiveReader,
    data: Path,
    tell: Callable[[Unpacked], None],
    *,
    keeps_identity: bool = False,
) -> RestoredBackup:
    """Make ``data``, which is empty or not there, the data directory that ``archive`` has.

    Raises:
        BadInput: it is no backup.
        ConfigError: the directory has other contents, or the backup is of a newer format.
        Corrupt: the archive is damaged or not whole; nothing has changed.
        Unavailable: the disk does not take it; nothing has changed.
    """
    refuse_newer(archive.info)
    try:
        with _held(data):
            draft = data / RESTORING_NAME
            draft.mkdir(mode=0o700)
            try:
                restored = _unpacked(archive, draft, tell, keeps_identity=keeps_identity)
                give_to_owner(data, draft)
                draft.rename(data / RESTORED_NAME)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            sqlite_file.sync_folder(data)
            _move(data)
    except OSError as error:
        raise disk_failure(f"The data directory `{data}`", error) from error
    return restored


def finish_restore(data: Path) -> bool:
    """Move what a restore that was cut off had proven already; say whether there was such a one.

    Raises:
        Unavailable: the disk does not take it.
    """
    if not (data / RESTORED_NAME).is_dir():
        return False
    try:
        with _locked(data):
            _move(data)
    except OSError as error:
        raise disk_failure(f"The data directory `{data}`", error) from error
    return True


def refuse_newer(info: Info) -> None:
    """Refuse a backup of a data directory that this program would not open.

    Raises:
        ConfigError: it is newer.
    """
    if info.catalog_format > FORMAT:
        raise ConfigError(
            f"The backup was taken by Wheelyard {info.program[:40]!a}, whose data directories have "
            f"format {info.catalog_format}; this program knows formats up to {FORMAT}: use that "
            "version or a newer one."
        )


def unheld(catalog: CatalogFile, has: Callable[[Sha256], bool]) -> list[Sha256]:
    """Return the blobs that a catalog names, and of which ``has`` says that they are not there."""
    return [
        blob.sha256 for shelf in SHELVES for blob in catalog.named(shelf) if not has(blob.sha256)
    ]


def _unpacked(
    archive: ArchiveReader, draft: Path, tell: Callable[[Unpacked], None], *, keeps_identity: bool
) -> RestoredBackup:
    """Unpack and prove everything, and have the catalog say what there is."""
    info, unpacking = archive.info, Unpacking(draft)
    unpacked = unpack(archive, unpacking, tell)
    catalog = draft / CATALOG_NAME
    number = sqlite_file.check(catalog)
    refuse_newer(msgspec.structs.replace(info, catalog_format=number))
    instance = info.instance if keeps_identity else renew_instance(catalog)
    missing: list[Sha256] = []
    lost: tuple[Sha256, ...] = ()
    if number == FORMAT:  # an older one is migrated first, and `verify` says what it lacks
        with open_copy(catalog) as opened:
            missing = unheld(opened, lambda digest: _is_there(draft, digest))
            lost = opened.forget(missing)
    unpacking.settle()
    return RestoredBackup(info, unpacked, instance, len(missing) - len(lost), lost)


def _is_there(draft: Path, digest: Sha256) -> bool:
    """Say whether a blob was unpacked."""
    return (draft / BLOBS_NAME / digest[:2] / digest[2:4] / digest).exists()


def _move(data: Path) -> None:
    """Move everything to its place, the catalog last."""
    source = data / RESTORED_NAME
    for path in sorted(source.iterdir(), key=lambda path: path.name == CATALOG_NAME):
        path.rename(data / path.name)
    sqlite_file.sync_folder(data)
    source.rmdir()
    sqlite_file.sync_folder(data)


@contextmanager
def _held(data: Path) -> Iterator[None]:
    """Hold a data directory that nothing is in, and no program uses.

    Raises:
        ConfigError: something is.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_contents(data)
    with _locked(data):
        _refuse_contents(data)
        # Left by one that was killed before it counted.
        shutil.rmtree(data / RESTORING_NAME, ignore_errors=True)
        yield


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold a data directory alone."""
    lock = FileLock(data / LOCK_NAME)
    if not lock.take(_PATIENCE_SECONDS):
        raise ConfigError(
            f"Another program uses the data directory `{data}`: stop it, or name another directory."
        )
    try:
        yield
    finally:
        lock.release()


def _refuse_contents(data: Path) -> None:
    """Refuse a directory that something is in."""
    if not data.is_dir():
        raise BadInput(f"`{data}` is no directory.")
    found = sorted({path.name for path in data.iterdir()} - _FOUND_ANYWHERE - {RESTORING_NAME})
    if found:
        raise ConfigError(
            f"The data directory `{data}` is not empty: there is `{found[0]}`. A backup is "
            "restored into an empty directory; name another one with `--data`."
        )


def give_to_owner(data: Path, folder: Path) -> None:
    """Let the server's own user have what the machine's administrator has restored.

    That user may change ``data`` meanwhile, and gets nothing else by that: no link is followed.
    """
    owner = data.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for _, _, names, inner in os.fwalk(folder):
        os.chown(inner, owner.st_uid, owner.st_gid)
        for name in names:
            os.chown(name, owner.st_uid, owner.st_gid, dir_fd=inner, follow_symlinks=False)
