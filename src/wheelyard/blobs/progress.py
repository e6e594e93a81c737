"""How far a fill has come: what its readers here and in other processes go by.

The process that runs the fill writes it as the note of the fill's lock, so it belongs to one
turn of that lock and vanishes with it. A note that is found in a lock which nobody holds tells
what a killed process was at.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

__all__ = ["HOLD_BACK_BYTES", "Ending", "Progress"]

HOLD_BACK_BYTES = 64 * 1024
"""How much of the end is never given out before the proof; smaller parts are proven first."""

_CHECK = struct.Struct("<I")
_NOTE = struct.Struct("<QqqB32sH")
_UNKNOWN = -1
_REASON_BYTES = 1000


class Ending(IntEnum):
    """How a fill stands."""

    RUNNING = 0
    PROVEN = 1
    FAILED = 2
    KEEPING = 3
    """The bytes are proven and are being made durable; the ledger has not agreed yet."""
    UNKEPT = 4
    """Failed, for want of room or by the disk: the source may be as well as ever."""

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self in {Ending.PROVEN, Ending.FAILED, Ending.UNKEPT}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fill has come: ``released`` bytes may be read of ``size`` (None: not known).

    Bytes of one ``edition`` fit together; a fill that has to start over begins another one.
    """

    edition: int = 0
    released: int = 0
    size: int | None = None
    ending: Ending = Ending.RUNNING
    digest: str = ""
    reason: str = ""

    def end_for(self, stop: int | None) -> int:
        """Return how far somebody may read who wants the bytes up to ``stop`` (None: all).

        The last block of what is asked for is held back until the whole is proven, so that a part
        of a wrong file is never a complete answer either.
        """
        if stop is None:
            return self.released
        held_back = 0 if self.ending is Ending.PROVEN else HOLD_BACK_BYTES
        return min(self.released, stop - held_back)

    def pack(self) -> bytes:
        """Return the record as a note."""
        size = _UNKNOWN if self.size is None else self.size
        reason = self.reason.encode("utf-8", "backslashreplace")[:_REASON_BYTES]
        digest = bytes.fromhex(self.digest)
        body = _NOTE.pack(self.edition, self.released, size, self.ending, digest, len(reason))
        return _CHECK.pack(crc32(body + reason)) + body + reason

    @classmethod
    def unpack(cls, note: bytes) -> "Progress | None":
        """Return the record in ``note``; None if it is empty or was caught half written."""
        head = _CHECK.size + _NOTE.size
        if len(note) < head:
            return None
        edition, released, size, ending, digest, length = _NOTE.unpack_from(note, _CHECK.size)
        if _CHECK.unpack_from(note)[0] != crc32(note[_CHECK.size : head + length]):
            return None
        ended = Ending(ending)
        return cls(
            edition,
            released,
            None if size == _UNKNOWN else size,
            ended,
            digest.hex() if ended in {Ending.PROVEN, Ending.KEEPING} else "",
            note[head : head + length].decode("utf-8", "replace"),
        )
