"""``Range`` of a request: one range at most, anything else is answered with the whole file.

A header with ten thousand ranges costs nothing here, because a comma ends the matter.
Source: RFC 9110, 14.1 to 14.4; several ranges may be ignored by 14.2.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["ContentRange", "Range", "Unsatisfiable", "parse_content_range", "parse_range"]

MAX_HEADER_LENGTH: Final = 4_096
_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
# More digits than any file size has; such a number is "beyond the end", however long it is.
_MANY_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class Range:
    """The bytes from ``start`` up to ``stop`` (exclusive); at least one of them."""

    start: int
    stop: int

    def content_range(self, size: int) -> str:
        """Return the value of ``Content-Range`` in a 206."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """A range that has no byte of the file: 416."""

    def content_range(self, size: int) -> str:
        """Return the value of ``Content-Range`` in a 416."""
        return f"bytes */{size}"


@dataclass(frozen=True, slots=True)
class ContentRange:
    """What a 206 says it carries: bytes ``start`` up to ``stop`` (exclusive) of ``size``."""

    start: int
    stop: int
    size: int | None


_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)


def parse_content_range(header: str) -> ContentRange | None:
    """Return what a ``Content-Range`` says, or None if it says nothing usable."""
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, size = found.groups()
    start, stop = int(first), int(last) + 1
    known = None if size == "*" else int(size)
    if start >= stop or (known is not None and stop > known):
        return None
    return ContentRange(start, stop, known)


def parse_range(header: str, size: int) -> Range | Unsatisfiable | None:
    """Return what part of a file of ``size`` bytes is wanted; None: ignore the header, send all."""
    if len(header) > MAX_HEADER_LENGTH:
        return None
    match = _RANGE.fullmatch(header.strip(" \t"))
    if match is None:
        return None
    first, last = match[1], match[2]
    if not first:
        return _parse_suffix(last, size)
    start, end = _number(first), _number(last) if last else None
    if end is not None and end < start:
        return None
    if start >= size:
        return Unsatisfiable()
    return Range(start, size if end is None else min(end + 1, size))


def _parse_suffix(digits: str, size: int) -> Range | Unsatisfiable | None:
    """Return the last bytes; a suffix longer than the file is the whole file."""
    if not digits:
        return None
    length = _number(digits)
    if length == 0:
        return Unsatisfiable()
    # A file without bytes has no last ones, and no 206 can say so.
    return Range(max(size - length, 0), size) if size else None


def _number(digits: str) -> int:
    """Return the number, or one beyond every file size if it has very many digits."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MANY_DIGITS else 10**_MANY_DIGITS
