"""What an archive says about itself, read without running or unpacking anything.

An archive that is still being copied looks like one from the start; only its end tells that it is
whole: the directory of a zip file, the checksum of a compressed tar file. Everything here blocks
and belongs into a thread, and reads no more of what is packed than ``MAX_UNPACKED_BYTES``.
Source: PEP 427, PEP 625, PEP 643.
"""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Final, cast

from wheelyard.errors import BadInput
from wheelyard.names import Filename, Sha256, is_wheel
from wheelyard.wire.core_metadata import parse_core_metadata
from wheelyard.wire.metadata import NeedMore, extract, find_metadata

__all__ = ["Inside", "has_telling_end", "look_inside", "read_wheel_metadata"]

MAX_UNPACKED_BYTES: Final = 16 * 1024**3
_MAX_METADATA_BYTES: Final = 16 * 1024**2
_MAX_DIRECTORY_BYTES: Final = 64 * 1024**2
_TAIL_BYTES: Final = 66_000
_CHUNK_BYTES: Final = 1024**2
_END_MARK: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_DEPTH_OF_PKG_INFO: Final = 2

_ZIPS: Final = (".whl", ".zip", ".egg")
_PACKED_TARS: Final = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True, slots=True)
class Inside:
    """What is known of an archive; ``metadata_sha256`` is of a wheel's ``METADATA``."""

    requires_python: str | None = None
    metadata_sha256: Sha256 | None = None


def has_telling_end(filename: Filename) -> bool:
    """Say whether the end of such an archive tells that it is whole."""
    return filename.lower().endswith((*_ZIPS, *_PACKED_TARS))


def look_inside(descriptor: int, filename: Filename) -> Inside:
    """Return what the open archive says about itself.

    Raises:
        BadInput: it is not whole, or no archive.
        OSError: the disk cannot give it.
    """
    name = filename.lower()
    if name.endswith(_ZIPS):
        return _inside_zip(descriptor, filename)
    if name.endswith((*_PACKED_TARS, ".tar")):
        return Inside(_requires_python(_pkg_info_of_tar(descriptor, name)))
    return Inside()


def read_wheel_metadata(descriptor: int, filename: Filename) -> bytes:
    """Return the ``METADATA`` of the open wheel.

    Raises:
        BadInput: installers would not agree about what it is.
    """
    size = os.fstat(descriptor).st_size
    tail = _tail(descriptor, size)
    found = find_metadata(tail, size, filename)
    while isinstance(found, NeedMore):
        tail = os.pread(descriptor, found.stop - found.start, found.start) + tail
        found = find_metadata(tail, size, filename)
    return extract(os.pread(descriptor, found.stop - found.start, found.start), found)


def _inside_zip(descriptor: int, filename: Filename) -> Inside:
    """Return what a wheel, or another zip file, says about itself."""
    _check_end(descriptor)
    try:
        if is_wheel(filename):
            content = read_wheel_metadata(descriptor, filename)
            return Inside(_requires_python(content), Sha256(sha256(content).hexdigest()))
        return Inside(_requires_python(_pkg_info_of_zip(descriptor)))
    except BadInput:
        return Inside()


def _tail(descriptor: int, size: int) -> bytes:
    """Return the end of the file, with all that ends a zip file."""
    return os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))


def _check_end(descriptor: int) -> None:
    """Raise unless the zip file has its end: the record that is written last."""
    tail = _tail(descriptor, os.fstat(descriptor).st_size)
    at = tail.rfind(_END_MARK)
    while at >= 0:
        comment = int.from_bytes(tail[at + _END_BYTES - 2 : at + _END_BYTES], "little")
        if at + _END_BYTES + comment == len(tail):
            return
        at = tail.rfind(_END_MARK, 0, at)
    raise BadInput("it is not complete, or no zip file: it has no end record")


def _pkg_info_of_zip(descriptor: int) -> bytes | None:
    """Return the ``PKG-INFO`` of a source archive; None if there is none that can be read."""
    tail = _tail(descriptor, os.fstat(descriptor).st_size)
    at = tail.rfind(_END_MARK)
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _MAX_DIRECTORY_BYTES:
        return None
    try:
        with (
            io.FileIO(descriptor, closefd=False) as handle,
            zipfile.ZipFile(cast("IO[bytes]", handle)) as archive,
        ):
            name = next((name for name in archive.namelist() if _is_pkg_info(name)), None)
            if name is None:
                return None
            with archive.open(name) as member:
                return member.read(_MAX_METADATA_BYTES)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        return None


def _pkg_info_of_tar(descriptor: int, name: str) -> bytes | None:
    """Return the ``PKG-INFO`` of a source archive that was read to its end.

    Raises:
        BadInput: it has no end, or is longer than anybody packs.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        with io.FileIO(descriptor, closefd=False) as handle, _unpacked(handle, name) as opened:
            bounded = _Bounded(opened)
            with tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r|") as archive:
                content = _find_pkg_info(archive)
            while bounded.read(_CHUNK_BYTES):
                pass
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise BadInput(f"it is not complete, or no tar file: {error}") from error
    except OSError as error:
        if error.errno is None:  # how `gzip` and `bz2` say that the bytes are wrong
            raise BadInput(f"it is not complete, or no tar file: {error}") from error
        raise
    return content


def _find_pkg_info(archive: tarfile.TarFile) -> bytes | None:
    """Return the content of the first ``NAME-VERSION/PKG-INFO``."""
    for member in archive:
        if member.isfile() and _is_pkg_info(member.name) and member.size <= _MAX_METADATA_BYTES:
            packed = archive.extractfile(member)
            return packed.read() if packed else None
    return None


def _unpacked(handle: io.FileIO, name: str) -> IO[bytes]:
    """Return what is packed in ``handle``."""
    if name.endswith(".bz2"):
        return cast("IO[bytes]", bz2.open(handle))
    if name.endswith(".xz"):
        return cast("IO[bytes]", lzma.open(handle))
    if name.endswith(".tar"):
        return cast("IO[bytes]", io.BufferedReader(handle))
    return cast("IO[bytes]", gzip.open(handle))


def _is_pkg_info(name: str) -> bool:
    """Say whether a member is the metadata of a source archive."""
    parts = name.removeprefix("./").split("/")
    return len(parts) == _DEPTH_OF_PKG_INFO and parts[1] == "PKG-INFO"


def _requires_python(metadata: bytes | None) -> str | None:
    """Return which Pythons the metadata asks for."""
    if metadata is None:
        return None
    try:
        return parse_core_metadata(metadata).requires_python or None
    except BadInput:
        return None


class _Bounded:
    """A stream that ends with an error where nobody's archive goes on."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Return the next bytes."""
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise BadInput(f"more than {MAX_UNPACKED_BYTES} bytes are packed in it")
        return content
