"""Collection: what nobody can be missing leaves the store, shelf by shelf.

``decide/evict.py`` says what goes and why, ``removing.py`` has it go. A shelf is the 256th part of
a store, so that however much is held, little of it is in memory. A server may run on the same data,
and a second collection does no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import msgspec

from wheelyard.blobs import SHELVES, disk_failure, find_leftovers, list_written, remove_leftovers
from wheelyard.clock import Clock, Instant
from wheelyard.decide.evict import Blob, Reason, Removal, Rules, plan_collection
from wheelyard.mirror.marking import Marks, mark, survey
from wheelyard.mirror.quotas import Evicted, Fetchable, Imagined, IsUp, Scope, evict
from wheelyard.mirror.removing import BATCH, Done, remove
from wheelyard.mirror.verify import StoreParts
from wheelyard.names import Sha256

__all__ = ["Collected", "Collecting", "Collection", "QuotaReport", "collect"]

_LEFTOVER = "leftover"
_ORDER = (*(reason.value for reason in Reason), _LEFTOVER)


@dataclass(frozen=True, slots=True)
class Collecting:
    """What a collection works with: the store, its spool, the rules, and who has a quota.

    ``is_up`` says whether somebody answers for an owner now.
    """

    store: StoreParts
    spool: Path
    clock: Clock
    rules: Rules
    is_up: IsUp
    scopes: Sequence[Scope] = ()


class Collected(msgspec.Struct, frozen=True):
    """How much went for one reason: files by name, and the bytes that the disk got back."""

    files: int = 0
    bytes: int = 0


class QuotaReport(msgspec.Struct, frozen=True):
    """What a quota came to. ``spared`` could not be fetched again; ``down`` gave no answer."""

    name: str
    max_bytes: int
    before_bytes: int
    after_bytes: int
    spared: int = 0
    down: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether there is no more than there may be."""
        return self.after_bytes <= self.max_bytes


class Collection(msgspec.Struct, frozen=True):
    """What a collection has done, or would do: by reason, in a fixed order.

    ``unlisted`` files were found to be on no page any more for the first time; ``busy`` blobs were
    left alone because somebody fetches them.
    """

    is_dry_run: bool
    reasons: dict[str, Collected]
    unlisted: int = 0
    busy: int = 0
    quotas: tuple[QuotaReport, ...] = ()

    @property
    def files(self) -> int:
        """How many files went in all."""
        return sum(each.files for each in self.reasons.values())

    @property
    def bytes(self) -> int:
        """How many bytes the disk got back."""
        return sum(each.bytes for each in self.reasons.values())

    @property
    def is_kept(self) -> bool:
        """Whether every quota is kept now."""
        return all(quota.is_kept for quota in self.quotas)


async def collect(
    parts: Collecting, tell: Callable[[int], None], *, dry_run: bool = False
) -> Collection:
    """Have go what nobody can be missing; with ``dry_run`` only say what that is.

    ``tell`` hears after each shelf how many of them are done.

    Raises:
        Unavailable: a directory, a file or the catalog cannot be read or changed.
    """
    run = _Run(parts, dry_run=dry_run)
    try:
        return await run.run(tell)
    except OSError as error:
        raise disk_failure("The store of files", error) from error


@dataclass(slots=True)
class _Counted:
    """How much went for one reason so far."""

    files: int = 0
    bytes: int = 0


class _Run:
    """One collection."""

    def __init__(self, parts: Collecting, *, dry_run: bool) -> None:
        self._parts = parts
        self._dry_run = dry_run
        self._now = parts.clock.now()
        self._counted = {reason: _Counted() for reason in _ORDER}
        self._busy = 0
        self._marks = Marks()
        self._pinned: frozenset[Sha256] = frozenset()
        # Of a dry run: what would be gone, where the next steps still find it.
        self._planned: set[Sha256] = set()
        self._planned_bytes = {scope.name: 0 for scope in parts.scopes}

    async def run(self, tell: Callable[[int], None]) -> Collection:
        """Mark, collect shelf by shelf, keep the quotas, and clean the spool."""
        unlisted = await self._mark()
        self._pinned = await self._parts.store.catalog.pins.digests()
        for number, name in enumerate(SHELVES, 1):
            await self._shelf(name)
            tell(number)
        quotas = [await self._quota(scope) for scope in self._parts.scopes]
        await self._leftovers()
        reasons = {
            reason: Collected(each.files, each.bytes) for reason, each in self._counted.items()
        }
        return Collection(self._dry_run, reasons, unlisted, self._busy, tuple(quotas))

    async def _mark(self) -> int:
        """See which files are on no page any more."""
        catalog = self._parts.store.catalog
        if not self._dry_run:
            return await mark(catalog, self._now)
        self._marks = await survey(catalog)
        return len(self._marks.lost)

    async def _shelf(self, name: str) -> None:
        """Collect what is on one shelf."""
        store = self._parts.store
        # The files first: what is written and named meanwhile is either not seen, or named.
        files = await store.disk.run(list_written, store.store.directory, name)
        blobs = {blob.sha256: blob for blob in await store.catalog.blob_names.of_shelf(name)}
        waiting: list[Removal] = []
        for digest in sorted(files.keys() | blobs.keys()):
            blob = self._marks.laid_over(blobs.get(digest) or Blob(digest, 0), self._now)
            if stat := files.get(digest):
                written_at = Instant(stat.st_mtime)
                blob = replace(blob, size=stat.st_size, written_at=written_at)
            if digest in self._pinned and not blob.is_pinned:
                continue  # the metadata of a pinned file, as its page states them
            removal = plan_collection(blob, self._parts.rules, self._now)
            if removal is not None:
                waiting.append(removal)
            if len(waiting) == BATCH:
                await self._remove(waiting)
                waiting.clear()
        if waiting:
            await self._remove(waiting)

    async def _quota(self, scope: Scope) -> QuotaReport:
        """Keep one quota."""
        fetchable = Fetchable(self._parts.store.catalog, self._parts.is_up)
        # What would be gone by now is still counted.
        gone = Imagined(self._planned_bytes[scope.name], self._planned)
        evicted = await evict(self._parts.store, scope, fetchable, self._remove, gone)
        return _reported(evicted)

    async def _leftovers(self) -> None:
        """Remove what killed downloads and collections left in the spool."""
        spool, locks = self._parts.spool, self._parts.store.locks
        disk = self._parts.store.disk
        found = await disk.run(find_leftovers, spool, locks)
        if not self._dry_run:
            await disk.run(remove_leftovers, spool, locks)
            found = [each for each in found if not await anyio.Path(each[0]).exists()]
        counted = self._counted[_LEFTOVER]
        counted.files += len(found)
        counted.bytes += sum(size for _, size in found)

    async def _remove(self, removals: Sequence[Removal]) -> Done:
        """Carry out ``removals``, or count them as if."""
        if self._dry_run:
            done = self._imagined(removals)
        else:
            done = await remove(self._parts.store, removals)
        self._busy += done.busy
        for removal in done.removals:
            counted = self._counted[removal.reason.value]
            counted.files += max(1, len(removal.names))
            counted.bytes += removal.freed_bytes
        return done

    def _imagined(self, removals: Sequence[Removal]) -> Done:
        """Return what would have been done, and remember it for the next steps."""
        new = [removal for removal in removals if removal.blob.sha256 not in self._planned]
        for removal in new:
            if removal.takes_blob:
                self._planned.add(removal.blob.sha256)
            for scope in self._parts.scopes:
                owners = scope.owners
                if any(owners is None or name.owner in owners for name in removal.names):
                    self._planned_bytes[scope.name] += removal.blob.size
        return Done(tuple(new), sum(removal.freed_bytes for removal in new))


def _reported(evicted: Evicted) -> QuotaReport:
    """Return what a quota came to."""
    return QuotaReport(
        evicted.scope.name,
        evicted.scope.max_bytes,
        evicted.before_bytes,
        evicted.after_bytes,
        evicted.spared,
        tuple(sorted(evicted.down)),
    )
