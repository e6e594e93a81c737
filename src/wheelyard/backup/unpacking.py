"""Unpacking: the members of an archive become files of a draft, if they are what they say.

Nothing here decides where a file ends up: `archive.py` knows no names but those of a backup.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from wheelyard.backup.archive import CATALOG, ArchiveReader, Member, blob_of, data_of
from wheelyard.blobs.disk_sync import sync_file_system
from wheelyard.catalog.layout import BLOBS_NAME, CATALOG_NAME
from wheelyard.errors import BadInput
from wheelyard.names import Sha256

__all__ = ["Unpacked", "Unpacking", "unpack"]

_PRIVATE: Final = 0o600


@dataclass(slots=True)
class Unpacked:
    """What came out of an archive: blobs and their bytes.

    ``damaged`` are blobs that had other bytes when the backup was taken already.
    """

    blobs: int = 0
    bytes: int = 0
    damaged: list[Sha256] = field(default_factory=list)


class Unpacking:
    """Files that come into being below one directory, each once and for its owner alone."""

    def __init__(self, folder: Path) -> None:
        """Write below ``folder``, which is there and empty."""
        self._folder = folder
        self._folders: set[Path] = set()

    def path(self, member: Member) -> Path:
        """Return where a member is unpacked."""
        if digest := blob_of(member.name):
            return self._folder / BLOBS_NAME / digest[:2] / digest[2:4] / digest
        return self._folder / (data_of(member.name) or CATALOG_NAME)

    def write(self, member: Member) -> Sha256:
        """Write a member, and return the digest of its bytes.

        Raises:
            BadInput: it comes a second time.
            OSError: the disk does not take it.
        """
        path, digest = self.path(member), sha256()
        self._make(path.parent)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        except FileExistsError as error:
            raise BadInput(f"`{member.name}` is twice in the archive.") from error
        with os.fdopen(file, "wb") as out:
            for chunk in member.chunks:
                digest.update(chunk)
                out.write(chunk)
        return Sha256(digest.hexdigest())

    def _make(self, folder: Path) -> None:
        """Make a folder, and those above it, for their owner alone."""
        if folder not in self._folders and folder != self._folder:
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            self._folders.add(folder)

    def settle(self) -> None:
        """Make everything survive a loss of power.

        Raises:
            OSError: the disk does not take it.
        """
        if sync_file_system(self._folder):
            return
        for folder, _, names in os.walk(self._folder):
            for path in (folder, *(os.path.join(folder, name) for name in names)):  # noqa: PTH118  # by the hundred thousand
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(file)
                finally:
                    os.close(file)


def unpack(
    archive: ArchiveReader, unpacking: Unpacking, tell: Callable[[Unpacked], None]
) -> Unpacked:
    """Unpack all of an archive; ``tell`` hears after each blob how far it is.

    A blob that is not what its name says is not kept.

    Raises:
        BadInput: it is no backup, or has no catalog.
        Corrupt: it is damaged, or not whole: nothing of it counts.
        OSError: the disk does not take it.
    """
    unpacked, has_catalog = Unpacked(), False
    for member in archive:
        found, digest = unpacking.write(member), blob_of(member.name)
        has_catalog = has_catalog or member.name == CATALOG
        unpacked.bytes += member.size
        if digest is None:
            continue
        if found == digest:
            unpacked.blobs += 1
        else:
            unpacking.path(member).unlink()
            unpacked.damaged.append(digest)
        tell(unpacked)
    if not has_catalog:
        raise BadInput(f"There is no `{CATALOG}` in the archive: it is no whole backup.")
    return unpacked
