"""Logs of CloudFront: columns by the names in their ``#Fields:`` line, or JSON.

The standard logs of old are separated by tabs and have grown from 12 to 33 columns; those of the
second version have the columns that somebody chose, with the same names, separated by what
somebody chose, or as JSON. Reading by name reads them all, also several files one after the other.
Source: CloudFront developer guide, "Standard logging reference".
"""

from collections.abc import Mapping, Sequence
from typing import Final

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.documents import parse_document
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.memory import Memory
from wheelyard.wire.access_logs.moments import parse_epoch, parse_iso_moment
from wheelyard.wire.access_logs.quoting import (
    decode_path,
    decode_percented,
    split_target,
)
from wheelyard.wire.access_logs.values import parse_method, parse_number, parse_status

__all__ = ["COLUMNS", "CloudFrontJsonReader", "CloudFrontReader", "column_name", "is_width"]

COLUMNS: Final = (
    "date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem",
    "sc-status", "cs(Referer)", "cs(User-Agent)", "cs-uri-query",
    "cs(Cookie)", "x-edge-result-type", "x-edge-request-id",
    "x-host-header", "cs-protocol", "cs-bytes",
    "time-taken",
    "x-forwarded-for", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status", "fle-encrypted-fields",
    "c-port", "time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type",
    "sc-content-len", "sc-range-start", "sc-range-end",
)  # fmt: skip
"""The columns of the standard log; each year's were the first of these."""
_WIDTHS: Final = frozenset({12, 15, 18, 19, 23, 24, 26, 33})
_FIELDS: Final = "#Fields:"
_NEEDED: Final = ("cs-method", "cs-uri-stem", "sc-status")

_RESULTS: Final = {
    "hit": CacheResult.HIT,
    "refreshhit": CacheResult.REFRESHED,
    "originshieldhit": CacheResult.HIT,
    "miss": CacheResult.MISS,
    "pass": CacheResult.PASSED,
    "error": CacheResult.ERROR,
    "limitexceeded": CacheResult.ERROR,
    "capacityexceeded": CacheResult.ERROR,
    "redirect": CacheResult.OTHER,
}


def is_width(columns: int) -> bool:
    """Say whether the standard log ever had that many columns."""
    return columns in _WIDTHS


def column_name(text: str) -> str:
    """Return the name by which a column is known here: without what some writers cannot have.

    ``cs(User-Agent)``, ``cs_user_agent`` and ``cs-user-agent`` are one column.
    """
    spelled = "".join(mark if mark.isalnum() else "-" for mark in text.casefold())
    return "-".join(part for part in spelled.split("-") if part)


class CloudFrontReader:
    """Reads lines of columns. ``fields`` are their names, until a line names others."""

    def __init__(self, fields: Sequence[str] = (), delimiter: str = "\t") -> None:
        """Know the columns if they are given: the plain form has no line that names them."""
        self._names = tuple(column_name(name) for name in fields)
        self._delimiter = delimiter
        self._rows = _Rows()

    def read(self, line: str) -> LogEntry | None:
        """Return what a line says; None for a heading.

        Raises:
            BadInput: it cannot be read, or nothing said what its columns are.
        """
        if line.startswith("#"):
            if line.startswith(_FIELDS):
                named = line.removeprefix(_FIELDS).replace(",", " ").split()
                self._names = tuple(column_name(name) for name in named)
            return None
        columns = line.split(self._delimiter)
        names = self._names or _standard_names(len(columns))
        if len(columns) < len(names):
            raise BadInput(f"expected {len(names)} columns, got {len(columns)}")
        return self._rows.entry(dict(zip(names, columns, strict=False)))


class CloudFrontJsonReader:
    """Reads lines of JSON, an object each."""

    def __init__(self) -> None:
        self._names = Memory(column_name)
        self._rows = _Rows()

    def read(self, line: str) -> LogEntry:
        """Return what a line says.

        Raises:
            BadInput: it cannot be read.
        """
        document = parse_document(line)
        names = self._names
        return self._rows.entry({names[name]: value for name, value in document.items()})


def _standard_names(columns: int) -> tuple[str, ...]:
    """Return the names of columns that nothing named, if there are as many as there ever were.

    Raises:
        BadInput: there never were that many.
    """
    if not is_width(columns):
        raise BadInput(f"no `#Fields:` line names its {columns} columns")
    return tuple(column_name(name) for name in COLUMNS[:columns])


class _Rows:
    """Makes requests of rows whose columns are known by name."""

    def __init__(self) -> None:
        self._headers = Memory(decode_percented)
        self._moments = Memory(parse_iso_moment)

    def entry(self, row: Mapping[str, str]) -> LogEntry:
        """Return the request of a row.

        Raises:
            BadInput: a column is missing, or says nothing that can be understood.
        """
        if missing := [name for name in _NEEDED if name not in row]:
            raise BadInput(f"there is no column `{missing[0]}`")
        word = _plain(row, "x-edge-result-type") or _plain(row, "x-edge-response-result-type")
        content, sent = _number(row, "sc-content-len"), _number(row, "sc-bytes")
        named, path, query = split_target(decode_path(_plain(row, "cs-uri-stem")))
        return LogEntry(
            at=self._moment(row),
            method=parse_method(_plain(row, "cs-method")),
            raw_path=path,
            query=decode_path(_plain(row, "cs-uri-query")) or query,
            protocol=_plain(row, "cs-protocol-version"),
            status=parse_status(_plain(row, "sc-status")),
            bytes_sent=(content or 0) if sent is None else sent,
            body_bytes=content,
            user_agent=self._headers[row.get("cs-user-agent", "-")],
            referer=self._headers[row.get("cs-referer", "-")],
            request_id=_plain(row, "x-edge-request-id"),
            range_start=_number(row, "sc-range-start"),
            range_end=_number(row, "sc-range-end"),
            cache=_result(word),
            cache_word=word,
            host=_plain(row, "x-host-header") or _plain(row, "cs-host") or named,
            client=_plain(row, "c-ip"),
        )

    def _moment(self, row: Mapping[str, str]) -> Instant:
        """Return when a request came.

        Raises:
            BadInput: no column says so.
        """
        if "date" in row and "time" in row:
            return self._moments[f"{row['date']}T{row['time']}"]
        text = row.get("timestamp-ms") or row.get("timestamp")
        if text is None:
            raise BadInput("there are no columns `date` and `time`, and no `timestamp`")
        return parse_epoch(text)


def _result(word: str) -> CacheResult:
    """Return what a word of CloudFront means; one that is not known is no hit."""
    return _RESULTS.get(word.casefold(), CacheResult.OTHER if word else CacheResult.UNKNOWN)


def _plain(row: Mapping[str, str], name: str) -> str:
    """Return the text of a column; empty if there is none."""
    text = row.get(name, "-")
    return "" if text == "-" else text


def _number(row: Mapping[str, str], name: str) -> int | None:
    """Return the number in a column; None if there is none.

    Raises:
        BadInput: something else is in it.
    """
    text = _plain(row, name)
    return parse_number(text, name) if text else None
