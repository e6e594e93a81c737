"""Blocking calls to a disk that may be slow, or never answer, as network file systems do.

A thread that hangs in such a call cannot be stopped. So the threads are a pool of their own with a
fixed size: a dead disk keeps these few busy, its callers get an answer in time, and nobody else
waits. That is why this is no ``anyio.to_thread``, which makes a new thread for each one that hangs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Fault

__all__ = ["DiskCalls", "unreadable"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_THREADS: Final = 8


class DiskCalls:
    """Calls with a deadline of ``seconds`` each."""

    def __init__(self, seconds: float) -> None:
        """Start no thread yet."""
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(_THREADS, "directory")

    def close(self) -> None:
        """Start no further call; what hangs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, what: str, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Return ``function(*args)``.

        Raises:
            FileNotFoundError: there is no such file or directory.
            Unavailable: the disk did not answer in time, or could not.
        """
        calling = asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        try:
            async with asyncio.timeout(self._seconds):
                return await calling
        except TimeoutError as error:
            detail = f"{Fault.SILENT}: the disk did not answer within {self._seconds:g} s"
            raise Unavailable(what, detail) from error
        except NotADirectoryError as error:
            raise FileNotFoundError(what) from error
        except FileNotFoundError:
            raise
        except OSError as error:
            raise unreadable(what, error) from error


def unreadable(what: str, error: OSError) -> Unavailable:
    """Return the error for what cannot be read: that says nothing about whether it exists."""
    reason = (error.strerror or str(error)).lower()
    return Unavailable(what, f"{Fault.UNREADABLE}: the disk says: {reason}", failing="thing")
