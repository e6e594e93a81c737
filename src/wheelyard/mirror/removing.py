"""Removing: blobs leave the store so that nothing is lost, whoever runs beside us and dies.

The order of things, which every change here must keep:

1. the lock of the blob's key, so that nobody is filling it; who holds it is left alone;
2. one transaction takes the names away, after another look at them, and tells the journal;
3. one transaction looks whether anything has named the bytes since, and moves them into the spool
   before anybody else can write;
4. there they are deleted.

Who is killed after 2 leaves a blob without a name, after 3 a file in the spool: the next collection
takes both. Who reads the file has it to its end, and who asks for it after 2 has it fetched anew.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from wheelyard.blobs import KeyLock, disk_failure, give_back
from wheelyard.catalog.removals import Removed
from wheelyard.decide.evict import Removal
from wheelyard.mirror.verify import StoreParts
from wheelyard.names import Sha256

__all__ = ["BATCH", "Done", "remove"]

BATCH = 64
"""How many blobs go in one transaction: others wait for it to write."""


@dataclass(frozen=True, slots=True)
class Done:
    """What has gone: the removals that were carried out, and how many bytes the disk got back."""

    removals: tuple[Removal, ...] = ()
    freed_bytes: int = 0
    busy: int = 0


async def remove(parts: StoreParts, removals: Sequence[Removal]) -> Done:
    """Carry out ``removals``, a few of them, as far as they still are what they were planned as.

    Raises:
        Unavailable: the catalog or the disk does not take it; what was not done can be tried again.
    """
    taken = [removal.blob.sha256 for removal in removals if removal.takes_blob]
    try:
        locks = await parts.disk.run(_lock_all, parts, taken)
    except OSError as error:
        raise disk_failure("The directory of locks", error) from error
    try:
        ready = [each for each in removals if not each.takes_blob or each.blob.sha256 in locks]
        removed = await parts.catalog.removals.remove_names(ready)
        return await _take_blobs(parts, removed, len(removals) - len(ready))
    finally:
        with anyio.CancelScope(shield=True):
            await parts.disk.run(_unlock_all, list(locks.values()))


async def _take_blobs(parts: StoreParts, removed: Sequence[Removed], busy: int) -> Done:
    """Take out of the store what nothing names any more, and delete it."""
    # What is not the file that was looked at has just come, and is somebody's.
    written = {each.removal.blob.sha256: each.removal.blob.written_at for each in removed}
    aside: list[Path] = []

    def put_away(digest: Sha256) -> bool:
        place = parts.store.set_aside_now(digest, written.get(digest))
        if place is not None:
            aside.append(place)
        return place is not None

    loose = [digest for each in removed for digest in each.loose]
    try:
        gone = await parts.catalog.removals.put_away(loose, put_away)
        freed = await parts.disk.run(_delete, aside)
    except OSError as error:
        raise disk_failure("The store of files", error) from error
    went = {*gone}
    done = tuple(
        each.removal for each in removed if each.removal.names or each.removal.blob.sha256 in went
    )
    return Done(done, freed, busy)


def _lock_all(parts: StoreParts, digests: Collection[Sha256]) -> dict[Sha256, KeyLock]:
    """Return the locks of those blobs that nobody is busy with; touches the disk."""
    locks: dict[Sha256, KeyLock] = {}
    try:
        for digest in digests:
            lock = parts.locks.try_lock(digest)
            if lock is not None:
                locks[digest] = lock
    except OSError:
        _unlock_all(list(locks.values()))
        raise
    return locks


def _unlock_all(locks: Collection[KeyLock]) -> None:
    """Give the locks back; where a file of one cannot be removed it holds nobody up."""
    for lock in locks:
        with suppress(OSError):
            give_back(lock)


def _delete(aside: Collection[Path]) -> int:
    """Delete what was moved out of the store, and return how many bytes that were."""
    freed = 0
    for path in aside:
        with suppress(FileNotFoundError):  # a server cleaned its spool
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed
