"""Which format a log is in, by its first lines."""

import re
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.cloudfront import column_name, is_width
from wheelyard.wire.access_logs.combined import CombinedReader
from wheelyard.wire.access_logs.documents import parse_document
from wheelyard.wire.access_logs.fastly import is_fastly
from wheelyard.wire.access_logs.formats import FormatName, LogFormat
from wheelyard.wire.access_logs.haproxy import is_haproxy
from wheelyard.wire.access_logs.lines import LogLine, split_lines

__all__ = ["detect_format", "detect_line"]

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WORDS_BEFORE: Final = 3
"""Address, identity and user; the user may have spaces in the name."""


def detect_format(head: bytes) -> LogFormat | None:
    """Return the format of the log that begins with ``head``; None if no line of it tells."""
    for line in split_lines([head]):
        if isinstance(line, LogLine) and (form := detect_line(line.text)):
            return form
    return None


def detect_line(line: str) -> LogFormat | None:
    """Return the format that a line is in; None if it does not tell."""
    name = _name(line)
    return None if name is None else LogFormat(name)


def _name(line: str) -> FormatName | None:
    """Return the name of the format of a line."""
    if line.startswith(("#Version:", "#Fields:")):
        return "cloudfront"
    columns = line.split("\t")
    if _DAY.fullmatch(columns[0]) and is_width(len(columns)):
        return "cloudfront"
    if is_haproxy(line):
        return "haproxy"
    return _json(line) or _combined(line)


def _json(line: str) -> FormatName | None:
    """Return the format of a line of JSON; None if it is none."""
    try:
        document = parse_document(line)
    except BadInput:
        return None
    if {column_name(name) for name in document} & {"cs-uri-stem", "cs-method", "sc-status"}:
        return "cloudfront-json"
    return "fastly" if is_fastly(document) else None


def _combined(line: str) -> FormatName | None:
    """Return the format of a line of a web server; None if it is none.

    A second word that is an address says that the first one is the virtual host; so does a fourth
    word if the addresses were left out.
    """
    try:
        CombinedReader(has_host=False).read(line)
    except BadInput:
        return None
    words = line.partition(" [")[0].split(" ")
    has_address = not {".", ":"}.isdisjoint(words[1]) or words[1:] == ["-"] * _WORDS_BEFORE
    return "vhost-combined" if len(words) > _WORDS_BEFORE and has_address else "combined"
