"""Which requests in a log are downloads, and of what: one rule for every format.

A download is a ``GET`` of a file that was answered with all of it (200), or with the part that
begins it (206). A single byte only asks whether parts can be had. Where a log does not tell which
part it was, all parts that one client takes of a file on one day are one download. Nothing else
counts: no ``HEAD``, 304 or error, no page, no ``.metadata``, signature or provenance.

That is the rule of the server for its own answers, too (``server/sending.py``), as far as a log
can tell: of an answer that broke off, and of one that a client took twice, it does not.
Source: the script that counted for PyPI once (method and status); RFC 9110, 14.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final
from urllib.parse import unquote

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.names import (
    Filename,
    ProjectName,
    is_archive,
    is_file_of,
    is_wheel,
    parse_filename,
    project_candidates,
)
from wheelyard.stats.counting import day_of
from wheelyard.wire.access_logs import LogEntry

__all__ = [
    "Candidates",
    "LineNumbers",
    "Place",
    "Taken",
    "candidates_of",
    "digest_of",
    "find_download",
]

_OK: Final = 200
_PARTIAL: Final = 206
_FILES: Final = "packages"
_DIGEST_BYTES: Final = 16
_MOST_READINGS: Final = 8
"""Readings of an odd file name that are looked up."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is in the paths of a log.

    ``prefix`` is what stands before the paths of this program, with slashes on both ends. Paths
    below ``/NAME/packages/`` are of the index of that name, if it is one of ``indexes``; all others
    are of ``index``.
    """

    index: str
    prefix: str = "/"
    indexes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken. ``is_part``: the log does not tell which part of it."""

    day: date
    index: str
    filename: Filename
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The projects that a file may be of, by its name, and the one that is taken in doubt.

    ``likely`` is None if there is no name before a version in the file's name.
    """

    names: Sequence[ProjectName]
    likely: ProjectName | None

    @property
    def is_certain(self) -> bool:
        """Whether there is nothing to look up."""
        return self.likely is not None and len(self.names) == 1


def find_download(entry: LogEntry, place: Place) -> Taken | None:
    """Return what was taken with a request; None if that is no download."""
    if entry.method != "GET" or entry.status not in {_OK, _PARTIAL}:
        return None
    is_part = entry.status == _PARTIAL
    if is_part and entry.range_start is not None:
        if entry.range_start > 0 or entry.range_end == 0:
            return None
        is_part = False
    path = entry.raw_path
    if not path.startswith(place.prefix) or not _is_sane(entry.at):
        return None
    filename = _filename(path.rpartition("/")[2])
    if filename is None:
        return None
    return Taken(day_of(entry.at), _index_of(path, place), filename, is_part)


def candidates_of(filename: Filename) -> Candidates:
    """Return the projects that a file may be of."""
    named = project_candidates(filename)
    fitting = [name for name in named if is_file_of(filename, name)]
    if is_wheel(filename):
        del fitting[1:]  # the name in it has no dash: what follows the version is the build
    likely = fitting[0] if fitting else None
    return Candidates(tuple(fitting or named)[:_MOST_READINGS], likely)


def digest_of(entry: LogEntry, taken: Taken, number: int, key: bytes) -> bytes:
    """Return what tells a download from every other of its day, and tells nobody anything else.

    By the request's id where there is one; else by all that the line says, and its ``number``
    among lines that say the same. ``key`` is a secret: without it nobody can try out addresses.
    """
    if taken.is_part:
        said: tuple[object, ...] = ("part", entry.client, entry.user_agent, entry.raw_path)
    elif entry.request_id:
        said = ("id", entry.request_id)
    else:
        said = ("line", number, *_line(entry))
    text = "\0".join(map(str, said)).encode("utf-8", "surrogateescape")
    return blake2b(text, key=key[:64], digest_size=_DIGEST_BYTES, person=b"wheelyard log").digest()


class LineNumbers:
    """Numbers lines that say the same.

    Such lines are as many requests if they follow each other, but for other lines of the same
    moment: that is how a server writes them. Anywhere else in a file the same line is the same
    request again, because files were put together that have a part in common.
    """

    def __init__(self) -> None:
        """Begin a file."""
        self._at: Instant | None = None
        self._seen: dict[int, int] = {}

    def note(self, entry: LogEntry) -> None:
        """Note that ``entry`` is the next line, whatever it is about."""
        if entry.at != self._at:
            self._at = entry.at
            self._seen.clear()

    def number(self, entry: LogEntry) -> int:
        """Return how many lines there were like this one, which was noted, with it."""
        key = hash(_line(entry))  # a log may have a million lines of one moment
        self._seen[key] = self._seen.get(key, 0) + 1
        return self._seen[key]


def _line(entry: LogEntry) -> tuple[object, ...]:
    """Return what a line says, but for where it stands."""
    return (
        *(entry.at, entry.client, entry.host, entry.method, entry.raw_path, entry.query),
        *(entry.protocol, entry.status, entry.bytes_sent, entry.referer, entry.user_agent),
    )


def _is_sane(at: Instant) -> bool:
    """Say whether a moment is on a day that there is."""
    return 0 <= at < 2**37


def _filename(segment: str) -> Filename | None:
    """Return the file that the last part of a path names; None if it is no distribution."""
    if "." not in segment:
        return None
    try:
        filename = parse_filename(unquote(segment, errors="strict"))
    except (BadInput, UnicodeDecodeError):
        return None
    return filename if is_archive(filename) else None


def _index_of(path: str, place: Place) -> str:
    """Return the index whose file is at ``path``, by the name before ``packages``."""
    first, _, rest = path[len(place.prefix) :].partition("/")
    name = first.partition("@")[0]
    if name in place.indexes and rest.partition("/")[0] == _FILES:
        return name
    return place.index
