"""Which held files this process has read and found right, and when that no longer counts.

A file is hashed before this process gives it out for the first time, and again when it looks
different: another inode, another length, or a later change. The time of the change is ``ctime``,
which, other than ``mtime``, no program can set back.

A change within the same tick of the file system's clock as the reading cannot be seen that way.
So a reading counts only for a file that was left alone for a while before it.
Source: git's "racily clean" entries, ``Documentation/technical/racy-git.txt``.
"""

import errno
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from wheelyard.names import Sha256

__all__ = ["Proofs", "Seen", "Stamp", "read_whole"]

_MAX_PROOFS = 32_768
_TURNS = 64
_READ_BYTES = 1024**2
_TICK_NANOSECONDS = 50_000_000
"""More than the longest tick of a clock of a local file system, 10 ms."""


class Stamp(NamedTuple):
    """How a file looks without being read."""

    inode: int
    changed_ns: int
    size: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of a file with that status."""
        return cls(status.st_ino, status.st_ctime_ns, status.st_size)

    def is_settled(self) -> bool:
        """Say whether a later change will be seen in a later stamp."""
        return abs(time.time_ns() - self.changed_ns) > _TICK_NANOSECONDS


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file turned out to be when it was read; no digest if the disk could not read it."""

    stamp: Stamp
    sha256: Sha256 | None


class Proofs:
    """The proofs of one process: bounded, in memory, safe to use from any thread."""

    def __init__(self, most: int = _MAX_PROOFS) -> None:
        """Remember ``most`` files; of more than that, those that were of use last."""
        self._most = most
        self._stamps: OrderedDict[Sha256, Stamp] = OrderedDict()
        self._lock = Lock()
        self._turns = tuple(Lock() for _ in range(_TURNS))

    def cover(self, digest: Sha256, stamp: Stamp) -> bool:
        """Say whether the file that looks like ``stamp`` was proven to be ``digest``."""
        with self._lock:
            if self._stamps.get(digest) != stamp:
                return False
            self._stamps.move_to_end(digest)
            return True

    def note(self, digest: Sha256, stamp: Stamp) -> None:
        """Remember that a file which looked like ``stamp`` before it was read is ``digest``."""
        if not stamp.is_settled():
            return
        with self._lock:
            self._stamps[digest] = stamp
            self._stamps.move_to_end(digest)
            while len(self._stamps) > self._most:
                self._stamps.popitem(last=False)

    def forget(self, digest: Sha256) -> None:
        """Have the file read again before it is given out again."""
        with self._lock:
            self._stamps.pop(digest, None)

    def turn(self, digest: Sha256) -> Lock:
        """Return what to hold while reading the file: many who ask at once need one reading."""
        return self._turns[int(digest[:8], 16) % _TURNS]


def read_whole(path: Path) -> Seen:
    """Return what the bytes of ``path`` are; touches the disk.

    Raises:
        OSError: it is not there, or may not be read. That it cannot be read is an answer.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        stamp = Stamp.of(os.fstat(descriptor))
        return Seen(stamp, _digest(descriptor))
    finally:
        os.close(descriptor)


def _digest(descriptor: int) -> Sha256 | None:
    """Return the digest of an open file, or None if its disk gives it back no more."""
    hasher = sha256()
    try:
        while chunk := os.read(descriptor, _READ_BYTES):
            hasher.update(chunk)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return None
    return Sha256(hasher.hexdigest())
