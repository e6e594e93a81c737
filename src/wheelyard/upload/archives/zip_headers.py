"""The records of a zip archive as they stand in the bytes, each one checked for itself.

Pure.  What the records say of each other is checked in ``zips``.
Source: APPNOTE 6.3.10, 4.3 and 4.5; the rules are those of PyPI, and stricter where readers differ.
"""

import stat
import zlib
from struct import Struct
from typing import Final, NamedTuple

from wheelyard.upload.archives.limits import not_accepted
from wheelyard.upload.archives.paths import path_problem, shown

__all__ = [
    "CENTRAL_MARK",
    "END",
    "END64",
    "ENTRY",
    "LOCAL",
    "LOCATOR",
    "Directory",
    "Entry",
    "LocalHeader",
    "parse_end",
    "parse_entry",
    "parse_local",
    "parse_local_tail",
]

END: Final = Struct("<4s4H2LH")
LOCATOR: Final = Struct("<4sLQL")
END64: Final = Struct("<4sQ2H2L4Q")
ENTRY: Final = Struct("<4s6H3L5H2L")
LOCAL: Final = Struct("<4s5H3L2H")
CENTRAL_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_LOCATOR_MARK: Final = b"PK\x06\x07"
_END64_MARK: Final = b"PK\x06\x06"
_LOCAL_MARK: Final = b"PK\x03\x04"
_EXTRA: Final = Struct("<2H")
_ZIP64_EXTRA: Final = 0x0001
_UNICODE_PATH: Final = 0x7075
_MAX: Final = 0xFFFFFFFF
_MAX_SHORT: Final = 0xFFFF
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR: Final = 0x0008
_PATCH: Final = 0x0020
_UTF8: Final = 0x0800
_NEWEST_VERSION: Final = 63
_FORMAT_MASK: Final = 0o170000


class Directory(NamedTuple):
    """Where the central directory stands (``stop`` exclusive), and how many entries it has."""

    start: int
    stop: int
    entries: int


class Entry(NamedTuple):
    """One member as the central directory describes it; ``path`` has no slash at its end."""

    path: str
    is_directory: bool
    flags: int
    method: int
    checksum: int
    packed_bytes: int
    unpacked_bytes: int
    offset: int


class LocalHeader(NamedTuple):
    """The fixed part of what stands before a member's bytes."""

    flags: int
    method: int
    checksum: int
    packed_bytes: int
    unpacked_bytes: int
    name_bytes: int
    extra_bytes: int


def parse_end(tail: bytes, size: int) -> Directory:
    """Return where the directory is; ``tail`` is the end of an archive of ``size`` bytes.

    Raises:
        BadInput: the archive does not end with one plain end record, and that with nothing else.
    """
    at = len(tail) - END.size
    if at < 0 or tail[at : at + 4] != _END_MARK:
        raise not_accepted(_what_is_there(tail))
    _, disk, start_disk, here, count, length, offset, comment = END.unpack_from(tail, at)
    if disk not in {0, _MAX_SHORT} or start_disk not in {0, _MAX_SHORT} or here != count:
        raise not_accepted("Malformed zip file: it is one of several disks")
    if comment:
        raise not_accepted("Comment in the end record")
    _check_only_end(tail, at)
    stop = size - END.size
    short = Directory(offset, offset + length, count)
    # Readers go by the locator, whatever the end record says.
    if at >= LOCATOR.size and tail[at - LOCATOR.size : at].startswith(_LOCATOR_MARK):
        return _parse_large_end(tail, size, (length, offset, count))
    return _filling(short, stop)


def _what_is_there(tail: bytes) -> str:
    """Return what is wrong with an archive that does not end in an end record without comment."""
    at = tail.rfind(_END_MARK)
    if at < 0 or at + END.size > len(tail):
        return "File is not a zip file"
    comment = int(END.unpack_from(tail, at)[7])
    is_comment = at + END.size + comment == len(tail)
    return "Comment in the end record" if is_comment else "Trailing data"


def _check_only_end(tail: bytes, end: int) -> None:
    """Raise if another end record has a comment that reaches to the end of the archive."""
    at = tail.rfind(_END_MARK, 0, end)
    while at >= 0:
        if at + END.size <= len(tail) and at + END.size + END.unpack_from(tail, at)[7] == len(tail):
            raise not_accepted("Two end records")
        at = tail.rfind(_END_MARK, 0, at)


def _parse_large_end(tail: bytes, size: int, said: tuple[int, int, int]) -> Directory:
    """Return the directory of a zip64 archive; ``said`` is what the short record says of it."""
    at = len(tail) - END.size - LOCATOR.size - END64.size
    if at < 0:
        raise not_accepted("Malformed zip file: its ZIP64 records are missing")
    place = size - (len(tail) - at)
    mark, disk, offset, disks = LOCATOR.unpack_from(tail, at + END64.size)
    if mark != _LOCATOR_MARK or disk or disks > 1:
        raise not_accepted("Malformed zip file: its ZIP64 locator is missing or of several disks")
    mark, length, _, _, disk, start_disk, here, count, stretch, start = END64.unpack_from(tail, at)
    if offset != place and tail[offset - size :].startswith(_END64_MARK):
        raise not_accepted("ZIP64 extensible data not allowed")
    if offset != place or mark != _END64_MARK:
        raise not_accepted("ZIP64 locator does not point to the ZIP64 end record before it")
    if length != END64.size - 12:
        raise not_accepted("ZIP64 extensible data not allowed")
    if disk or start_disk or here != count:
        raise not_accepted("Malformed zip file: it is one of several disks")
    limits = (_MAX, _MAX, _MAX_SHORT)
    for short, full, limit in zip(said, (stretch, start, count), limits, strict=True):
        if short not in {limit, full}:
            raise not_accepted("ZIP64 end record and end record disagree")
    return _filling(Directory(start, start + stretch, count), place)


def _filling(directory: Directory, stop: int) -> Directory:
    """Return the directory if it ends exactly where the records behind it begin."""
    if directory.stop != stop or directory.start > stop:
        raise not_accepted("Mismatched central directory offset or size")
    if directory.entries * ENTRY.size > directory.stop - directory.start:
        raise not_accepted("Mismatched central directory records")
    return directory


def parse_entry(content: bytes, at: int, max_path_bytes: int) -> tuple[Entry, int]:
    """Return the entry of the directory at ``at``, and where the next one begins.

    Raises:
        BadInput: it is cut short, or describes what no distribution has.
    """
    if content[at : at + 4] != CENTRAL_MARK or at + ENTRY.size > len(content):
        raise not_accepted("Malformed zip file: unknown record in the central directory")
    _, _, needed, flags, method, _, _, checksum, packed, unpacked, *rest = ENTRY.unpack_from(
        content, at
    )
    name_bytes, extra_bytes, comment, disk, _, attributes, offset = rest
    if needed & 0xFF > _NEWEST_VERSION:
        raise not_accepted("Malformed zip file: it needs a version of the format that none has")
    if comment:
        raise not_accepted("Comment in central directory")
    extra_at = at + ENTRY.size + name_bytes
    stop = extra_at + extra_bytes
    raw = content[at + ENTRY.size : extra_at]
    if stop > len(content):
        raise not_accepted("Malformed zip file: the central directory is cut short")
    name = _parse_name(raw, flags)
    large = _parse_extra(content[extra_at:stop], raw)
    if large is not None or _MAX in {packed, unpacked, offset}:
        unpacked, packed, offset = _large_sizes(large or b"", (unpacked, packed, offset))
    path = name.removesuffix("/")
    if problem := path_problem(path, max_path_bytes):
        raise not_accepted(problem)
    _check_packing(path, flags, method)
    is_directory = path != name
    _check_kind(path, attributes >> 16, is_directory=is_directory)
    if is_directory and unpacked:  # some deflate the nothing that is in it
        raise not_accepted(f"Directory with content: {shown(path)}")
    if disk:
        raise not_accepted("Malformed zip file: it is one of several disks")
    if method == _STORED and packed != unpacked:
        raise not_accepted(f"Mis-matched data size: {shown(path)}")
    return Entry(path, is_directory, flags, method, checksum, packed, unpacked, offset), stop


def _parse_name(raw: bytes, flags: int) -> str:
    """Return a name; what is not ASCII must be marked as UTF-8, else readers take code page 437."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_accepted("Filename not unicode") from error
    if not name.isascii() and not flags & _UTF8:
        raise not_accepted(f"Filename not marked as UTF-8: {shown(name)}")
    return name


def _check_packing(path: str, flags: int, method: int) -> None:
    """Raise if the bytes of a member are not plainly stored or deflated."""
    if flags & _ENCRYPTED:
        raise not_accepted(f"Encrypted file: {shown(path)}")
    if flags & _DESCRIPTOR:
        raise not_accepted(f"ZIP contains a data descriptor: {shown(path)}")
    if flags & _PATCH or method not in {_STORED, _DEFLATED}:
        raise not_accepted(f"File is compressed otherwise than by deflate: {shown(path)}")


def _check_kind(path: str, mode: int, *, is_directory: bool) -> None:
    """Raise unless a member is a file or directory, whoever is said to have made the archive."""
    kind = mode & _FORMAT_MASK
    if kind == stat.S_IFLNK:
        raise not_accepted(f"Symbolic link: {shown(path)}")
    # Some tools give directories the mode of a file; the slash at the end of the name decides.
    if kind not in {0, stat.S_IFREG} and not (is_directory and kind == stat.S_IFDIR):
        raise not_accepted(f"Neither a file nor a directory: {shown(path)}")


def _parse_extra(extra: bytes, raw_name: bytes) -> bytes | None:
    """Return the content of the ZIP64 field among the extra fields, or None if there is none."""
    at = 0
    seen: set[int] = set()
    large: bytes | None = None
    while at < len(extra):
        if at + _EXTRA.size > len(extra):
            raise not_accepted("Malformed zip file: an extra field is cut short")
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if at + length > len(extra):
            raise not_accepted("Malformed zip file: an extra field is cut short")
        if kind in {_ZIP64_EXTRA, _UNICODE_PATH}:
            if kind in seen:
                raise not_accepted("Invalid duplicate extra field")
            seen.add(kind)
        if kind == _ZIP64_EXTRA:
            large = extra[at : at + length]
        elif kind == _UNICODE_PATH:
            _check_unicode_path(extra[at : at + length], raw_name)
        at += length
    return large


def _check_unicode_path(field: bytes, raw_name: bytes) -> None:
    """Raise if the second spelling of a name is another name: some readers believe it."""
    version, checksum, name = field[:1], field[1:5], field[5:]
    expected = zlib.crc32(raw_name).to_bytes(4, "little")
    if version != b"\x01" or checksum != expected or name != raw_name:
        raise not_accepted("Unicode path extra field with another filename")


def _large_sizes(values: bytes, short: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the three numbers with their 64-bit values where the short ones say "not here"."""
    wanted = 8 * short.count(_MAX)
    # Readers disagree about which number stands where in a field with more than is asked for.
    if len(values) not in ({wanted, wanted + 4} if wanted else {0, 8, 16, 24, 28}):
        raise not_accepted("Malformed zip file: ZIP64 extra field of unusual length")
    found = []
    for number in short:
        if number == _MAX:
            found.append(int.from_bytes(values[:8], "little"))
            values = values[8:]
        else:
            found.append(number)
    return found[0], found[1], found[2]


def parse_local(content: bytes) -> LocalHeader:
    """Return the fixed part of a local header.

    Raises:
        BadInput: it is none.
    """
    if len(content) < LOCAL.size or not content.startswith(_LOCAL_MARK):
        raise not_accepted("Unknown record signature where a file should begin")
    fields = LOCAL.unpack_from(content)
    return LocalHeader(fields[2], fields[3], fields[6], fields[7], fields[8], fields[9], fields[10])


def parse_local_tail(header: LocalHeader, content: bytes) -> tuple[str, LocalHeader]:
    """Return the name behind a local header, and the header with its 64-bit sizes.

    Raises:
        BadInput: name or extra fields are not what they must be.
    """
    raw, extra = content[: header.name_bytes], content[header.name_bytes :]
    name = _parse_name(raw, header.flags)
    if header.flags & _DESCRIPTOR:
        raise not_accepted(f"ZIP contains a data descriptor: {shown(name)}")
    large = _parse_extra(extra, raw)
    if large is None and _MAX not in {header.packed_bytes, header.unpacked_bytes}:
        return name, header
    unpacked, packed = _large_local_sizes(large or b"", header)
    return name, header._replace(packed_bytes=packed, unpacked_bytes=unpacked)


def _large_local_sizes(values: bytes, header: LocalHeader) -> tuple[int, int]:
    """Return the sizes of a local header with a ZIP64 field; both are in it, or none.

    A field that says another size than the header itself is believed by some readers.
    """
    sizes = (header.unpacked_bytes, header.packed_bytes)
    if not values and _MAX not in sizes:
        return sizes
    if len(values) == 8 and header.method == _STORED:  # noqa: PLR2004 - bytes of a 64-bit number
        values += values
    if len(values) not in {16, 24, 28}:
        raise not_accepted("Malformed zip file: ZIP64 extra field of unusual length")
    unpacked = int.from_bytes(values[:8], "little")
    packed = int.from_bytes(values[8:16], "little")
    for short, full in zip(sizes, (unpacked, packed), strict=True):
        if short not in {_MAX, full}:
            raise not_accepted("Mis-matched file size between header and ZIP64 extra field")
    return unpacked, packed
