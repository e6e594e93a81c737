"""One member of a wheel, read from wherever the wheel is, without reading the rest."""

from typing import Protocol, runtime_checkable

import anyio.to_thread

from wheelyard.blobs import Blob
from wheelyard.errors import Unavailable
from wheelyard.names import Filename
from wheelyard.wire.metadata import NeedMore, extract, find_metadata

__all__ = ["HasTail", "read_metadata"]

_TAIL_BYTES = 16 * 1024
"""Enough for the directory of most wheels, and for the member, which stands just before it."""


@runtime_checkable
class HasTail(Protocol):
    """A blob whose end can be read before its length is known."""

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last ``byte_count`` bytes, or all of a shorter file."""


async def read_metadata(wheel: Blob, filename: Filename) -> bytes:
    """Return the ``METADATA`` of ``wheel``.

    Raises:
        BadInput: it is not a wheel, or has no such member.
        Unavailable: the source does not answer, or does not answer ranges.
    """
    tail = await _read_tail(wheel, filename)
    size = wheel.size
    if size is None:
        raise Unavailable(f"`{filename}`", "the upstream does not say how long it is")
    found = find_metadata(tail, size, filename)
    while isinstance(found, NeedMore):
        tail = await _read(wheel, filename, found.start, found.stop) + tail
        found = find_metadata(tail, size, filename)
    first = size - len(tail)
    if found.start >= first:
        packed = tail[found.start - first : found.stop - first]
    else:
        packed = await _read(wheel, filename, found.start, found.stop)
    return await anyio.to_thread.run_sync(extract, packed, found)


async def _read_tail(wheel: Blob, filename: Filename) -> bytes:
    """Return the end of ``wheel``."""
    if isinstance(wheel, HasTail):
        return await wheel.read_tail(_TAIL_BYTES)
    size = wheel.size or 0
    return await _read(wheel, filename, max(0, size - _TAIL_BYTES), size)


async def _read(wheel: Blob, filename: Filename, start: int, stop: int) -> bytes:
    """Return a range of ``wheel``, all of it: with less we would ask for the rest for ever."""
    content = b"".join([chunk async for chunk in wheel.read(start, stop)])
    if len(content) != stop - start:
        reason = f"its source gave {len(content)} of the {stop - start} bytes asked for"
        raise Unavailable(f"`{filename}`", reason)
    return content
