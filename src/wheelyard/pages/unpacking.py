"""Compressed files of others, unpacked piece by piece: gzip and zstd, known by how they begin.

Memory is bounded whatever the file says of itself. So is how far it may grow: a few bytes that
become a thousand times as many are made to harm whoever unpacks them.
Source: RFC 1952, 2.2 (a file is one gzip member after the other); RFC 8878, 3.1.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final, Protocol

import zstandard

from wheelyard.errors import BadInput

__all__ = ["unpacked"]

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_OTHERS: Final = ((b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"PK\x03\x04", "zip"))
_MAGIC_BYTES: Final = 6

_STEP: Final = 64 * 1024
_MEMBERS_STEP: Final = 4 * 1024
_ZSTD_STEP: Final = 64
"""What is given to zstd at once: four bytes of it may become 128 KiB, which nothing bounds."""
_MAX_WINDOW: Final = 128 * 1024 * 1024
"""How far back a file may refer, which is kept in memory; ``zstd --ultra`` goes as far."""

_FREE_BYTES: Final = 1024**3
_MAX_GROWTH: Final = 1_000


class _Member(Protocol):
    """One gzip member or one zstd frame, while it is unpacked."""

    @property
    def eof(self) -> bool:
        """Whether it is over."""

    @property
    def unused_data(self) -> bytes:
        """What came after it."""

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what becomes of ``data``, in pieces of bounded length."""


class _GzipMember:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data and not self.eof:
            yield self._stream.decompress(data, _STEP)
            data = self._stream.unconsumed_tail


class _ZstdFrame:
    def __init__(self) -> None:
        limited = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        self._stream = limited.decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data + self._rest

    def unpack(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_STEP):
            if self.eof:
                self._rest = data[start:]
                return
            yield self._stream.decompress(data[start : start + _ZSTD_STEP])


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a file contains that comes in ``chunks``: unpacked, or as it is if it is plain.

    Raises:
        BadInput: it is damaged, incomplete, made to harm, or packed by something else; whatever
            was there before has been yielded.
    """
    pieces = iter(chunks)
    head = b""
    while len(head) < _MAGIC_BYTES and (piece := next(pieces, None)) is not None:
        head += piece
    whole = chain([head], pieces)
    if head.startswith(_GZIP):
        yield from _members(whole, _GzipMember, "gzip", _GZIP)
    elif head.startswith(_ZSTD):
        yield from _members(whole, _ZstdFrame, "zstd", _ZSTD)
    else:
        for magic, name in _OTHERS:
            if head.startswith(magic):
                raise BadInput(f"it is packed with {name}: unpack it first")
        yield from whole


def _members(
    chunks: Iterable[bytes], make: Callable[[], _Member], name: str, magic: bytes
) -> Iterator[bytes]:
    """Yield what one member after the other contains.

    Raises:
        BadInput: it is damaged, incomplete or made to harm.
    """
    member, taken, given, is_between = make(), 0, 0, False
    for chunk in _in_steps(chunks):
        taken, data = taken + len(chunk), chunk
        while data:
            if is_between:
                # Tapes and some programs fill up what is behind the last member with zeros.
                if not (data := data.lstrip(b"\0")):
                    break
                if not magic.startswith(data[: len(magic)]):
                    raise BadInput(f"something else than {name} follows what is packed")
                member = make()
            try:
                for piece in member.unpack(data):
                    given += len(piece)
                    if given > max(_FREE_BYTES, _MAX_GROWTH * taken):
                        raise BadInput(f"it grows more than {_MAX_GROWTH:,} times when unpacked")
                    yield piece
            except (zlib.error, zstandard.ZstdError) as error:
                raise BadInput(f"it is damaged: {error}") from error
            is_between = member.eof
            data = member.unused_data if is_between else b""
    if not is_between:
        raise BadInput("it ends in the middle of what is packed: get it again")


def _in_steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks in short pieces: what follows a member is copied, and a member may be short."""
    for chunk in chunks:
        for start in range(0, len(chunk), _MEMBERS_STEP):
            yield chunk[start : start + _MEMBERS_STEP]
