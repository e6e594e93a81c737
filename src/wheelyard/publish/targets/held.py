"""Small files of our store on their way into a tree: read once, to be proven and to be sent."""

import os
from hashlib import sha256
from typing import Final

__all__ = ["SMALL_BYTES", "read_proven"]

SMALL_BYTES: Final = 64 * 1024


def read_proven(place: str, digest: str) -> bytes | None:
    """Return the bytes of the file at ``place`` if they are those of ``digest``; touches the disk.

    None without such a file, for whatever reason, and for one of more than ``SMALL_BYTES``.
    """
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = os.read(descriptor, SMALL_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    is_sound = len(content) <= SMALL_BYTES and sha256(content).hexdigest() == digest
    return content if is_sound else None
