"""Backups in memory, and what is in a store, for the tests of this folder.

::

    archive = archive_of(data)
    assert members_of(archive)["catalog.sqlite"]
"""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from wheelyard.backup import RestoredBackup, Source, Taken, restore_backup, take_backup
from wheelyard.backup.archive import SUMS, ArchiveReader, ArchiveWriter
from wheelyard.catalog import open_directory
from wheelyard.clock import Instant, SystemClock

__all__ = [
    "TOP",
    "archive_of",
    "blobs_of",
    "members_of",
    "reader_of",
    "rebuilt",
    "restore_into",
    "taken_of",
]

TOP = "wheelyard-backup/"


def archive_of(data: Path, *, has_files: bool = True) -> bytes:
    """Return a backup of a data directory."""
    return taken_of(data, has_files=has_files)[0]


def taken_of(
    data: Path,
    tell: Callable[[Taken], None] = lambda _: None,
    *,
    has_files: bool = True,
) -> tuple[bytes, Taken]:
    """Return a backup of a data directory, and what it came to."""
    out, clock = io.BytesIO(), SystemClock()
    with open_directory(data, clock) as directory:
        taken = take_backup(Source(directory, clock.now(), has_files), out, tell)
    return out.getvalue(), taken


def reader_of(archive: bytes) -> ArchiveReader:
    """Return a reader of an archive in memory."""
    return ArchiveReader(io.BytesIO(archive), "The backup `test.tar`")


def restore_into(data: Path, archive: bytes, *, keeps_identity: bool = False) -> RestoredBackup:
    """Restore a backup."""
    reader = reader_of(archive)
    return restore_backup(reader, data, lambda _: None, keeps_identity=keeps_identity)


def members_of(archive: bytes) -> dict[str, bytes]:
    """Return the members of an archive by their names, as another program reads them."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
        found = {}
        for member in opened:
            file = opened.extractfile(member)
            assert file is not None
            found[member.name.removeprefix(TOP)] = file.read()
        return found


def rebuilt(archive: bytes, *, without: str) -> bytes:
    """Return an archive with the same members but one."""
    out = io.BytesIO()
    with ArchiveWriter(out, Instant(0.0)) as writer:
        for name, content in members_of(archive).items():
            if name not in {without, SUMS}:
                writer.add(name, len(content), [content])
        writer.finish()
    return out.getvalue()


def blobs_of(data: Path) -> dict[str, bytes]:
    """Return every file of a store by its name."""
    found = (path for path in (data / "blobs").rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in found}
