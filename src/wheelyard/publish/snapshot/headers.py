"""The headers of metadata that a snapshot needs, read without building a message. Pure.

Only what every tool writes is read here: lines with a name, and lines that go on. Whatever looks
otherwise, which a parser of mail has its own ideas about, is left to ``wire/core_metadata.py``; so
both say the same of everything, and this one says it some ten times as fast.
"""

import re
from dataclasses import dataclass
from typing import Final

from wheelyard.wire.core_metadata import parse_core_metadata

__all__ = ["Headers", "read_headers"]

MAX_BYTES: Final = 256 * 1024
"""Headers that are longer are read by the parser that judges their size."""

_HEADER: Final = re.compile(r"([!-9;-~]+):([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_CONTINUATION: Final = re.compile(r"\n(?: {7}\||        |\t)")
_WANTED: Final = frozenset(
    {
        *("name", "version", "summary", "license", "license-expression"),
        *("requires-dist", "classifier"),
    }
)


@dataclass(frozen=True, slots=True)
class Headers:
    """What metadata say, as far as a snapshot needs it; fields as in ``CoreMetadata``."""

    name: str
    summary: str
    license: str
    license_expression: str
    requires_dist: tuple[str, ...]
    classifiers: tuple[str, ...]


def read_headers(content: bytes) -> Headers:
    """Return the headers that a snapshot needs; what follows them is not looked at.

    Raises:
        BadInput: they are no metadata.
    """
    values = _plain_values(content)
    if values is None or not values.keys() >= {"name", "version"}:
        return _with_parser(content)

    def one(header: str) -> str:
        return _CONTINUATION.sub("\n", values[header][0]) if header in values else ""

    return Headers(
        one("name"),
        one("summary"),
        one("license"),
        one("license-expression"),
        tuple(values.get("requires-dist", ())),
        tuple(values.get("classifier", ())),
    )


def _plain_values(content: bytes) -> dict[str, list[str]] | None:
    """Return the values of each header that is wanted; None if not every line is a plain one."""
    end = content.find(b"\n\n", 0, MAX_BYTES)
    head = content[: end + 1] if end >= 0 else content
    if len(head) > MAX_BYTES or b"\r" in head:
        return None
    text = head.decode("utf-8", "replace")
    values: dict[str, list[str]] = {}
    position = 0
    while position < len(text):
        found = _HEADER.match(text, position)
        if found is None:
            return None
        position = found.end()
        header = found[1].lower()
        if header in _WANTED:
            value = found[2].strip()
            if value and value != "UNKNOWN":
                values.setdefault(header, []).append(value)
    return values


def _with_parser(content: bytes) -> Headers:
    """Return the same as a parser of mail has it."""
    found = parse_core_metadata(content)
    return Headers(
        found.name,
        found.summary,
        found.license,
        found.license_expression,
        found.requires_dist,
        found.classifiers,
    )
