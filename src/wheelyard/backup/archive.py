"""The archive of a backup: a tar that any tool unpacks, and that this one reads without trust.

::

    wheelyard-backup/wheelyard-backup.json   what this is (`Info`); always first
    wheelyard-backup/data/NAME               small files of the data directory, keys among them
    wheelyard-backup/blobs/ab/cd/DIGEST      files, named by their SHA-256
    wheelyard-backup/catalog.sqlite          the catalog; all that it names comes before it
    wheelyard-backup/SHA256SUMS              of every member before it; always last

`SHA256SUMS` is what `sha256sum -c` reads, line by line in the order of the members. An archive
without it is not whole.

Only plain files, with headers of 512 bytes and nothing else: no links, devices, long names or
extensions, so that nothing in it decides how much memory it takes or where it ends up. A size of
8 GiB or more is written in base 256, which GNU tar, bsdtar and Python read.
Editing rule: what is added changes `FORMAT`.
Source: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar, "Basic Tar Format".
"""

import hashlib
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Self

import msgspec

from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Corrupt
from wheelyard.names import Sha256
from wheelyard.pages.coding import ReadsBytes, WritesBytes

__all__ = [
    "CATALOG",
    "CHUNK_BYTES",
    "FORMAT",
    "INFO",
    "SUMS",
    "ArchiveReader",
    "ArchiveWriter",
    "Info",
    "Member",
    "blob_of",
    "blob_path",
    "chunks_of",
    "data_of",
    "data_path",
    "parse_info",
]

FORMAT: Final = 1
INFO: Final = "wheelyard-backup.json"
CATALOG: Final = "catalog.sqlite"
SUMS: Final = "SHA256SUMS"
CHUNK_BYTES: Final = 1024**2

_TOP: Final = "wheelyard-backup/"
_BLOCK: Final = 512
_RECORD: Final = 20 * _BLOCK
_LARGEST_INFO: Final = 64 * 1024
_LARGEST_REST: Final = 1024**2
_BLOB: Final = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")
_DATA: Final = re.compile(r"data/([A-Za-z0-9][A-Za-z0-9._-]{0,79})")


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself.

    ``catalog_format`` is the format of the data directory it was taken of, ``created`` when, in
    seconds since the epoch, ``program`` the version that took it. Without ``has_files`` it has no
    blobs.
    """

    format: int = FORMAT
    catalog_format: int
    instance: str
    created: float
    program: str
    has_files: bool = True


def parse_info(content: bytes) -> Info:
    """Return what a backup says of itself.

    Raises:
        BadInput: it is no backup, or one of another version.
    """
    try:
        number = msgspec.json.decode(content, type=_Format).format
        if number != FORMAT:
            raise BadInput(
                f"The backup has format {number}, and this program knows {FORMAT}: use the version "
                "that took it."
            )
        return msgspec.json.decode(content, type=Info)
    except msgspec.DecodeError as error:
        raise BadInput(f"`{INFO}` in the archive cannot be read: {error}.") from error


def blob_path(digest: Sha256) -> str:
    """Return where a blob is in an archive."""
    return f"blobs/{digest[:2]}/{digest[2:4]}/{digest}"


def blob_of(name: str) -> Sha256 | None:
    """Return which blob a member is; None if it is none."""
    found = _BLOB.fullmatch(name)
    return Sha256(found[3]) if found else None


def data_path(name: str) -> str | None:
    """Return where a file of the data directory is in an archive; None if its name is odd."""
    path = f"data/{name}"
    return path if _DATA.fullmatch(path) else None


def data_of(name: str) -> str | None:
    """Return which file of the data directory a member is; None if it is none."""
    found = _DATA.fullmatch(name)
    return found[1] if found else None


class ArchiveWriter:
    """Writes an archive, one member after the other. Use it in a ``with``, then ``finish`` it."""

    def __init__(self, sink: WritesBytes, at: Instant) -> None:
        """Write to ``sink``; the members are all from ``at``."""
        self._sink = sink
        self._at = int(at)
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115  # closed at the end of the `with`
        self._written = 0

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> Sha256:
        """Write a member, and return the digest of what was written.

        What comes beyond ``size`` is left out, and what is missing is filled up with zeros: the
        digest tells.
        """
        digest = hashlib.sha256()
        self._write(self._header(name, size))
        for chunk in _filled(chunks, size):
            digest.update(chunk)
            self._write(chunk)
        self._write(bytes(-size % _BLOCK))
        self._sums.write(_line(digest.hexdigest(), name))
        return Sha256(digest.hexdigest())

    def finish(self) -> None:
        """Write the digests, and the end."""
        size = self._sums.tell()
        self._sums.seek(0)
        self._write(self._header(SUMS, size))
        while chunk := self._sums.read(CHUNK_BYTES):
            self._write(chunk)
        self._write(bytes(-size % _BLOCK + 2 * _BLOCK))
        self._write(bytes(-self._written % _RECORD))

    def close(self) -> None:
        """Let go of what was noted."""
        self._sums.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _header(self, name: str, size: int) -> bytes:
        """Return the header of a member."""
        info = tarfile.TarInfo(_TOP + name)
        info.size, info.mode, info.mtime = size, 0o600, self._at
        return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")

    def _write(self, content: bytes) -> None:
        """Write and count."""
        self._sink.write(content)
        self._written += len(content)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. Its bytes can be read once, before the next member is asked for."""

    name: str
    size: int
    chunks: Iterator[bytes] = field(repr=False, compare=False)

    def read(self, most: int) -> bytes:
        """Return all of it.

        Raises:
            BadInput: it is longer than ``most``.
        """
        if self.size > most:
            raise BadInput(f"`{self.name}` in the archive is too long: {self.size} bytes.")
        return b"".join(self.chunks)


class ArchiveReader:
    """Reads an archive from its start to its end, and proves it on the way.

    The members may be used once the reading has come to its end without an error, and not before.
    """

    def __init__(self, source: ReadsBytes, what: str) -> None:
        """Read ``source``, which people call ``what``."""
        self._source = source
        self._what = what
        self._sums = hashlib.sha256()
        self._info: Info | None = None

    def __iter__(self) -> Iterator[Member]:
        """Yield every member but those that are about the archive itself.

        Raises:
            BadInput: it is no backup, or one that nobody took with this program.
            Corrupt: it is damaged, or not whole.
        """
        _ = self.info
        while (header := self._header()) is not None:
            name, size = header
            if name == SUMS:
                self._prove(size)
                return
            if name != CATALOG and blob_of(name) is None and data_of(name) is None:
                raise BadInput(f"{self._what} has a member `{name[:120]!a}`, which no backup has.")
            digest = hashlib.sha256()
            member = Member(name, size, self._chunks(size, digest))
            yield member
            for _ in member.chunks:
                pass  # whoever did not want it
            self._sums.update(_line(digest.hexdigest(), name))
        raise self._damaged(f"`{SUMS}` at the end", "none: it is not whole")

    @property
    def info(self) -> Info:
        """What the backup says of itself; reads it if nothing was read yet."""
        if self._info is None:
            header = self._header()
            if header is None or header[0] != INFO or header[1] > _LARGEST_INFO:
                raise BadInput(f"{self._what} is no backup of Wheelyard: it begins otherwise.")
            digest = hashlib.sha256()
            self._info = parse_info(b"".join(self._chunks(header[1], digest)))
            self._sums.update(_line(digest.hexdigest(), INFO))
        return self._info

    def _header(self) -> tuple[str, int] | None:
        """Return the name and size of the next member; None at the end."""
        block = self._read(_BLOCK)
        if block == bytes(_BLOCK):
            return None
        try:
            found = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
            if self._info is None:
                raise BadInput(f"{self._what} is no backup of Wheelyard: {error}.") from error
            raise self._damaged("the header of a member", str(error)) from error
        is_plain = found.type in {tarfile.REGTYPE, tarfile.AREGTYPE}
        if not is_plain or found.size < 0 or not found.name.startswith(_TOP):
            name = f"`{found.name[:120]!a}`"
            raise BadInput(f"{self._what} has a member {name} that is no plain file of a backup.")
        return found.name.removeprefix(_TOP), found.size

    def _chunks(self, size: int, digest: "hashlib._Hash") -> Iterator[bytes]:
        """Yield the bytes of a member, and step over what fills its last block up."""
        left = size
        while left:
            chunk = self._read(min(left, CHUNK_BYTES))
            digest.update(chunk)
            left -= len(chunk)
            yield chunk
        if any(self._read(-size % _BLOCK)):
            raise self._damaged("zeros after a member", "something else")

    def _prove(self, size: int) -> None:
        """Compare what was read with what the archive says, and see to its end."""
        told = hashlib.sha256()
        for _ in self._chunks(size, told):
            pass
        if told.digest() != self._sums.digest():
            reason = "others: a member is damaged"
            raise self._damaged(f"the digests of `{SUMS}`", reason)
        if self._header() is not None:
            raise self._damaged("its end", f"a member after `{SUMS}`")
        size = 0
        while rest := self._source.read(CHUNK_BYTES):  # to the last byte: compression has a sum too
            size += len(rest)
            if any(rest) or size > _LARGEST_REST:
                raise self._damaged("its end", "more")
        if size < _BLOCK:
            raise self._damaged("its end", "less of it: it is not whole")

    def _read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        parts, left = [], size
        while left:
            chunk = self._source.read(left)
            if not chunk:
                raise self._damaged(f"{left} more bytes", "its end: it is not whole")
            parts.append(chunk)
            left -= len(chunk)
        return b"".join(parts)

    def _damaged(self, expected: str, actual: str) -> Corrupt:
        """Return what to say of an archive that is not as it was written."""
        return Corrupt(self._what, expected=expected, actual=actual)


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an open file."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _filled(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield exactly ``size`` bytes."""
    left = size
    for chunk in chunks:
        yield chunk[:left]
        left -= min(left, len(chunk))
        if not left:
            return
    while left:
        zeros = bytes(min(left, CHUNK_BYTES))
        left -= len(zeros)
        yield zeros


def _line(digest: str, name: str) -> bytes:
    """Return the line of a member, as `sha256sum` writes it."""
    return f"{digest}  {name}\n".encode("ascii")


class _Format(msgspec.Struct):
    """What every version says."""

    format: int
