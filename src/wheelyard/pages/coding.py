"""Streams of bytes that are compressed while they are written, and decompressed while read.

For what is larger than memory; pages are compressed whole, in ``render.py``.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, Literal, Protocol, cast

import zstandard
from isal import igzip

from wheelyard.errors import Corrupt

__all__ = ["Coding", "ReadsBytes", "WritesBytes", "compressing", "decompressing"]

Coding = Literal["identity", "gzip", "zstd"]

_LEVEL: Final = 3
_GZIP_LEVEL: Final = 1
_MAGIC: Final[tuple[tuple[bytes, Coding], ...]] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_MAGIC_BYTES: Final = 4
_READ_BYTES: Final = 256 * 1024
_ZSTD_BYTES: Final = 2 * 1024
"""How much is decompressed at a time: four bytes of it can stand for 128 KiB."""
_GZIP_BITS: Final = 31
"""A window of 32 KiB, and a header and a sum as gzip has them. Source: zlib's manual."""
_LARGEST_WINDOW: Final = 128 * 1024**2
"""What a frame of zstd may ask for: more is an attack on our memory."""


class WritesBytes(Protocol):
    """Something that takes bytes."""

    def write(self, content: bytes, /) -> int:
        """Take ``content``; return how much that was."""


class ReadsBytes(Protocol):
    """Something that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end.

        Raises:
            Corrupt: they cannot be decompressed.
        """


@contextmanager
def compressing(sink: BinaryIO, coding: Coding) -> Iterator[WritesBytes]:
    """Yield what compresses into ``sink``, which is whole after the block and stays open."""
    if coding == "identity":
        yield sink
    elif coding == "gzip":
        with igzip.GzipFile("", "wb", _GZIP_LEVEL, sink, 0) as gzip:  # type: ignore[no-untyped-call]  # its own
            yield cast("WritesBytes", gzip)
    else:
        compressor = zstandard.ZstdCompressor(_LEVEL, write_checksum=True)
        with compressor.stream_writer(sink, closefd=False) as zstd:
            yield zstd


@contextmanager
def decompressing(source: ReadsBytes, what: str) -> Iterator[ReadsBytes]:
    """Yield what decompresses ``source``, which tells by its first bytes how it is compressed."""
    start = _Started(source, source.read(_MAGIC_BYTES))
    coding = next((name for magic, name in _MAGIC if start.left.startswith(magic)), "identity")
    if coding == "identity":
        yield start
    elif coding == "gzip":
        yield _Gunzip(start, what)
    else:
        yield _Unzstd(start, what)


class _Started:
    """A source whose first bytes were looked at."""

    def __init__(self, source: ReadsBytes, left: bytes) -> None:
        self._source = source
        self.left = left

    def read(self, size: int) -> bytes:
        """Return what was looked at, then the rest."""
        if not self.left:
            return self._source.read(size)
        given, self.left = self.left[:size], self.left[size:]
        return given


class _Gunzip:
    """A reader of gzip, which has its own sum at its end."""

    def __init__(self, source: ReadsBytes, what: str) -> None:
        self._source = source
        self._what = what
        self._member = zlib.decompressobj(_GZIP_BITS)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; see ``ReadsBytes``."""
        while True:
            self._left = self._left or self._source.read(_READ_BYTES)
            if self._member.eof and self._left:
                self._member = zlib.decompressobj(_GZIP_BITS)
            elif not self._left:
                if self._member.eof:
                    return b""
                raise Corrupt(self._what, expected="more gzip", actual="its end: it is not whole")
            try:
                given = self._member.decompress(self._left, size)
            except zlib.error as error:
                raise Corrupt(self._what, expected="gzip", actual=str(error)) from error
            self._left = self._member.unconsumed_tail or self._member.unused_data
            if given:
                return given


class _Unzstd:
    """A reader of zstd, whose frames have a sum at their end.

    It is fed in small pieces, because there is no saying how much of each may come out.
    """

    def __init__(self, source: ReadsBytes, what: str) -> None:
        self._source = source
        self._what = what
        self._frame = self._new_frame()
        self._left = b""
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; see ``ReadsBytes``."""
        while not self._ready:
            self._left = self._left or self._source.read(_READ_BYTES)
            if not self._left:
                if self._frame.eof:
                    return b""
                raise Corrupt(self._what, expected="more zstd", actual="its end: it is not whole")
            if self._frame.eof:
                self._frame = self._new_frame()
            piece, self._left = self._left[:_ZSTD_BYTES], self._left[_ZSTD_BYTES:]
            try:
                self._ready = memoryview(self._frame.decompress(piece))
            except zstandard.ZstdError as error:
                raise Corrupt(self._what, expected="zstd", actual=str(error)) from error
            self._left = self._frame.unused_data + self._left
        given, self._ready = self._ready[:size], self._ready[size:]
        return bytes(given)

    @staticmethod
    def _new_frame() -> "zstandard.ZstdDecompressionObj":
        """Return what decompresses one frame."""
        return zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
