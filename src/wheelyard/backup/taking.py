"""Taking a backup: everything of a data directory, while programs go on using it.

The order of things makes it one consistent state, without holding anybody up:

1. the catalog is copied as it is at one moment;
2. every blob that this copy names is written, each hashed on the way;
3. the copy is written.

A blob is durable before anything names it, so what the copy names is there, unless it was removed
since the copy was made. Then names went before bytes: the catalog does not name it any more, and
another copy is made, for which only what is new is written. So a backup never has a row without
its bytes, whatever is uploaded, deleted and collected meanwhile.

Bytes that are missing or damaged in the store itself are told, and the rest is taken all the same.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Final

import msgspec

from wheelyard import __version__
from wheelyard.backup.archive import (
    CATALOG,
    INFO,
    ArchiveWriter,
    Info,
    blob_path,
    chunks_of,
    data_path,
)
from wheelyard.blobs import SHELVES, KeyLocks
from wheelyard.catalog.copies import CatalogFile, copy_catalog, open_copy
from wheelyard.catalog.directory import DataDirectory
from wheelyard.catalog.layout import CATALOG_NAME, FORMAT, FORMAT_NAME, LOCK_NAME, TURN_NAME
from wheelyard.clock import Instant
from wheelyard.errors import Conflict, Unavailable
from wheelyard.names import Sha256
from wheelyard.pages.coding import WritesBytes

__all__ = ["Source", "Taken", "take_backup"]

_COPIES: Final = ".backup-"
_ATTEMPTS: Final = 20
_LARGEST_DATA: Final = 1024**2
_NOT_DATA: Final = {CATALOG_NAME, FORMAT_NAME, LOCK_NAME, TURN_NAME}


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is taken of, and when. ``besides`` are files that are no part of it."""

    directory: DataDirectory
    at: Instant
    has_files: bool = True
    besides: frozenset[Path] = frozenset()


@dataclass(slots=True)
class Taken:
    """What a backup has: blobs and their bytes, and what it could not have.

    ``missing`` are named by the catalog and not in the store, ``damaged`` have other bytes there;
    ``left_out`` are files of the data directory that look like no part of it.
    """

    blobs: int = 0
    bytes: int = 0
    missing: list[Sha256] = field(default_factory=list)
    damaged: list[Sha256] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything that the catalog names is in it."""
        return not self.missing and not self.damaged


def take_backup(source: Source, sink: WritesBytes, tell: Callable[[Taken], None]) -> Taken:
    """Write a backup to ``sink``; ``tell`` hears after each blob how far it is.

    Raises:
        Conflict: another backup of the same data is being taken.
        ConfigError: the catalog cannot be copied.
        Unavailable: something cannot be read or written, or things are removed all the time.
    """
    with _alone(source.directory), ArchiveWriter(sink, source.at) as archive:
        return _Taking(source, archive, tell).take()


class _Taking:
    """One backup that is being taken."""

    def __init__(
        self, source: Source, archive: ArchiveWriter, tell: Callable[[Taken], None]
    ) -> None:
        self._source = source
        self._archive = archive
        self._tell = tell
        self._done: set[bytes] = set()
        self.taken = Taken()

    def take(self) -> Taken:
        """Write everything, in the order that the head of this file says."""
        self._add_info()
        self._add_data()
        for _ in range(_ATTEMPTS):
            with _copied(self._source.directory) as path:
                with open_copy(path) as copy:
                    is_whole = not self._source.has_files or self._add_blobs(copy)
                if is_whole:
                    self._add_file(CATALOG, path)
                    self._archive.finish()
                    return self.taken
        reason = "files are removed all the time: try again when less is collected"
        raise Unavailable("A consistent backup", reason)

    def _add_info(self) -> None:
        """Write what the backup is."""
        info = Info(
            catalog_format=FORMAT,
            instance=self._source.directory.instance,
            created=self._source.at,
            program=__version__,
            has_files=self._source.has_files,
        )
        content = msgspec.json.format(msgspec.json.encode(info)) + b"\n"
        self._archive.add(INFO, len(content), [content])

    def _add_data(self) -> None:
        """Write the small files of the data directory: keys, and what else programs keep there."""
        for path in sorted(self._source.directory.path.iterdir()):
            if not _is_data(path, self._source.besides):
                continue
            place = data_path(path.name)
            if place is None or path.stat().st_size > _LARGEST_DATA:
                self.taken.left_out.append(path.name)
                continue
            content = path.read_bytes()
            self._archive.add(place, len(content), [content])

    def _add_blobs(self, copy: CatalogFile) -> bool:
        """Write what the copy names and is not written yet; say whether that is all of it now."""
        is_whole = True
        for shelf in SHELVES:
            for blob in copy.named(shelf):
                key = bytes.fromhex(blob.sha256)
                if key in self._done:
                    continue
                if self._add_blob(blob.sha256):
                    self._done.add(key)
                else:
                    is_whole = False
        return is_whole

    def _add_blob(self, digest: Sha256) -> bool:
        """Write a blob; False if it was removed since it was named."""
        path = self._path(digest)
        try:
            found = self._add_file(blob_path(digest), path)
        except FileNotFoundError:
            if not self._is_missing(digest):
                return False
            self.taken.missing.append(digest)
            return True
        if found != digest:
            self.taken.damaged.append(digest)
        self.taken.blobs += 1
        self._tell(self.taken)
        return True

    def _is_missing(self, digest: Sha256) -> bool:
        """Say whether a blob is named and not there, not only on its way out.

        Looked at in this order, because names come after bytes, and go before them.
        """
        with CatalogFile(self._source.directory.catalog_path) as catalog:
            return catalog.names(digest) and not self._path(digest).exists()

    def _path(self, digest: Sha256) -> Path:
        """Return where a blob is in the store."""
        return self._source.directory.blobs / digest[:2] / digest[2:4] / digest

    def _add_file(self, name: str, path: Path) -> Sha256:
        """Write a file, as it is."""
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            written = self._archive.add(name, size, _readable(file))
        self.taken.bytes += size
        return written


def _readable(file: BinaryIO) -> Iterator[bytes]:
    """Yield what the disk can read of a file; what is missing shows by its digest."""
    try:
        yield from chunks_of(file)
    except OSError as error:
        if error.errno != errno.EIO:
            raise


@contextmanager
def _alone(directory: DataDirectory) -> Iterator[None]:
    """Hold off other backups of the same data, and clean up after those that were killed."""
    lock = KeyLocks(directory.locks).try_lock("backup")
    if lock is None:
        message = "another backup of the same data is being taken: wait until it is done."
        raise Conflict(f"The backup of `{directory.path}`", message)
    try:
        for leftover in directory.backups.glob(f"{_COPIES}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextmanager
def _copied(directory: DataDirectory) -> Iterator[Path]:
    """Yield a copy of the catalog, which is gone after the block."""
    folder = Path(mkdtemp(prefix=_COPIES, dir=directory.backups))
    try:
        path = folder / CATALOG_NAME
        copy_catalog(directory.catalog_path, path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_data(path: Path, besides: frozenset[Path]) -> bool:
    """Say whether a file of the data directory is one that a program keeps there."""
    is_ours = not path.name.startswith((CATALOG_NAME, ".")) and path.name not in _NOT_DATA
    if not is_ours or ".new" in path.suffixes or path in besides:
        return False
    return path.is_file() and not path.is_symlink()
