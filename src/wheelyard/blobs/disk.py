"""Blocking disk work, off the loop, a bounded number of calls at a time."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, TypeVarTuple

import anyio.to_thread
from anyio import CapacityLimiter

from wheelyard.errors import Unavailable

__all__ = ["DiskThreads", "disk_failure"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


@dataclass(frozen=True, slots=True)
class DiskThreads:
    """Threads for the disk. A slow disk delays disk work; it never stops the loop."""

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(32))

    async def run(self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Return ``function(*args)``, called in a thread.

        A cancelled caller waits until the thread is done, so what the thread uses can be closed.
        """
        return await anyio.to_thread.run_sync(function, *args, limiter=self.limiter)


def disk_failure(what: str, error: OSError) -> Unavailable:
    """Return a disk's error in our words: nothing is said about whether ``what`` exists."""
    reason = _FULL.get(error.errno or 0)
    if reason:
        return Unavailable(what, f"{reason}; make room in the data directory", failing="disk")
    return Unavailable(what, f"the disk says: {error.strerror or error}", failing="disk")
