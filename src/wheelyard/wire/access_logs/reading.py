"""A log, line by line: what can be read of it, and what could not."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.detecting import detect_line
from wheelyard.wire.access_logs.entry import MAX_LINE_BYTES, BadLine, LineReader, LogEntry
from wheelyard.wire.access_logs.formats import FORMATS, LogFormat, open_reader
from wheelyard.wire.access_logs.lines import LogLine, LongLine, split_lines

__all__ = ["read_log"]

_MAX_SHOWN: Final = 160
_MAX_UNKNOWN: Final = 100
"""Lines after which a log whose format no line told is given up."""


def read_log(
    chunks: Iterable[bytes], form: LogFormat | None = None, *, where: str = ""
) -> Iterator[LogEntry | BadLine]:
    """Yield each request of a log, and each line that could not be read.

    ``chunks`` are pieces of the plain log, of any length; ``where`` names it in what is said of a
    line. Without ``form`` the first line that is in a known format decides. If getting the pieces
    fails with ``BadInput``, because the file is damaged, that is said of the line it happened in.
    Never raises anything else on account of what the log contains.
    """
    lines = _Lines(chunks, where)
    if form is None:
        form = lines.look_ahead()
    if form is not None:
        reader = open_reader(form)
        yield from (said for line in lines for said in _read(reader, line, where))
    if lines.end is not None:
        yield lines.end


class _Lines:
    """The lines of a log, some of which were looked at before they are read."""

    def __init__(self, chunks: Iterable[bytes], where: str) -> None:
        self._lines = split_lines(chunks)
        self._where = where
        self._waiting: deque[LogLine | LongLine] = deque()
        self._number = 0
        self.end: BadLine | None = None
        """Why there is nothing after the last line, if there should be."""

    def __iter__(self) -> Iterator[LogLine | LongLine]:
        while self._waiting:
            yield self._waiting.popleft()
        while (line := self._next()) is not None:
            yield line

    def look_ahead(self) -> LogFormat | None:
        """Return the format that the first lines are in; if they tell none, this is the end."""
        while len(self._waiting) < _MAX_UNKNOWN and (line := self._next()) is not None:
            self._waiting.append(line)
            if isinstance(line, LogLine) and (form := detect_line(line.text)):
                return form
        if self._waiting and self.end is None:
            first = self._waiting[0]
            reason = f"it is in no format that is known here, which are {', '.join(FORMATS)}"
            self.end = _bad(first, self._where, reason, is_end=True)
        return None

    def _next(self) -> LogLine | LongLine | None:
        """Return the next line; None at the end."""
        try:
            line = next(self._lines, None)
        except BadInput as error:
            lost = LogLine(self._number + 1, "")
            self.end = _bad(lost, self._where, str(error), is_end=True)
            return None
        self._number = self._number if line is None else line.number
        return line


def _read(reader: LineReader, line: LogLine | LongLine, where: str) -> Iterator[LogEntry | BadLine]:
    """Yield what a line says, if it says anything."""
    if isinstance(line, LongLine):
        yield _bad(line, where, f"it is longer than {MAX_LINE_BYTES:,} bytes")
        return
    try:
        entry = reader.read(line.text)
    except BadInput as error:
        yield _bad(line, where, str(error))
        return
    if entry is not None:
        yield msgspec.structs.replace(entry, line=line.number)


def _bad(line: LogLine | LongLine, where: str, reason: str, *, is_end: bool = False) -> BadLine:
    """Return what is said of a line that could not be read."""
    shown, why = _printable(line.text[:_MAX_SHOWN]), _printable(reason)
    return BadLine(where=where, line=line.number, reason=why, text=shown, is_end=is_end)


def _printable(text: str) -> str:
    """Return a text that strangers may have written, for a terminal that obeys control marks."""
    if text.isprintable():
        return text
    whole = text.encode("utf-8", "backslashreplace").decode()
    return "".join(mark if mark.isprintable() else "?" for mark in whole)
