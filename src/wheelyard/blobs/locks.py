"""One holder per key, across tasks, processes and commands on one data directory.

A lock is an ``flock`` on a small file that its holder removes on release. Removing a
lock file is only safe if whoever locked it checks that it is still the file under its
name: between opening and locking, the former holder may have removed it.

The holder may write a note into the file: how far its work has come. Since every turn begins
with a new file, a note always belongs to the turn that wrote it, and one that is found in a
lock which nobody held is what a killed process left.
"""

import fcntl
import os
from dataclasses import dataclass
from hashlib import blake2b
from os.path import samestat
from pathlib import Path

__all__ = ["KeyLock", "KeyLocks", "KeyWatch", "key_name"]

_NOTE_BYTES = 4096


@dataclass(slots=True)
class KeyLock:
    """A held lock. ``release`` gives it back; the kernel does so if the process dies."""

    path: Path
    descriptor: int

    def read(self) -> bytes:
        """Return the note: this holder's own, or the one of a holder that was killed."""
        return os.pread(self.descriptor, _NOTE_BYTES, 0)

    def write(self, note: bytes) -> None:
        """Tell those who watch how far the work has come."""
        os.pwrite(self.descriptor, note, 0)

    def is_current(self) -> bool:
        """Say whether the lock file is still the one under its name."""
        return _is_under_its_name(self.descriptor, self.path)

    def release(self) -> None:
        """Remove the lock file and let the next holder in."""
        try:
            if self.is_current():
                self.path.unlink(missing_ok=True)
        finally:
            self.leave()

    def leave(self) -> None:
        """Let the next holder in, and leave the note to it: the work is not finished."""
        os.close(self.descriptor)


@dataclass(slots=True)
class KeyWatch:
    """A look at a lock that somebody else holds: one turn of it, even after its end."""

    path: Path
    descriptor: int

    def read(self) -> bytes:
        """Return the note of the holder."""
        return os.pread(self.descriptor, _NOTE_BYTES, 0)

    def try_lock(self) -> KeyLock | None:
        """Return the lock if its holder gave it back or died; it takes this watch's place."""
        if not _lock(self.descriptor):
            return None
        return KeyLock(self.path, self.descriptor)

    def is_over(self) -> bool:
        """Say whether the turn has ended and the lock file was removed."""
        return os.fstat(self.descriptor).st_nlink == 0

    def close(self) -> None:
        """Look no longer."""
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class KeyLocks:
    """The locks below one directory. Its methods touch the disk: call them in a thread."""

    directory: Path

    def try_lock(self, key: str) -> KeyLock | None:
        """Return the lock of ``key`` if nobody holds it, else None at once."""
        return self.try_lock_named(key_name(key))

    def try_lock_named(self, name: str) -> KeyLock | None:
        """Return the lock whose key has that ``key_name``, as ``try_lock``."""
        taken = self._take(self._path(name))
        if isinstance(taken, KeyLock):
            return taken
        taken.close()
        return None

    def lock_or_watch(self, key: str) -> KeyLock | KeyWatch:
        """Return the lock of ``key``, or a look at it while somebody else holds it."""
        return self._take(self._path(key_name(key)))

    def has_note(self, key: str) -> bool:
        """Say whether somebody holds ``key``, or was killed while holding it."""
        return self._path(key_name(key)).exists()

    def is_held(self, key: str) -> bool:
        """Say whether somebody holds ``key`` now; who was killed does not."""
        return self.is_held_named(key_name(key))

    def is_held_named(self, name: str) -> bool:
        """Say whether somebody holds the lock whose key has that ``key_name``."""
        if not self._path(name).exists():
            return False
        lock = self.try_lock_named(name)
        if lock is None:
            return True
        lock.leave()  # with its note, which may be of use to whoever holds it next
        return False

    def _take(self, path: Path) -> KeyLock | KeyWatch:
        """Open and lock ``path``; again if it was removed meanwhile."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._give_to_owner(descriptor)
                locked = _lock(descriptor)
                current = _is_under_its_name(descriptor, path)
            except BaseException:
                os.close(descriptor)
                raise
            if current:
                return KeyLock(path, descriptor) if locked else KeyWatch(path, descriptor)
            os.close(descriptor)

    def _give_to_owner(self, descriptor: int) -> None:
        """Let the server's own user take what a command of the administrator leaves if killed."""
        if os.geteuid() == 0:
            owner = self.directory.stat()
            if owner.st_uid != 0:
                os.fchown(descriptor, owner.st_uid, owner.st_gid)

    def _path(self, name: str) -> Path:
        """Return the lock file of that name."""
        return self.directory / f"{name}.lock"


def key_name(key: str) -> str:
    """Return ``key`` as a safe file name, the same in every process."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _lock(descriptor: int) -> bool:
    """Lock the open file if nobody else has; say whether that worked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_under_its_name(descriptor: int, path: Path) -> bool:
    """Say whether ``path`` still names the open file."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return samestat(there, os.fstat(descriptor))
