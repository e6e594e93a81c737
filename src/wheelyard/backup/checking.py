"""Checking a backup without restoring it: every byte is read, and compared with what was taken."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wheelyard.backup.archive import CATALOG, ArchiveReader, Info, Member, blob_of
from wheelyard.backup.restoring import refuse_newer, unheld
from wheelyard.backup.unpacking import Unpacked
from wheelyard.blobs import disk_failure
from wheelyard.catalog import sqlite_file
from wheelyard.catalog.copies import open_copy
from wheelyard.catalog.layout import CATALOG_NAME, FORMAT
from wheelyard.errors import BadInput
from wheelyard.names import Sha256

__all__ = ["Checked", "check_backup"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a backup has, and which blobs its catalog names that it does not have as they were."""

    info: Info
    unpacked: Unpacked
    missing: tuple[Sha256, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything that is to be in it is."""
        return not self.missing and not self.unpacked.damaged


def check_backup(archive: ArchiveReader, tell: Callable[[Unpacked], None]) -> Checked:
    """Read all of an archive, and return what is in it; ``tell`` hears how far that is.

    Raises:
        BadInput: it is no backup, or one of a newer version.
        ConfigError: its catalog is damaged, or newer than this program.
        Corrupt: it is damaged, or not whole.
        Unavailable: there is no room for its catalog, which has to be looked into.
    """
    refuse_newer(archive.info)
    try:
        with tempfile.TemporaryDirectory(prefix="wheelyard-check-") as folder:
            return _checked(archive, Path(folder) / CATALOG_NAME, tell)
    except OSError as error:
        raise disk_failure(f"The directory `{tempfile.gettempdir()}`", error) from error


def _checked(archive: ArchiveReader, path: Path, tell: Callable[[Unpacked], None]) -> Checked:
    """Read all; the catalog is written to ``path``."""
    unpacked, present = Unpacked(), set[bytes]()
    for member in archive:
        unpacked.bytes += member.size
        digest = blob_of(member.name)
        if member.name == CATALOG:
            _write(member, path)
        elif digest is not None:
            _count(unpacked, present, digest, _digest(member))
            tell(unpacked)
    if not path.exists():
        raise BadInput(f"There is no `{CATALOG}` in the archive: it is no whole backup.")
    if sqlite_file.check(path) != FORMAT or not archive.info.has_files:
        return Checked(archive.info, unpacked)
    with open_copy(path) as catalog:
        missing = unheld(catalog, lambda digest: bytes.fromhex(digest) in present)
    damaged = {*unpacked.damaged}
    return Checked(archive.info, unpacked, tuple(each for each in missing if each not in damaged))


def _count(unpacked: Unpacked, present: set[bytes], digest: Sha256, found: Sha256) -> None:
    """Count a blob, which is either what its name says or damaged."""
    if found == digest:
        present.add(bytes.fromhex(digest))
        unpacked.blobs += 1
    else:
        unpacked.damaged.append(digest)


def _digest(member: Member) -> Sha256:
    """Return the digest of a member's bytes."""
    digest = sha256()
    for chunk in member.chunks:
        digest.update(chunk)
    return Sha256(digest.hexdigest())


def _write(member: Member, path: Path) -> None:
    """Write a member to a file that is not there yet."""
    try:
        with path.open("xb") as file:
            for chunk in member.chunks:
                file.write(chunk)
    except FileExistsError as error:
        raise BadInput(f"`{member.name}` is twice in the archive.") from error
