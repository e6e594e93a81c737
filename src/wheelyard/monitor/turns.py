"""Turns: of several processes one does a piece of work at a time; if it ends, the next goes on."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from wheelyard.blobs import DiskThreads, KeyLock, KeyLocks
from wheelyard.errors import Unavailable

__all__ = ["Turns"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turns:
    """Gives turns to the processes of one data directory."""

    locks: KeyLocks
    disk: DiskThreads
    look_seconds: float = 1.0

    async def take(
        self, name: str, begin: Callable[[], None], look: Callable[[], Awaitable[None]]
    ) -> None:
        """Call ``look`` again and again whenever it is this process's turn, until cancelled.

        ``begin`` is called before the first look of each turn: another process may have been at
        work since. A look that finds the catalog unavailable is made up for by the next.
        """
        while True:
            lock = await self._lock(name)
            if lock is not None:
                begin()
                await self._look_with(lock, name, look)
            await anyio.sleep(self.look_seconds)

    async def _look_with(
        self, lock: KeyLock, name: str, look: Callable[[], Awaitable[None]]
    ) -> None:
        """Look, now and then, while this process has the lock."""
        try:
            while True:
                try:
                    await look()
                except Unavailable as error:
                    _LOG.warning("The work `%s` waits: %s", name.partition(":")[0], error)
                await anyio.sleep(self.look_seconds)
        finally:
            with anyio.CancelScope(shield=True):
                await self.disk.run(lock.release)

    async def _lock(self, name: str) -> KeyLock | None:
        """Return the right to work; None while another process has it."""
        try:
            return await self.disk.run(self.locks.try_lock, name)
        except OSError:  # no descriptors, a full disk: some other time
            return None
