"""A zip archive about whose content no two readers can disagree, or none at all.

Some readers go by the directory at the end, some by the headers before each member, and some look
for records anywhere; an archive may show each of them other files.  So the members must stand one
behind the other from the first byte to the directory, in its order, without gap or overlap, and
everything said twice must be said alike.  Every byte of the archive is then accounted for.

Rules for editing: a check that is not needed for one of these promises does not belong here, and
what a member is called or means is not known here.
Source: APPNOTE 6.3.10; PyPI's rules for zip archives of 2025.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from wheelyard.upload.archives.limits import ArchiveLimits, not_a_distribution, not_accepted
from wheelyard.upload.archives.paths import clashes, shown
from wheelyard.upload.archives.zip_headers import (
    END,
    END64,
    LOCAL,
    LOCATOR,
    Directory,
    Entry,
    LocalHeader,
    parse_end,
    parse_entry,
    parse_local,
    parse_local_tail,
)

__all__ = ["Hasher", "ZipArchive", "open_zip"]

_TAIL_BYTES: Final = END.size + 0xFFFF + LOCATOR.size + END64.size
_MAX_DIRECTORY_BYTES: Final = 64 * 1024 * 1024
_PIECE: Final = 128 * 1024
_STORED: Final = 0
_SAID_TWICE: Final = 0x0001 | 0x0040 | 0x0800 | 0x2000
_TAR_BLOCK: Final = 512
_TAR_CHECKSUM: Final = slice(148, 156)


class Hasher(Protocol):
    """What is fed with the bytes of a member; hashlib's objects are."""

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class ZipArchive:
    """The members of an archive, in the order of its bytes; ``open_zip`` makes one."""

    file: BinaryIO
    directory: Directory
    entries: Mapping[str, Entry]
    limits: ArchiveLimits

    @property
    def unpacked_bytes(self) -> int:
        """How much all members unpack to."""
        return sum(entry.unpacked_bytes for entry in self.entries.values())

    def files(self) -> frozenset[str]:
        """Return the paths of all members that are no directory."""
        return frozenset(path for path, entry in self.entries.items() if not entry.is_directory)

    def read(self, path: str) -> bytes:
        """Return the content of one small file, checked.

        Raises:
            BadInput: it is too large to be what it is called, or is not what the archive says.
        """
        entry = self.entries[path]
        if entry.unpacked_bytes > self.limits.max_text_bytes:
            raise not_a_distribution(
                f"{shown(path)} is larger than {self.limits.max_text_bytes} bytes"
            )
        self.file.seek(entry.offset)
        self._read_header(entry)
        return b"".join(self._pieces(entry))

    def check(self, hashers: Mapping[str, Hasher]) -> None:
        """Read every byte once; feed those of each file to its hasher, if it has one.

        Raises:
            BadInput: a member is not what the directory says, or bytes belong to no member.
        """
        position = 0
        self.file.seek(0)
        for entry in self.entries.values():
            if entry.offset != position:
                raise self._misplaced(entry, position)
            position += self._read_header(entry) + entry.packed_bytes
            update = hashers[entry.path].update if entry.path in hashers else _ignore
            for piece in self._pieces(entry):
                update(piece)
        if position != self.directory.start:
            raise not_accepted("Filename not in central directory: data behind the last file")

    def _misplaced(self, entry: Entry, position: int) -> Exception:
        """Return why a member does not begin where the one before it ends."""
        offsets = [each.offset for each in self.entries.values()]
        if offsets != sorted(offsets):
            return not_accepted("Local headers and central directory are in another order")
        if not position:
            return not_accepted("Data before the first file")
        if len(set(offsets)) != len(offsets) or entry.offset < position:
            return not_accepted(f"Files overlap: {shown(entry.path)}")
        return not_accepted(f"Filename not in central directory: data before {shown(entry.path)}")

    def _read_header(self, entry: Entry) -> int:
        """Read the header before a member; return its length."""
        fixed = parse_local(self.file.read(LOCAL.size))
        length = fixed.name_bytes + fixed.extra_bytes
        rest = self.file.read(length)
        if len(rest) != length:
            raise not_accepted("Malformed zip file: a local header is cut short")
        name, header = parse_local_tail(fixed, rest)
        if name != entry.path + "/" * entry.is_directory:
            raise not_accepted(
                f"Missing filename in local headers: {shown(entry.path)}, there is {shown(name)}"
            )
        _compare(entry, header)
        return LOCAL.size + length

    def _pieces(self, entry: Entry) -> Iterator[bytes]:
        """Yield the unpacked bytes of the member whose header was just read, then check them."""
        unpack = _stored if entry.method == _STORED else _inflated
        checksum = length = 0
        for piece in unpack(self.file, entry):
            checksum = zlib.crc32(piece, checksum)
            length += len(piece)
            if length > entry.unpacked_bytes:
                raise not_accepted(f"Mis-matched file size: {shown(entry.path)}")
            yield piece
        if length != entry.unpacked_bytes:
            raise not_accepted(f"Mis-matched file size: {shown(entry.path)}")
        if checksum != entry.checksum:
            raise not_accepted(f"Bad CRC-32 for file {shown(entry.path)}")


def open_zip(file: BinaryIO, size: int, limits: ArchiveLimits) -> ZipArchive:
    """Return the archive in ``file``, which is ``size`` bytes long, by its directory.

    Raises:
        BadInput: the directory is not plain and sound, or promises too much.
    """
    if not size:
        raise not_accepted("File is not a zip file")
    file.seek(max(size - _TAIL_BYTES, 0))
    directory = parse_end(file.read(), size)
    limits.check_members(directory.entries)
    if directory.stop - directory.start > _MAX_DIRECTORY_BYTES:
        raise not_accepted(f"Central directory is larger than {_MAX_DIRECTORY_BYTES} bytes")
    file.seek(0)
    if _is_tar(file.read(_TAR_BLOCK)):
        raise not_accepted("File is both a zip and a tar file")
    file.seek(directory.start)
    entries = _read_directory(file.read(directory.stop - directory.start), directory, limits)
    archive = ZipArchive(file, directory, entries, limits)
    limits.check_unpacked(archive.unpacked_bytes, size)
    if path := clashes(archive.files()):
        raise not_accepted(f"Filename is a file and a directory: {shown(path)}")
    return archive


def _is_tar(block: bytes) -> bool:
    """Say whether the first block of a file is also the header of a tar archive."""
    said = block[_TAR_CHECKSUM].strip(b" \0")
    if len(block) < _TAR_BLOCK:
        return False
    with suppress(ValueError):
        blank = block[: _TAR_CHECKSUM.start] + b" " * 8 + block[_TAR_CHECKSUM.stop :]
        return int(said, 8) == sum(blank)
    return False


def _read_directory(
    content: bytes, directory: Directory, limits: ArchiveLimits
) -> Mapping[str, Entry]:
    """Return the entries of the directory by path, in their order."""
    entries: dict[str, Entry] = {}
    at = 0
    for _ in range(directory.entries):
        entry, at = parse_entry(content, at, limits.max_path_bytes)
        if entry.path in entries:
            raise not_accepted(f"Duplicate filename in central directory: {shown(entry.path)}")
        if entry.offset + LOCAL.size + entry.packed_bytes > directory.start:
            raise not_accepted(f"Mis-matched data size: {shown(entry.path)}")
        entries[entry.path] = entry
    if at != len(content):
        raise not_accepted("Mismatched central directory records")
    return entries


def _compare(entry: Entry, header: LocalHeader) -> None:
    """Raise if the directory and the header before a member say different things."""
    name = shown(entry.path)
    if header.packed_bytes != entry.packed_bytes:
        raise not_accepted(f"Mis-matched data size: {name}")
    if header.unpacked_bytes != entry.unpacked_bytes:
        raise not_accepted(f"Mis-matched file size: {name}")
    if header.checksum != entry.checksum:
        raise not_accepted(f"Mis-matched checksum: {name}")
    if header.method != entry.method or (header.flags ^ entry.flags) & _SAID_TWICE:
        raise not_accepted(f"Mis-matched compression or flags: {name}")


def _stored(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of a member that is stored as it is."""
    left = entry.packed_bytes
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise not_accepted(f"Malformed zip file: cut short in {shown(entry.path)}")
        left -= len(piece)
        yield piece


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of a deflated member in pieces of limited size."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(file, entry):
        rest = packed
        while rest and not inflater.eof:
            try:
                piece = inflater.decompress(rest, 4 * _PIECE)
            except zlib.error as error:
                raise not_accepted(f"{shown(entry.path)} does not unpack: {error}") from error
            rest = inflater.unconsumed_tail
            if piece:
                yield piece
        if inflater.unused_data or (rest and inflater.eof):
            raise not_accepted(f"Mis-matched data size: {shown(entry.path)} ends before it should")
    # What does not fit into one piece stays inside until it is asked for.
    while not inflater.eof and (piece := inflater.decompress(b"", 4 * _PIECE)):
        yield piece
    if not inflater.eof:
        raise not_accepted(f"{shown(entry.path)} does not unpack: its end is missing")


def _ignore(_: bytes, /) -> None:
    """Take bytes that nobody asked for."""
