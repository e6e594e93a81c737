"""Locks on files between processes. The kernel releases them when a process ends, however it ends.

``lock`` is held together with others while a data directory is open, and alone while it is
migrated; ``lock.turn`` is held by the one process that may try to get it alone.
"""

import fcntl
import os
import time
from pathlib import Path

__all__ = ["FileLock"]

PAUSE_SECONDS = 0.05


class FileLock:
    """A lock on one file, held by this process; not by its threads one by one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def take(self, patience_seconds: float) -> bool:
        """Hold the lock alone; False if others still held it when our patience ended."""
        return self._hold(fcntl.LOCK_EX, patience_seconds)

    def share(self, patience_seconds: float) -> bool:
        """Hold the lock with others; False if one still held it alone when our patience ended."""
        return self._hold(fcntl.LOCK_SH, patience_seconds)

    def release(self) -> None:
        """Let go of the lock; harmless when repeated."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _hold(self, kind: int, patience_seconds: float) -> bool:
        """Ask again and again, because ``flock`` has no deadline; what was held is given up."""
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    self.release()
                    return False
                time.sleep(PAUSE_SECONDS)
            else:
                return True
