"""Core metadata as the headers that it is made of: every one, as often as it came.

For those who judge metadata; ``core_metadata`` is for those who show it.
Source: https://packaging.python.org/specifications/core-metadata/ (2.6); PEP 566.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["MetadataHeaders", "parse_metadata_headers"]

MAX_HEADER_LINES: Final = 50_000


@dataclass(frozen=True, slots=True)
class MetadataHeaders:
    """The values of each header, by its name in small letters, and the text behind them."""

    values: Mapping[str, tuple[str, ...]]
    body: str

    def one(self, header: str) -> str:
        """Return the first value of ``header``, stripped; empty if there is none or ``UNKNOWN``."""
        found = self.values.get(header.lower(), ("",))[0].strip()
        return "" if found == "UNKNOWN" else found

    def all(self, header: str) -> tuple[str, ...]:
        """Return all values of ``header`` that say something, stripped."""
        found = (value.strip() for value in self.values.get(header.lower(), ()))
        return tuple(value for value in found if value not in {"", "UNKNOWN"})


def parse_metadata_headers(content: bytes) -> MetadataHeaders:
    """Return the headers of ``METADATA`` or ``PKG-INFO``.

    Raises:
        BadInput: it is not UTF-8, has lines among the headers that are none, or too many.
    """
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadInput(f"Invalid metadata: it is not UTF-8 at byte {error.start}.") from error
    if text.partition("\n\n")[0].count("\n") > MAX_HEADER_LINES:
        raise BadInput(f"Invalid metadata: more than {MAX_HEADER_LINES} lines of headers.")
    message = HeaderParser().parsestr(text)
    if message.defects:
        kind = type(message.defects[0]).__name__
        raise BadInput(f"Invalid metadata: a line among its headers is none ({kind}).")
    values: dict[str, list[str]] = {}
    for header, raw in message.raw_items():
        values.setdefault(header.lower(), []).append(str(raw))
    return MetadataHeaders(
        {header: tuple(found) for header, found in values.items()}, str(message.get_payload())
    )
