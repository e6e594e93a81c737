"""The unpacked bytes of a gzip file, a piece at a time, and no more than was allowed.

Source: RFC 1952.
"""

import zlib
from typing import BinaryIO, Final

from wheelyard.upload.archives.limits import ArchiveLimits, not_a_distribution

__all__ = ["Unpacked"]

_PIECE: Final = 256 * 1024
_PACKED_PIECE: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
_MARK: Final = b"\x1f\x8b\x08"


class Unpacked:
    """Read a gzip file of one or more members, as ``gzip`` does."""

    def __init__(self, file: BinaryIO, size: int, limits: ArchiveLimits) -> None:
        self.unpacked_bytes = 0
        self._file = file
        self._size = size
        self._limits = limits
        self._packed = b""
        self._ready = bytearray()
        self._inflater: zlib._Decompress | None = None
        file.seek(0)

    def read(self, count: int) -> bytes:
        """Return the next ``count`` bytes; fewer only at the end.

        Raises:
            BadInput: it is no sound gzip file, or unpacks to too much.
        """
        while len(self._ready) < count and self._unpack_more():
            pass
        found = bytes(self._ready[:count])
        del self._ready[:count]
        return found

    def skip(self, count: int) -> int:
        """Drop the next ``count`` bytes; return how many there were.

        Raises:
            BadInput: as ``read`` does.
        """
        left = count
        while left:
            if not self._ready and not self._unpack_more():
                break
            dropped = min(left, len(self._ready))
            del self._ready[:dropped]
            left -= dropped
        return count - left

    def _unpack_more(self) -> bool:
        """Unpack the next piece; say whether there was one."""
        if self._inflater is None and not self._begin_member():
            return False
        inflater = self._inflater
        if inflater is None:
            return False
        if not self._packed:
            self._packed = self._file.read(_PACKED_PIECE)
        ended = not self._packed
        try:
            piece = inflater.decompress(self._packed, _PIECE)
        except zlib.error as error:
            raise not_a_distribution(f"The gzip file does not unpack: {error}") from error
        self._packed = inflater.unconsumed_tail
        if inflater.eof:
            self._packed = inflater.unused_data
            self._inflater = None
        elif ended and not piece:
            raise not_a_distribution("The gzip file is cut short")
        self.unpacked_bytes += len(piece)
        self._limits.check_unpacked(self.unpacked_bytes, self._size)
        self._ready += piece
        return True

    def _begin_member(self) -> bool:
        """Begin the next member, if there is one; zeros may follow the last one."""
        while True:
            if len(self._packed) < len(_MARK):
                self._packed += self._file.read(_PACKED_PIECE)
            if not self._packed:
                return False
            if self._packed.startswith(_MARK):
                self._inflater = zlib.decompressobj(_GZIP)
                return True
            if not self.unpacked_bytes and self._packed.strip(b"\0"):
                raise not_a_distribution("File is not a gzip file")
            if self._packed.strip(b"\0"):
                raise not_a_distribution("The gzip file has trailing data")
            self._packed = b""
