"""Content codings undone in small steps, so that a few bytes cannot become a gigabyte.

Source: RFC 9110, 8.4 (content codings); RFC 1952, 2.2 (members one after another).
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

__all__ = ["OFFERED", "BadCodingError", "Decoder", "make_decoder"]

OFFERED = "gzip, deflate"
"""What we ask for: exactly what we can undo with a limit."""

STEP_BYTES = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class BadCodingError(ValueError):
    """The bytes are not in the coding that the header states, or it was not asked for."""


class Decoder(Protocol):
    """Undoes one content coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return what ``data`` stands for, in pieces of bounded size.

        Raises:
            BadCodingError: it stands for nothing.
        """

    def finished(self) -> bool:
        """Say whether the coding itself is complete."""


class Identity:
    """No coding at all."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return ``data``."""
        yield data

    def finished(self) -> bool:
        """Say yes: only the message's framing knows its end."""
        return True


class Inflater:
    """The codings made of DEFLATE: gzip with any number of members, and both kinds of deflate."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(window)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return what ``data`` stands for, in pieces of at most ``STEP_BYTES``."""
        draining = False
        while data or draining:
            if data:
                self._begin(data)
            try:
                piece = self._inflate.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise BadCodingError(
                    "the body is not in the content coding that it states"
                ) from error
            if piece:
                yield piece
            # A full piece may leave output behind although all input was taken.
            draining = len(piece) == STEP_BYTES
            data = self._inflate.unconsumed_tail or self._inflate.unused_data

    def finished(self) -> bool:
        """Say whether the last member is complete; nothing at all is complete too."""
        return self._inflate.eof or not self._started

    def _begin(self, data: bytes) -> None:
        """Start a member if none is open; the first byte of "deflate" tells which kind it is."""
        if not self._started and self._window == zlib.MAX_WBITS and data[0] & 0x0F != zlib.DEFLATED:
            # RFC 9110, 8.4.1.2: some servers send raw DEFLATE without the zlib wrapper.
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        elif self._inflate.eof:
            if self._window != _GZIP:
                raise BadCodingError("there are bytes after the end of the content coding")
            self._inflate = zlib.decompressobj(_GZIP)
        self._started = True


def make_decoder(content_encoding: str | None) -> Decoder:
    """Return what undoes the coding that a ``Content-Encoding`` header names.

    Raises:
        BadCodingError: it is none that was offered.
    """
    match (content_encoding or "identity").strip().lower():
        case "" | "identity":
            return Identity()
        case "gzip" | "x-gzip":
            return Inflater(_GZIP)
        case "deflate":
            return Inflater(zlib.MAX_WBITS)
        case other:
            raise BadCodingError(f"the content coding `{other[:40]!a}` was not asked for")
