"""Chunks on their way from the network to the disk: a queue bounded by bytes."""

from collections import deque

import anyio

__all__ = ["Inbox"]


class Inbox:
    """One puts, one takes. Whoever is ahead waits, so a slow disk costs ``max_bytes`` at most."""

    def __init__(self, max_bytes: int) -> None:
        """Hold ``max_bytes``, and one chunk more."""
        self._max_bytes = max_bytes
        self._chunks: deque[bytes] = deque()
        self._length = 0
        self._ended = False
        self._changed = anyio.Event()

    async def put(self, chunk: bytes) -> None:
        """Add ``chunk``, once there is room."""
        while self._length >= self._max_bytes:
            await self._change()
        self._chunks.append(chunk)
        self._length += len(chunk)
        self._notify()

    def end(self) -> None:
        """Say that nothing follows."""
        self._ended = True
        self._notify()

    async def take(self) -> list[bytes]:
        """Return everything that is here, after waiting for something; nothing at the end."""
        while not self._chunks and not self._ended:
            await self._change()
        chunks = list(self._chunks)
        self._chunks.clear()
        self._length = 0
        self._notify()
        return chunks

    async def _change(self) -> None:
        """Wait for the other side."""
        self._changed = anyio.Event()
        await self._changed.wait()

    def _notify(self) -> None:
        """Wake the other side if it waits."""
        self._changed.set()
