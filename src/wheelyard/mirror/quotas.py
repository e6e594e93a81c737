"""Quotas: what was not used for the longest time goes when there is more than there may be.

Only what could be fetched again goes, so before anything of an owner is evicted somebody has to
answer for it now. That is asked once per run and owner, with the page of the first project in
question: what a door does not list, or does not answer for, stays.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import anyio

from wheelyard.catalog import Catalog, PageRow
from wheelyard.catalog.blob_names import Place
from wheelyard.clock import Instant
from wheelyard.decide.evict import Blob, Name, Quota, Removal, is_evictable, plan_eviction
from wheelyard.errors import WheelyardError
from wheelyard.mirror.removing import BATCH, Done, remove
from wheelyard.mirror.verify import StoreParts
from wheelyard.model import Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.packing import unpack_project

__all__ = ["Evicted", "Fetchable", "Imagined", "IsUp", "QuotaKeeper", "Scope", "evict", "measure"]

_LOG = logging.getLogger(__name__)

_KEY = "quotas"
_LOOK_SECONDS = 5.0
_REST = 20
"""Looking in vain takes at most this part of the time: it reads an index of all that is held."""

_FIRST: Place = (Instant(-1.0), Sha256(""))

IsUp = Callable[[str, ProjectName], Awaitable[bool]]
"""Says whether somebody answers for an owner now; a project may be asked about to find out."""

Remove = Callable[[Sequence[Removal]], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What has a quota: ``name`` is for people; no owners: everything that is held."""

    name: str
    max_bytes: int
    owners: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Evicted:
    """What has gone for a quota, and what was used before and after.

    ``spared`` counts blobs that would have gone and could not be fetched again; ``down`` are the
    owners for which nobody answered.
    """

    scope: Scope
    before_bytes: int
    after_bytes: int
    removals: tuple[Removal, ...] = ()
    freed_bytes: int = 0
    spared: int = 0
    down: frozenset[str] = frozenset()

    @property
    def is_kept(self) -> bool:
        """Whether there is no more than there may be."""
        return self.after_bytes <= self.scope.max_bytes


@dataclass(frozen=True, slots=True)
class Imagined:
    """What a dry run believes to be gone: so many bytes of a quota, and these blobs."""

    bytes: int = 0
    digests: Collection[Sha256] = frozenset()


@dataclass(slots=True)
class Fetchable:
    """Says of names whether their bytes could be fetched again; remembers who answered."""

    catalog: Catalog
    is_up: IsUp
    up: dict[str, bool] = field(default_factory=dict)
    _page: tuple[tuple[str, ProjectName], Project | None] | None = None

    @property
    def down(self) -> frozenset[str]:
        """The owners for which nobody answered."""
        return frozenset(owner for owner, is_up in self.up.items() if not is_up)

    async def covers(self, name: Name, digest: Sha256) -> bool:
        """Say whether the bytes of ``digest`` could be fetched under ``name`` now."""
        if name.owner not in self.up:
            self.up[name.owner] = await self.is_up(name.owner, name.project)
        if not self.up[name.owner]:
            return False
        project = await self._project(name.owner, name.project)
        return project is not None and any(
            file.filename == name.filename and file.url and file.sha256 in {None, digest}
            for file in project.files
        )

    async def _project(self, owner: str, name: ProjectName) -> Project | None:
        """Return the page as it is held; None without one, or while it is taken down."""
        key = (owner, name)
        if self._page is None or self._page[0] != key:
            row: PageRow | None = await self.catalog.pages.load(owner, name)
            project = None if row is None else await unpack_project(row.model)
            if project is not None and project.status.status == "quarantined":
                project = None
            self._page = (key, project)
        return self._page[1]


async def measure(catalog: Catalog, scope: Scope) -> Quota:
    """Return how much of a quota is used."""
    used = await catalog.blob_names.bytes_of(scope.owners)
    return Quota(scope.name, scope.max_bytes, used, scope.owners)


async def evict(
    parts: StoreParts,
    scope: Scope,
    fetchable: Fetchable,
    carry_out: Remove | None = None,
    imagined: Imagined | None = None,
) -> Evicted:
    """Have what was longest unused go until the quota is kept again, with room for some more.

    ``carry_out`` takes the removals a few at a time, and has them done if it is not given.
    What is ``imagined`` is found and counted still, and as good as gone.

    Raises:
        Unavailable: the catalog or the disk does not take it.
    """
    quota = await measure(parts.catalog, scope)
    imagined = imagined or Imagined()
    quota = replace(quota, used_bytes=quota.used_bytes - imagined.bytes)
    run = _Eviction(parts, quota, fetchable, carry_out or _carried_out(parts))
    run.gone = imagined.digests
    if quota.is_used_up:
        await run.run()
    return Evicted(
        scope,
        quota.used_bytes,
        quota.used_bytes - run.done_bytes,
        tuple(run.removals),
        run.freed_bytes,
        run.spared,
        fetchable.down,
    )


def _carried_out(parts: StoreParts) -> Remove:
    """Return what carries out removals in a store."""

    async def carry_out(removals: Sequence[Removal]) -> Done:
        return await remove(parts, removals)

    return carry_out


class _Eviction:
    """One run for one quota."""

    def __init__(
        self, parts: StoreParts, quota: Quota, fetchable: Fetchable, carry_out: Remove
    ) -> None:
        self._parts = parts
        self._quota = quota
        self._fetchable = fetchable
        self._carry_out = carry_out
        self.gone: Collection[Sha256] = ()
        self.removals: list[Removal] = []
        self.done_bytes = 0
        self.freed_bytes = 0
        self.spared = 0

    async def run(self) -> None:
        """Remove in the order of last use until enough is gone, or nothing is left that may go."""
        names, after = self._parts.catalog.blob_names, _FIRST
        while (missing := self._quota.excess_bytes - self.done_bytes) > 0:
            found = await names.longest_unused(after, self._quota.owners, BATCH)
            if not found:
                return
            after = found[-1][0]
            blobs = [blob async for blob in self._candidates(found)]
            planned = [removal for removal, _ in plan_eviction(blobs, self._quota, missing)]
            if planned:
                done = await self._carry_out(planned)
                self.removals += done.removals
                self.done_bytes += sum(removal.blob.size for removal in done.removals)
                self.freed_bytes += done.freed_bytes

    async def _candidates(self, found: Sequence[tuple[Place, Blob]]) -> AsyncIterator[Blob]:
        """Yield those that may go and could be fetched again."""
        for (at, digest), blob in found:
            if blob.last_used_at > at or digest in self.gone:
                continue  # it is of use under another name: its turn comes there
            if await self._could_come_back(blob):
                written_at_now = self._parts.store.written_at_now
                written_at = await self._parts.disk.run(written_at_now, digest)
                yield replace(blob, written_at=written_at)
            elif not blob.is_pinned and not any(name.is_ours for name in blob.names):
                self.spared += 1

    async def _could_come_back(self, blob: Blob) -> bool:
        """Say whether a blob may go, and could be fetched again under each name that it loses."""
        if not is_evictable(blob, self._quota):
            return False
        counted = [name for name in blob.names if self._quota.covers(name)]
        return all([await self._fetchable.covers(name, blob.sha256) for name in counted])


@dataclass(slots=True)
class QuotaKeeper:
    """Keeps the quotas of one data directory while a server runs.

    ``scopes`` is asked every time: indexes come and go. One process at a time does it.
    """

    parts: StoreParts
    scopes: Callable[[], Sequence[Scope]]
    is_up: IsUp
    look_seconds: float = _LOOK_SECONDS
    _told: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            began, has_gone = anyio.current_time(), False
            try:
                has_gone = any(evicted.removals for evicted in await self.once())
            except (WheelyardError, OSError) as error:
                # Also where not even a lock can be made: the disk is full, and that is our turn.
                _LOG.warning("The quotas cannot be seen to for now: %s", error)
            took = anyio.current_time() - began
            await anyio.sleep(self.rest_seconds(took, has_gone=has_gone))

    def rest_seconds(self, took: float, *, has_gone: bool) -> float:
        """Return how long to rest after a look: shortly if it made room, as more may be needed."""
        return self.look_seconds if has_gone else max(self.look_seconds, took * _REST)

    async def once(self) -> tuple[Evicted, ...]:
        """Evict what is beyond a quota now, unless another process is at it.

        Raises:
            Unavailable: the catalog or the disk does not take it.
        """
        scopes = self.scopes()
        if not scopes:
            return ()
        lock = await self.parts.disk.run(self.parts.locks.try_lock, _KEY)
        if lock is None:
            return ()
        try:
            fetchable = Fetchable(self.parts.catalog, self.is_up)
            done = tuple([await evict(self.parts, scope, fetchable) for scope in scopes])
        finally:
            with anyio.CancelScope(shield=True):
                await self.parts.disk.run(lock.release)
        for evicted in done:
            self._tell(evicted)
        return done

    def _tell(self, evicted: Evicted) -> None:
        """Log what has gone; what cannot be kept is said once."""
        name, most = evicted.scope.name, evicted.scope.max_bytes
        if evicted.removals:
            count, freed = len(evicted.removals), evicted.freed_bytes
            _LOG.info("Evicted for %s: %d files, %d bytes.", name, count, freed)
        if evicted.is_kept:
            self._told.discard(name)
        elif name not in self._told:
            self._told.add(name)
            _LOG.warning(
                "%s has %d bytes, and %d are allowed: what is left is pinned, our own, or could "
                "not be fetched again now.",
                name,
                evicted.after_bytes,
                most,
            )
