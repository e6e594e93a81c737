"""Giving up: files that a mirror holds, and that are wanted by nobody any more.

A filter that has become narrower fetches nothing, and what it leaves out is here still. Whether it
goes is for a person to say: where everything else is on demand, it may have been asked for. So this
is never done by itself, and what was used of late stays, as does what is pinned, what its page does
not list (which has a grace period of its own), and what could not be fetched again.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wheelyard.catalog import HeldRow
from wheelyard.clock import Instant
from wheelyard.decide.evict import Name, Reason, Removal
from wheelyard.mirror.gc import Collected
from wheelyard.mirror.quotas import Fetchable, IsUp
from wheelyard.mirror.removing import BATCH, remove
from wheelyard.mirror.verify import StoreParts
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import ProjectName
from wheelyard.repository.packing import unpack_project

__all__ = ["GivingUp", "give_up"]

_STEP = 1_000
"""How many names of projects are in memory at a time."""


@dataclass(frozen=True, slots=True)
class GivingUp:
    """What giving up works with: what is wanted of each owner, and who says that it answers.

    What was of use since ``used_before`` stays.
    """

    store: StoreParts
    wanted: Mapping[str, Sequence[Wanted]]
    is_up: IsUp
    used_before: Instant


async def give_up(parts: GivingUp, *, dry_run: bool = False) -> Collected:
    """Have the files go that nobody wants; with ``dry_run`` only count them.

    Raises:
        Unavailable: the catalog or the disk does not take it.
    """
    waiting: list[Removal] = []
    went = Collected()
    async for removal in _planned(parts):
        waiting.append(removal)
        if len(waiting) == BATCH:
            went = _sum(went, await _carried_out(parts, waiting, dry_run=dry_run))
            waiting.clear()
    return _sum(went, await _carried_out(parts, waiting, dry_run=dry_run))


async def _carried_out(parts: GivingUp, removals: Sequence[Removal], *, dry_run: bool) -> Collected:
    """Carry out ``removals``, or count them as if."""
    if dry_run or not removals:
        freed = sum(removal.freed_bytes for removal in removals)
        return Collected(sum(len(removal.names) for removal in removals), freed)
    done = await remove(parts.store, removals)
    return Collected(sum(len(removal.names) for removal in done.removals), done.freed_bytes)


def _sum(one: Collected, other: Collected) -> Collected:
    """Return both."""
    return Collected(one.files + other.files, one.bytes + other.bytes)


async def _planned(parts: GivingUp) -> AsyncIterator[Removal]:
    """Yield what goes, project by project."""
    catalog = parts.store.catalog
    fetchable = Fetchable(catalog, parts.is_up)
    for owner, wanted in parts.wanted.items():
        after = ProjectName("")
        while names := await catalog.blob_names.projects(owner, after, _STEP):
            after = names[-1]
            for name in names:
                for row in await _unwanted(parts, owner, name, wanted):
                    removal = await _removal(parts, fetchable, row)
                    if removal is not None:
                        yield removal


async def _unwanted(
    parts: GivingUp, owner: str, name: ProjectName, wanted: Sequence[Wanted]
) -> list[HeldRow]:
    """Return the held files of a project that its page lists, and nobody wants."""
    row = await parts.store.catalog.pages.load(owner, name)
    if row is None:
        return []
    page = await unpack_project(row.model)
    kept = {file.filename for each in wanted for file in each.files_of(page)}
    gone = {file.filename for file in page.files} - kept
    held = await parts.store.catalog.held.of_project(owner, name) if gone else ()
    return [each for each in held if each.filename in gone]


async def _removal(parts: GivingUp, fetchable: Fetchable, row: HeldRow) -> Removal | None:
    """Return what goes of a file that nobody wants; None if it stays."""
    blob = await parts.store.catalog.blob_names.of_digest(row.sha256)
    if blob is None or blob.is_pinned or blob.last_used_at >= parts.used_before:
        return None
    name = next((each for each in blob.names if _is_of(each, row)), None)
    if name is None or not await fetchable.covers(name, row.sha256):
        return None
    is_last = len(blob.names) == 1 and not blob.is_beside
    written_at = await parts.store.disk.run(parts.store.store.written_at_now, row.sha256)
    return Removal(
        replace(blob, written_at=written_at), (name,), Reason.UNWANTED, takes_blob=is_last
    )


def _is_of(name: Name, row: HeldRow) -> bool:
    """Say whether ``name`` is the one that a row has."""
    key = (row.owner, row.project, row.filename)
    return (name.owner, name.project, name.filename) == key and not name.is_ours
