"""The room for downloads that are running, and what killed ones left in it.

Per fill there are two files, named by ``key_name``:

* ``NAME.part``: the bytes so far. It becomes the blob by a rename, so whoever has it open keeps
  reading the same bytes.
* ``NAME.room``: for how many bytes room is spoken for, so that all processes of one data
  directory share one budget.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelyard.blobs.locks import KeyLock, KeyLocks, key_name
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.errors import Unavailable

__all__ = ["SpoolBudget", "find_leftovers", "give_back", "part_path", "remove_leftovers"]

_PART = ".part"
_ROOM = ".room"
_FORGOTTEN_SECONDS = 24 * 3600
"""What nobody has written to for this long will not be asked for again."""


def part_path(spool: Path, key: str) -> Path:
    """Return the file that the download of ``key`` writes."""
    return spool / f"{key_name(key)}{_PART}"


@dataclass(slots=True)
class _Use:
    """How many bytes one name in the spool has, and how many it will have."""

    written: int = 0
    spoken_for: int = 0

    @property
    def total(self) -> int:
        """How many bytes it counts for."""
        return max(self.written, self.spoken_for)


class SpoolBudget:
    """Bounds the bytes that running downloads may occupy, over all processes of one directory."""

    def __init__(self, directory: Path, *, max_bytes: int, min_free_bytes: int) -> None:
        """Allow ``max_bytes`` in all, and never less than ``min_free_bytes`` free on the disk."""
        self._directory = directory
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes
        self._reserved: dict[str, int] = {}

    @property
    def reserved_bytes(self) -> int:
        """How much this process has spoken for."""
        return sum(list(self._reserved.values()))

    def reserve(self, key: str, byte_count: int) -> None:
        """Speak for ``byte_count`` bytes in all for ``key``; touches the disk.

        A single file may be larger than the whole budget if it is alone.

        Raises:
            Unavailable: there is no room now; a later try may find some.
        """
        before = self._reserved.get(key)
        # Spoken for first and looked around after, so that of two processes which do this at
        # the same time at least one sees the other.
        self._write(key, byte_count)
        try:
            self._check(key_name(key), byte_count)
        except Unavailable:
            if before is None:
                self.release(key)
            else:
                self._write(key, before)
            raise

    def admit_small(self, byte_count: int) -> None:
        """Refuse a file that the disk has no room for, without speaking for any; touches the disk.

        For files that are written in one go: they take no room for long enough to be counted.

        Raises:
            Unavailable: there is no room now.
        """
        free = shutil.disk_usage(self._directory).free
        if free - byte_count < self._min_free_bytes:
            raise self._full(free)

    def release(self, key: str) -> None:
        """Give back what ``key`` had; touches the disk."""
        self._reserved.pop(key, None)
        self._room(key).unlink(missing_ok=True)

    def _check(self, name: str, byte_count: int) -> None:
        """Refuse if the room for ``name`` is more than there is."""
        uses = self._uses()
        others = sum(use.total for other, use in uses.items() if other != name)
        if others and others + byte_count > self._max_bytes:
            used = f"{others} of {self._max_bytes} bytes"
            reason = f"the spool is full ({used}); raise `[store] max_spool_bytes`"
            raise Unavailable("Room for the file", reason, retry_seconds=1, failing="room")
        free = shutil.disk_usage(self._directory).free
        if free - sum(use.total - use.written for use in uses.values()) < self._min_free_bytes:
            raise self._full(free)

    def _full(self, free: int) -> Unavailable:
        """Return the error of a disk with ``free`` bytes free."""
        kept = f"{self._min_free_bytes} are kept free by `[store] min_free_bytes`"
        reason = f"the disk has {free} bytes free and {kept}; make room"
        return Unavailable("Room for the file", reason, retry_seconds=1, failing="disk")

    def _uses(self) -> dict[str, _Use]:
        """Return what is in the spool, by name."""
        # A copy: other threads speak for room meanwhile.
        ours = {key_name(key): held for key, held in list(self._reserved.items())}
        uses: dict[str, _Use] = {}
        for path, size in _sizes(self._directory):
            use = uses.setdefault(path.stem, _Use())
            if path.suffix != _ROOM:
                use.written = size
            elif path.stem in ours:
                use.spoken_for = ours[path.stem]
            else:
                use.spoken_for = _load_room(path)
        return uses

    def _write(self, key: str, byte_count: int) -> None:
        """Speak for that many bytes."""
        descriptor = os.open(self._room(key), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # One width, and never cut off first: a reader sees the old number or the new one.
            os.pwrite(descriptor, b"%020d\n" % byte_count, 0)
        finally:
            os.close(descriptor)
        self._reserved[key] = byte_count

    def _room(self, key: str) -> Path:
        """Return the file that says how much ``key`` has."""
        return self._directory / f"{key_name(key)}{_ROOM}"


def remove_leftovers(
    spool: Path, locks: KeyLocks, *, older_than_seconds: float = _FORGOTTEN_SECONDS
) -> None:
    """Remove what killed downloads left; touches the disk.

    Never touched is what somebody has locked, nor the note of a download that was killed between
    its proof and its entry in the ledger: the next one who asks for it finishes it.
    """
    now = time.time()
    for path, _ in _sizes(spool):
        if path.suffix in {_PART, _ROOM}:
            if _is_old(path, now - older_than_seconds):
                _remove_unlocked(path, locks)
        elif _is_old(path, now - _FORGOTTEN_SECONDS):
            path.unlink(missing_ok=True)
    for path, _ in _sizes(locks.directory):
        if path.suffix == ".lock" and _is_old(path, now - _FORGOTTEN_SECONDS):
            _remove_unlocked(None, locks, path.stem)


def find_leftovers(spool: Path, locks: KeyLocks) -> list[tuple[Path, int]]:
    """Return what ``remove_leftovers`` would remove from the spool, with sizes in bytes.

    Nothing is changed; touches the disk.
    """
    moment = time.time() - _FORGOTTEN_SECONDS
    return [
        (path, size)
        for path, size in _sizes(spool)
        if _is_old(path, moment)
        and not (path.suffix in {_PART, _ROOM} and locks.is_held_named(path.stem))
    ]


def give_back(lock: KeyLock) -> None:
    """Give back the lock of a fill; touches the disk.

    Its file is removed with it, unless the note says that the ledger has still to be asked.
    """
    left = Progress.unpack(lock.read())
    if left is not None and left.ending is Ending.KEEPING:
        lock.leave()
    else:
        lock.release()


def _remove_unlocked(path: Path | None, locks: KeyLocks, name: str = "") -> None:
    """Remove a file of a killed download, and its lock, unless somebody is at it."""
    lock = locks.try_lock_named(path.stem if path else name)
    if lock is None:
        return
    try:
        if path is not None:
            path.unlink(missing_ok=True)
    finally:
        give_back(lock)


def _sizes(directory: Path) -> Iterator[tuple[Path, int]]:
    """Yield the files of ``directory`` with their size in bytes."""
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat().st_size
            except FileNotFoundError:
                continue


def _is_old(path: Path, moment: float) -> bool:
    """Say whether ``path`` was not written to since ``moment``, in seconds since the epoch."""
    try:
        return path.stat().st_mtime <= moment
    except FileNotFoundError:
        return False


def _load_room(path: Path) -> int:
    """Return the number in a ``.room`` file; nothing if it just went away."""
    try:
        return int(path.read_bytes() or b"0")
    except (FileNotFoundError, ValueError):
        return 0
