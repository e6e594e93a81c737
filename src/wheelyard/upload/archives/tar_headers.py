"""One header block of a tar archive, and the pax records that say more about the next member.

Pure.  Numbers and texts are checked here; what members mean together is checked in ``tars``.
Source: POSIX.1-2017, pax ("ustar Interchange Format", "pax Extended Header"); GNU tar, "Basic Tar
Format" (long names, base-256 numbers).
"""

from typing import Final, NamedTuple

from wheelyard.upload.archives.limits import not_a_distribution

__all__ = ["BLOCK", "TarHeader", "parse_header", "parse_pax", "parse_text"]

BLOCK: Final = 512
# Mode, owner, group, time, and the numbers of a device.  Nobody here needs them, but some readers
# take a header in which one of them is no number for the end of the archive, and others go on.
_OTHER_NUMBERS: Final = (
    slice(100, 108),
    slice(108, 116),
    slice(116, 124),
    slice(136, 148),
    slice(329, 337),
    slice(337, 345),
)
_CHECKSUM: Final = slice(148, 156)
_OCTAL_DIGITS: Final = b"01234567"
_BINARY: Final = 0x80
_NEGATIVE: Final = 0xFF
_LONGEST_NUMBER: Final = 20


class TarHeader(NamedTuple):
    """What one header block says; ``kind`` is the type flag, one character."""

    path: str
    kind: str
    size: int
    target: str


def parse_header(block: bytes) -> TarHeader:
    """Return what the block says.

    Raises:
        BadInput: its checksum is wrong, or a field is no number or no UTF-8.
    """
    said = _number(block[_CHECKSUM])
    blank = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    if said != sum(blank):
        raise not_a_distribution("The tar archive has a header with a wrong checksum")
    for field in _OTHER_NUMBERS:
        _number(block[field])
    kind = block[156:157].decode("latin-1")
    path = parse_text(block[:100])
    if prefix := parse_text(block[345:500]):
        # GNU tar keeps times there, other tools read a path; nobody who makes packages needs it.
        if block[257:263] != b"ustar\0":
            raise not_a_distribution("The tar archive has a header of two formats")
        path = f"{prefix}/{path}"
    return TarHeader(
        path, "0" if kind == "\0" else kind, _number(block[124:136]), parse_text(block[157:257])
    )


def parse_text(raw: bytes) -> str:
    """Return the text before the first NUL byte; only NUL bytes may follow it.

    Raises:
        BadInput: it is not UTF-8.
    """
    text, _, _ = raw.partition(b"\0")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_a_distribution("The tar archive has a name that is not UTF-8") from error


def _number(raw: bytes) -> int:
    """Return a number in octal digits, or in GNU's binary form."""
    if raw[0] in {_BINARY, _NEGATIVE}:
        number = int.from_bytes(raw[1:], "big")
        if raw[0] == _NEGATIVE or number >= 1 << 62:
            raise not_a_distribution("The tar archive has a header with an impossible number")
        return number
    digits = raw.partition(b"\0")[0].strip(b" ")
    if digits.strip(_OCTAL_DIGITS):
        raise not_a_distribution("The tar archive has a header with a number that is none")
    return int(digits or b"0", 8)


def parse_pax(content: bytes) -> dict[str, str]:
    """Return the records of an extended header by keyword.

    Raises:
        BadInput: a record is not as long as it says, comes twice, or makes a sparse member.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + _LONGEST_NUMBER)
        digits = content[at : max(space, at)]
        length = int(digits) if digits.isdigit() else 0
        record = content[space + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        is_whole = len(digits) + 1 < length <= len(content) - at
        if not is_whole or not equals or not record.endswith(b"\n"):
            if not content[at:].strip(b"\0"):
                break  # padding
            raise not_a_distribution("The tar archive has an extended header that cannot be read")
        keyword = parse_text(key)
        if keyword.startswith("GNU.sparse."):
            raise not_a_distribution("The tar archive has a sparse member")
        if keyword in {"path", "linkpath", "size"}:
            if b"\0" in value or keyword in found:
                raise not_a_distribution(f"The tar archive has an unusable `{keyword}` in a header")
            found[keyword] = parse_text(value)
        at += length
    return found
