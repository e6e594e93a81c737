"""JSON in a line of a log: one object, whose values are texts here."""

import json
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["find_document", "parse_document"]

_MAX_PREFIX: Final = 512
"""More than the syslog header that may stand before a document."""


def find_document(line: str) -> str | None:
    """Return the object in a line, which may stand behind a header of syslog; None without one."""
    start = line.find("{", 0, _MAX_PREFIX)
    return line[start:].rstrip() if start >= 0 and line.rstrip().endswith("}") else None


def parse_document(line: str) -> dict[str, str]:
    """Return the object in a line, with its numbers as they were written; ``null`` is left out.

    Raises:
        BadInput: there is none.
    """
    text = find_document(line)
    if text is None:
        raise BadInput("expected an object of JSON: it begins with `{` and ends with `}`")
    try:
        # Numbers stay texts: a column says itself which it expects. Marks that should have been
        # escaped are taken as they are; there are writers that forget.
        document = json.loads(
            text, strict=False, parse_int=str, parse_float=str, parse_constant=str
        )
    except (ValueError, RecursionError):
        raise BadInput("it is not JSON, or not all of it") from None
    if not isinstance(document, dict):
        raise BadInput("expected an object of JSON")
    return {_clean(name): _text(value) for name, value in document.items() if value is not None}


def _text(value: object) -> str:
    """Return a value as text; what is inside of another object is nothing that is looked for."""
    if isinstance(value, str):
        return _clean(value)
    return "true" if value is True else "false" if value is False else ""


def _clean(text: str) -> str:
    """Return a text that can be written again: halves of surrogate pairs are none."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
