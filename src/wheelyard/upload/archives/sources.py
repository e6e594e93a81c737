"""A source distribution: one directory with ``PKG-INFO`` in it, in a tar or, formerly, a zip.

Source: PEP 517 (one directory), PEP 625 (its name), PEP 643 (``PKG-INFO``).
"""

from collections.abc import Iterable
from typing import BinaryIO, Final

from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits, not_a_distribution
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.archives.tars import read_tar
from wheelyard.upload.archives.zips import open_zip

__all__ = ["read_tar_source", "read_zip_source"]

_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_BYTES: Final = 22
_TAIL: Final = _ZIP_END_BYTES + 0xFFFF


def read_tar_source(file: BinaryIO, size: int, limits: ArchiveLimits) -> Contents:
    """Return what the source archive in ``file``, a gzipped tar, contains.

    Raises:
        BadInput: with the rule that it breaks.
    """
    if _is_zip(file, size):
        raise not_a_distribution("File is both a zip and a tar file")
    archive = read_tar(file, size, limits)
    top = _only_directory(archive.files | archive.links | archive.directories)
    if f"{top}/PKG-INFO" not in archive.kept:
        raise not_a_distribution(f"PKG-INFO not found at {top}/PKG-INFO")
    return Contents(
        metadata=archive.kept[f"{top}/PKG-INFO"],
        licence_files=_inside(top, archive.files | archive.links),
        members=archive.members,
        unpacked_bytes=archive.unpacked_bytes,
    )


def read_zip_source(file: BinaryIO, size: int, limits: ArchiveLimits) -> Contents:
    """Return what the source archive in ``file``, a zip, contains.

    Raises:
        BadInput: with the rule that it breaks.
    """
    archive = open_zip(file, size, limits)
    archive.check({})
    top = _only_directory(archive.entries)
    if f"{top}/PKG-INFO" not in archive.files():
        raise not_a_distribution(f"PKG-INFO not found at {top}/PKG-INFO")
    return Contents(
        metadata=archive.read(f"{top}/PKG-INFO"),
        licence_files=_inside(top, archive.files()),
        members=len(archive.entries),
        unpacked_bytes=archive.unpacked_bytes,
    )


def _only_directory(paths: Iterable[str]) -> str:
    """Return the one directory that everything is in."""
    tops = sorted({path.partition("/")[0] for path in paths})
    if not tops:
        raise not_a_distribution("The archive is empty")
    if len(tops) > 1:
        names = ", ".join(map(shown, tops[:5]))
        raise not_a_distribution(f"Multiple top-level directories are not allowed: {names}")
    return tops[0]


def _inside(top: str, paths: Iterable[str]) -> frozenset[str]:
    """Return the paths below ``top``, relative to it."""
    return frozenset(path.removeprefix(f"{top}/") for path in paths)


def _is_zip(file: BinaryIO, size: int) -> bool:
    """Say whether a reader that looks for a zip at the end of a file would find one."""
    start = max(size - _TAIL, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        comment = int.from_bytes(tail[at + _ZIP_END_BYTES - 2 : at + _ZIP_END_BYTES], "little")
        if at + _ZIP_END_BYTES <= len(tail) and at + _ZIP_END_BYTES + comment <= len(tail):
            return True
        at = tail.rfind(_ZIP_END, 0, at)
    return False
