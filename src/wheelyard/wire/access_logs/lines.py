"""Pieces of a file to its lines, with little memory whatever the pieces are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from wheelyard.wire.access_logs.entry import MAX_LINE_BYTES

__all__ = ["LogLine", "LongLine", "split_lines"]

_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line without what ends it, and its number from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line that is too long to be one; ``text`` is how it begins."""

    number: int
    text: str


def split_lines(chunks: Iterable[bytes]) -> Iterator[LogLine | LongLine]:
    """Yield the lines that are not empty, in whatever pieces they come.

    A byte order mark and the zeros that a crash leaves at the beginning of a line are left out.
    """
    number, start, length = 1, list[bytes](), 0
    for chunk in chunks:
        for piece, is_end in _pieces(chunk):
            if length <= MAX_LINE_BYTES:
                start.append(piece)
            length += len(piece)
            if is_end:
                yield from _line(number, start, length)
                number, start, length = number + 1, [], 0
    yield from _line(number, start, length)


def _pieces(chunk: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the parts of a chunk, and whether a line ends with each."""
    *ended, last = chunk.split(b"\n")
    for piece in ended:
        yield piece, True
    yield last, False


def _line(number: int, parts: list[bytes], length: int) -> Iterator[LogLine | LongLine]:
    """Yield a line, unless nothing is in it."""
    raw = parts[0] if len(parts) == 1 else b"".join(parts)
    if length > MAX_LINE_BYTES:
        yield LongLine(number, raw[:MAX_LINE_BYTES].decode("utf-8", "replace"))
        return
    raw = raw.removesuffix(b"\r")
    if raw.startswith((b"\0", _MARK)):
        raw = raw.lstrip(b"\0").removeprefix(_MARK)
    if raw and not raw.isspace():
        yield LogLine(number, raw.decode("utf-8", "surrogateescape"))
