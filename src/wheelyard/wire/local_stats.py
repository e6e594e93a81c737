"""``/local-stats/days/``: how often each file was taken on one day, as mirrors have written it.

One file per day, ``2026-01-31.bz2``: bzip2 of CSV with the columns package, filename, user agent
and count. Writers of the past left the first line out, ended lines either way, and did not always
quote the commas in a user agent; of a line the first two columns and the last one are certain.
Source: PEP 381, "Statistics page"; PEP 305; pep381client (``processlogs``) and its readers.
"""

import bz2
import csv
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from wheelyard.errors import BadInput

__all__ = [
    "MAX_AGENT_CHARACTERS",
    "DownloadRow",
    "clean_agent",
    "day_filename",
    "parse_day",
    "parse_day_filename",
    "parse_local_stats",
    "parse_stats_listing",
    "render_local_stats",
    "render_stats_listing",
]

HEADER: Final = "# package,filename,useragent,count"
MAX_AGENT_CHARACTERS: Final = 512

_MAX_PLAIN_BYTES: Final = 1024**3
_MAX_LINE_BYTES: Final = 64 * 1024
_STEP_BYTES: Final = 256 * 1024
_MAX_NAME: Final = 512
_LEVEL: Final = 9
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_COUNT: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_DAY: Final = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_LINK: Final = re.compile(rb"""href=["'](20\d\d-\d\d-\d\d)\.bz2["']""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """How often one program took one file on one day."""

    project: str
    filename: str
    user_agent: str
    count: int


def clean_agent(text: str) -> str:
    """Return what a program calls itself: one line, single spaces, not too long."""
    return _UNPRINTABLE.sub(" ", text[: 4 * MAX_AGENT_CHARACTERS]).strip()[:MAX_AGENT_CHARACTERS]


def parse_day(text: str) -> date:
    """Return the day that ``text`` names: ``2026-01-31``, of this century.

    Raises:
        BadInput: it names none.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(f"expected a day such as `2026-01-31`, got `{text[:40]}`")


def day_filename(day: date) -> str:
    """Return what the file of ``day`` is called."""
    return f"{day.isoformat()}.bz2"


def parse_day_filename(text: str) -> date | None:
    """Return the day of which ``text`` is the file; None if it is no such name."""
    day, dot, ending = text.partition(".")
    if (dot, ending) != (".", "bz2"):
        return None
    try:
        return parse_day(day)
    except BadInput:
        return None


def render_stats_listing(days: Iterable[date]) -> bytes:
    """Return the page that links the files of ``days``, each in the form that readers look for."""
    names = [html.escape(day_filename(day)) for day in days]
    links = "".join(f'<a href="{name}">{name}</a><br>\n' for name in names)
    title = "Downloads by day"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"</head>\n<body>\n<h1>{title}</h1>\n{links}</body>\n</html>\n"
    ).encode()


def parse_stats_listing(body: bytes) -> tuple[date, ...]:
    """Return the days whose files a page links, in order; what is no day is passed over."""
    found = {parse_day_filename(f"{day.decode()}.bz2") for day in _LINK.findall(body)}
    return tuple(sorted(day for day in found if day is not None))


class _Sink:
    """Takes the lines of a CSV writer and keeps them compressed."""

    def __init__(self) -> None:
        self._compressor = bz2.BZ2Compressor(_LEVEL)
        self._lines: list[str] = []
        self._waiting = 0
        self._parts: list[bytes] = []

    def write(self, line: str) -> int:
        """Take a line. Part of what the ``csv`` module asks of a file."""
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting >= _STEP_BYTES:
            self._compress()
        return len(line)

    def end(self) -> bytes:
        """Return all of it."""
        self._compress()
        return b"".join([*self._parts, self._compressor.flush()])

    def _compress(self) -> None:
        text = "".join(self._lines).encode("utf-8", "backslashreplace")
        self._parts.append(self._compressor.compress(text))
        self._lines.clear()
        self._waiting = 0


def render_local_stats(rows: Iterable[DownloadRow], *, has_header: bool = True) -> bytes:
    """Return the file of one day. The same rows in the same order are the same bytes."""
    sink = _Sink()
    writer = csv.writer(sink)
    if has_header:
        sink.write(f"{HEADER}\r\n")
    for row in rows:
        writer.writerow((row.project, row.filename, row.user_agent, row.count))
    return sink.end()


def parse_local_stats(body: bytes, where: str) -> Iterator[DownloadRow]:
    """Yield the rows of the file of one day; ``where`` names it in what is said of it.

    Raises:
        BadInput: it is none, or a line of it cannot be read; nothing of it should count then.
    """
    for number, line in enumerate(_lines(body, where), 1):
        if line and not line.startswith("#"):
            yield _parse_line(line, f"{where}, line {number}")


def _lines(body: bytes, where: str) -> Iterator[str]:
    """Yield the lines of a compressed text, without what ends them."""
    rest = b""
    for piece in _decompressed(body, where):
        *lines, rest = (rest + piece).split(b"\n")
        if max(map(len, (rest, *lines))) > _MAX_LINE_BYTES:
            raise BadInput(f"{where}: a line is longer than {_MAX_LINE_BYTES} bytes")
        for line in lines:
            yield _text(line)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    """Return a line as text, whatever it was written in."""
    return line.removesuffix(b"\r").decode("utf-8", "backslashreplace")


def _decompressed(body: bytes, where: str) -> Iterator[bytes]:
    """Yield what a bzip2 file contains; it may be several streams one after the other."""
    size, given = 0, memoryview(body)
    if not body:
        raise BadInput(f"{where}: it is empty, and not compressed with bzip2")
    while given:
        stream, at = bz2.BZ2Decompressor(), 0
        while not stream.eof:
            chunk = given[at : at + _STEP_BYTES] if stream.needs_input else b""
            at += len(chunk)
            if stream.needs_input and not chunk:
                raise BadInput(f"{where}: it ends in the middle: fetch it anew")
            try:
                piece = stream.decompress(chunk, _STEP_BYTES)
            except (OSError, ValueError) as error:
                raise BadInput(f"{where}: it is not compressed with bzip2, or damaged") from error
            size += len(piece)
            if size > _MAX_PLAIN_BYTES:
                raise BadInput(f"{where}: it is larger than {_MAX_PLAIN_BYTES} bytes")
            yield piece
        given = given[at - len(stream.unused_data) :]


def _parse_line(line: str, where: str) -> DownloadRow:
    """Return the row in one line.

    Raises:
        BadInput: it has fewer than four columns, or the last one is no number.
    """
    columns = _columns(line)
    if columns is None:
        raise BadInput(f"{where}: expected package, filename, user agent and count")
    project, filename, agent, count = columns
    if _COUNT.fullmatch(count.strip()) is None:
        raise BadInput(f"{where}: expected a number in the last column, got `{count[:20]}`")
    if not project or not filename or max(len(project), len(filename)) > _MAX_NAME:
        raise BadInput(f"{where}: expected the names of a package and of a file")
    return DownloadRow(clean_agent(project), clean_agent(filename), clean_agent(agent), int(count))


def _columns(line: str) -> tuple[str, str, str, str] | None:
    """Return the four columns of a line; commas that were not quoted are of the user agent."""
    try:
        found = next(csv.reader([line], strict=True), [])
    except csv.Error:
        found = []
    if len(found) == 4:  # noqa: PLR2004 - as the format has it
        return (found[0], found[1], found[2], found[3])
    start = line.split(",", 2)
    if len(start) < 3 or "," not in start[2]:  # noqa: PLR2004 - two columns and the rest
        return None
    agent, _, count = start[2].rpartition(",")
    return (start[0], start[1], agent, count)
