"""Write zip archives byte by byte, so that any field of any record may lie.

`zipfile` refuses to write most of what has to be refused when read.  `raw_zip` writes a sound
archive; each keyword and each field of a `Member` bends one thing.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Member", "RawZip", "deflate"]

_LOCAL = ("<4s5H3L2H", "mark needed flags method time date crc packed unpacked name extra")
_CENTRAL = (
    "<4s6H3L5H2L",
    (
        "mark made needed flags method time date crc packed unpacked name extra comment disk "
        "internal external offset"
    ),
)
_END = ("<4s4H2LH", "mark disk start here count length offset comment")
_END64 = (
    "<4sQ2H2L4Q",
    "mark size made needed disk start here count length offset",
)
_LOCATOR = ("<4sLQL", "mark disk offset disks")


def deflate(content: bytes) -> bytes:
    """Return the raw deflate stream of `content`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def record(layout: tuple[str, str], values: dict[str, Any]) -> bytes:
    """Return one record with these values by name; those that are missing are zero."""
    form, names = layout
    return struct.pack(form, *(values.get(name, 0) for name in names.split()))


@dataclass(frozen=True)
class Member:
    """One file. `local` and `central` replace single values in the two records about it."""

    name: bytes
    content: bytes = b""
    method: int = 8
    packed: bytes | None = None
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    mode: int = 0o100644

    def values(self) -> dict[str, Any]:
        """Return what both records say if nothing lies."""
        return {
            "needed": 20,
            "method": self.method,
            "crc": zlib.crc32(self.content),
            "packed": len(self.body()),
            "unpacked": len(self.content),
        }

    def body(self) -> bytes:
        """Return the bytes between this member's header and the next one."""
        if self.packed is not None:
            return self.packed
        return deflate(self.content) if self.method == 8 else self.content

    def local_record(self) -> bytes:
        """Return header, name and extra fields before the body."""
        name = self.name if self.local_name is None else self.local_name
        values = {**self.values(), "name": len(name), "extra": len(self.local_extra)}
        header = record(_LOCAL, {"mark": b"PK\x03\x04", **values, **self.local})
        return header + name + self.local_extra

    def central_record(self, offset: int) -> bytes:
        """Return the entry of the directory."""
        lengths = {
            "name": len(self.name),
            "extra": len(self.central_extra),
            "comment": len(self.comment),
        }
        values = {"made": 0x0314, "external": self.mode << 16, "offset": offset}
        known = {"mark": b"PK\x01\x02", **self.values(), **lengths, **values, **self.central}
        return record(_CENTRAL, known) + self.name + self.central_extra + self.comment


@dataclass(frozen=True)
class RawZip:
    """An archive of these members; `zip64` adds the records of a large one."""

    members: Sequence[Member]
    before: bytes = b""
    gap: bytes = b""
    hidden: bytes = b""
    after: bytes = b""
    comment: bytes = b""
    end: dict[str, Any] = field(default_factory=dict)
    zip64: bool = False
    end64: dict[str, Any] = field(default_factory=dict)
    locator: dict[str, Any] = field(default_factory=dict)
    end64_tail: bytes = b""
    order: Callable[[list[bytes]], list[bytes]] = list

    def content(self) -> bytes:
        """Return the bytes of the archive."""
        body, central = self.before, []
        for number, member in enumerate(self.members):
            if number == 1:
                body += self.gap
            central.append(member.central_record(len(body)))
            body += member.local_record() + member.body()
        body += self.hidden
        directory = b"".join(self.order(central))
        known = {
            "here": len(central),
            "count": len(central),
            "length": len(directory),
            "offset": len(body),
        }
        large = self._large(known, len(body) + len(directory)) if self.zip64 else b""
        end = {"mark": b"PK\x05\x06", **known, "comment": len(self.comment), **self.end}
        return body + directory + large + record(_END, end) + self.comment + self.after

    def _large(self, known: dict[str, Any], place: int) -> bytes:
        """Return the two records that a zip64 archive has before its end record."""
        values = {"mark": b"PK\x06\x06", "size": 44 + len(self.end64_tail), **known, **self.end64}
        locator = {"mark": b"PK\x06\x07", "offset": place, "disks": 1, **self.locator}
        return record(_END64, values) + self.end64_tail + record(_LOCATOR, locator)
