"""The ``METADATA`` of a wheel, found from the end of the archive without reading all of it.

Planning only: the caller fetches the byte ranges that come out of here and hands the bytes back.

1. Fetch the last bytes of the wheel and call ``find_metadata``.
2. ``NeedMore``: fetch those bytes too, put them *before* the ones you have, call again.
3. ``Location``: take its bytes from those you have, or fetch them, and call ``extract``.

Everything about an archive from a stranger is checked before it is believed: sizes against each
other, names in both headers, the checksum, and never more than 16 MiB come out.  An archive that
needs a tolerant reader is refused, because installers would disagree about what it contains.
Source: APPNOTE 6.3.10, 4.3 and 4.4; PEP 427 (``*.dist-info/METADATA``).
"""

import zlib
from dataclasses import dataclass
from struct import Struct
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.names import Filename, canonical_version, normalise

__all__ = ["TAIL_BYTES", "Location", "NeedMore", "extract", "find_metadata"]

MAX_METADATA_BYTES: Final = 16 * 1024 * 1024
MAX_DIRECTORY_BYTES: Final = 32 * 1024 * 1024

_END = Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LOCATOR = Struct("<4sLQL")
_LOCATOR_MARK: Final = b"PK\x06\x07"
_END64 = Struct("<4sQ2H2L4Q")
_END64_MARK: Final = b"PK\x06\x06"
_ENTRY = Struct("<4s6H3L5H2L")
_ENTRY_MARK: Final = b"PK\x01\x02"
_LOCAL = Struct("<4s5H3L2H")
_LOCAL_MARK: Final = b"PK\x03\x04"
_EXTRA = Struct("<2H")
_ZIP64_EXTRA: Final = 1
_MAX_COMMENT: Final = 0xFFFF
_NOT_HERE: Final = 0xFFFFFFFF
_NOT_HERE_SHORT: Final = 0xFFFF
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000

TAIL_BYTES: Final = _END.size + _MAX_COMMENT + _LOCATOR.size + _END64.size
"""How much of the end to fetch first: wherever the end record is, it is there.

Most wheels have their whole directory in it, and their metadata too.
"""


@dataclass(frozen=True, slots=True)
class NeedMore:
    """Bytes of the archive to put before those at hand; ``stop`` is exclusive."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where the member stands (header included, ``stop`` exclusive), and what it must turn out as.

    The bytes from ``start`` to ``stop`` may go beyond the member's end.
    """

    start: int
    stop: int
    name: bytes
    method: int
    compressed_size: int
    size: int
    checksum: int


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the central directory stands, and how many entries it has."""

    start: int
    stop: int
    count: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One entry of the central directory."""

    name: bytes
    flags: int
    method: int
    checksum: int
    compressed_size: int
    size: int
    offset: int


def find_metadata(tail: bytes, size: int, filename: Filename) -> Location | NeedMore:
    """Say where the metadata of the wheel ``filename`` stands, or which bytes are still missing.

    ``tail`` are the last bytes of the archive, ``size`` is its length.

    Raises:
        BadInput: it is no archive that installers agree about, or has not exactly one metadata
            file that belongs to the file name.
    """
    if len(tail) > size:
        raise BadInput("archive: more bytes than it is long.")
    first = size - len(tail)
    directory = _find_directory(tail, size)
    if isinstance(directory, NeedMore):
        return directory
    if directory.start < first:
        return NeedMore(directory.start, first)
    members = _read_directory(tail[directory.start - first : directory.stop - first], directory)
    return _locate(members, directory, filename)


def _find_directory(tail: bytes, size: int) -> _Directory | NeedMore:
    """Find the central directory by the record at the very end."""
    first = size - len(tail)
    at = _find_end(tail)
    if at is None:
        wanted = max(size - TAIL_BYTES, 0)
        if wanted < first:
            return NeedMore(wanted, first)
        raise BadInput("archive: no end record, so it is no zip file or is cut short.")
    _, disk, start_disk, here, count, length, offset, _ = _END.unpack_from(tail, at)
    stop = first + at
    if _NOT_HERE in {length, offset} or _NOT_HERE_SHORT in {count, here}:
        return _find_large_directory(tail, size, at)
    if disk or start_disk or here != count:
        raise BadInput("archive: it is one of several volumes.")
    return _checked(_Directory(offset, offset + length, count), stop)


def _find_end(tail: bytes) -> int | None:
    """Return where the end record starts: the one whose comment ends with the archive.

    With two of them readers disagree about what the archive contains.
    """
    found = []
    lowest = max(len(tail) - _END.size - _MAX_COMMENT, 0)
    at = tail.rfind(_END_MARK)
    while at >= lowest:
        if at + _END.size <= len(tail):
            comment: int = _END.unpack_from(tail, at)[-1]
            if at + _END.size + comment == len(tail):
                found.append(at)
        at = tail.rfind(_END_MARK, 0, at)
    if len(found) > 1:
        raise BadInput("archive: it has two end records.")
    return found[0] if found else None


def _find_large_directory(tail: bytes, size: int, end: int) -> _Directory | NeedMore:
    """Find the directory of a zip64 archive: the end record points to a larger one before it."""
    first = size - len(tail)
    record = first + end - _LOCATOR.size - _END64.size
    if record < 0:
        raise BadInput("archive: too short for what its end record promises.")
    if record < first:
        return NeedMore(record, first)
    mark, _, offset, volumes = _LOCATOR.unpack_from(tail, end - _LOCATOR.size)
    if mark != _LOCATOR_MARK or volumes > 1 or offset != record:
        raise BadInput("archive: its zip64 locator does not point to the record before it.")
    mark, length, _, _, disk, start_disk, here, count, directory_length, start = _END64.unpack_from(
        tail, record - first
    )
    if mark != _END64_MARK or length != _END64.size - 12 or disk or start_disk or here != count:
        raise BadInput("archive: its zip64 end record is not a plain one.")
    return _checked(_Directory(start, start + directory_length, count), record)


def _checked(directory: _Directory, stop: int) -> _Directory:
    """Return the directory if it fills exactly the place before what ends it."""
    if directory.stop != stop or directory.stop - directory.start > MAX_DIRECTORY_BYTES:
        raise BadInput("archive: its directory is not where, or not as long as, it says.")
    if directory.count * _ENTRY.size > directory.stop - directory.start:
        raise BadInput("archive: its directory is too short for its entries.")
    return directory


def _read_directory(content: bytes, directory: _Directory) -> list[_Member]:
    """Return all entries of the central directory."""
    members: list[_Member] = []
    at = 0
    while at < len(content):
        if len(content) - at < _ENTRY.size:
            raise BadInput("archive: its directory is cut short.")
        fields = _ENTRY.unpack_from(content, at)
        mark, flags, method, checksum = fields[0], fields[3], fields[4], fields[7]
        name_length, extra_length, comment_length = fields[10:13]
        name_at = at + _ENTRY.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        if mark != _ENTRY_MARK or at > len(content):
            raise BadInput("archive: its directory has an entry that is none.")
        extra = content[extra_at : extra_at + extra_length]
        size, compressed_size, offset = _large_fields(extra, fields[9], fields[8], fields[16])
        name = content[name_at:extra_at]
        members.append(_Member(name, flags, method, checksum, compressed_size, size, offset))
    if len(members) != directory.count:
        raise BadInput("archive: its directory has another number of entries than it says.")
    return members


def _large_fields(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Return the three fields with their 64-bit values where the 32-bit ones say "not here"."""
    if _NOT_HERE not in {size, compressed, offset}:
        return size, compressed, offset
    values = _zip64_extra(extra)
    found = []
    for short in (size, compressed, offset):
        if short == _NOT_HERE:
            if len(values) < 8:  # noqa: PLR2004 - bytes of a 64-bit number
                raise BadInput("archive: an entry lacks its 64-bit sizes.")
            found.append(int.from_bytes(values[:8], "little"))
            values = values[8:]
        else:
            found.append(short)
    return found[0], found[1], found[2]


def _zip64_extra(extra: bytes) -> bytes:
    """Return the content of the zip64 field among the extra fields; empty if there is none."""
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == _ZIP64_EXTRA:
            return extra[at : at + length]
        at += length
    return b""


def _locate(members: list[_Member], directory: _Directory, filename: Filename) -> Location:
    """Return where the one metadata file of the wheel stands."""
    found = [member for member in members if _is_metadata(member.name)]
    if len(found) != 1:
        raise BadInput(f"archive: {len(found)} files `*.dist-info/METADATA`; exactly 1 is needed.")
    member = found[0]
    _check_owner(member.name, filename)
    if member.flags & _ENCRYPTED or member.method not in {_STORED, _DEFLATED}:
        raise BadInput("archive: its metadata is encrypted or packed in an unusual way.")
    if max(member.size, member.compressed_size) > MAX_METADATA_BYTES:
        raise BadInput(f"archive: its metadata is larger than {MAX_METADATA_BYTES} bytes.")
    least = member.offset + _LOCAL.size + len(member.name) + member.compressed_size
    # The local header's extra field may have any length; the next member ends the guessing.
    next_at = min((m.offset for m in members if m.offset > member.offset), default=directory.start)
    stop = min(least + 0xFFFF, next_at, directory.start)
    if stop < least:
        raise BadInput("archive: its members overlap.")
    return Location(
        start=member.offset,
        stop=stop,
        name=member.name,
        method=member.method,
        compressed_size=member.compressed_size,
        size=member.size,
        checksum=member.checksum,
    )


def _is_metadata(name: bytes) -> bool:
    """Say whether a member is ``METADATA`` directly in a top-level ``*.dist-info``."""
    directory, _, rest = name.partition(b"/")
    return rest == b"METADATA" and directory.endswith(b".dist-info")


def _check_owner(member: bytes, filename: Filename) -> None:
    """Raise unless the ``.dist-info`` directory is named after the wheel.

    Source: the specification of recorded projects: both parts normalised before comparing.
    """
    stem = member.removesuffix(b".dist-info/METADATA").decode("utf-8", "replace")
    name, _, version = stem.rpartition("-")
    wheel_name, _, rest = filename.partition("-")
    wheel_version = rest.partition("-")[0]
    same_version = version == wheel_version or (
        canonical_version(version) is not None
        and canonical_version(version) == canonical_version(wheel_version)
    )
    if normalise(name) != normalise(wheel_name) or not same_version:
        raise BadInput(f"archive: its metadata is of `{stem[:80]!a}`, not of `{filename}`.")


def extract(content: bytes, location: Location) -> bytes:
    """Return the metadata file from the bytes at ``location``.

    Raises:
        BadInput: header, length or checksum differ from what the directory says.
    """
    if len(content) < _LOCAL.size:
        raise BadInput("archive: the member is cut short.")
    fields = _LOCAL.unpack_from(content)
    name_end = _LOCAL.size + fields[9]
    start = name_end + fields[10]
    stop = start + location.compressed_size
    if fields[0] != _LOCAL_MARK or content[_LOCAL.size : name_end] != location.name:
        raise BadInput("archive: the member has another name than the directory says.")
    if fields[3] != location.method or fields[2] & _ENCRYPTED or stop > len(content):
        raise BadInput("archive: the member is packed otherwise than the directory says.")
    packed = content[start:stop]
    found = packed if location.method == _STORED else _inflate(packed, location.size)
    if len(found) != location.size or zlib.crc32(found) != location.checksum:
        raise BadInput("archive: the member differs from its length or checksum.")
    return found


def _inflate(packed: bytes, size: int) -> bytes:
    """Return the unpacked bytes, never more than one beyond ``size``."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise BadInput(f"archive: the member does not unpack: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise BadInput("archive: the member does not end where the directory says.")
    return found
