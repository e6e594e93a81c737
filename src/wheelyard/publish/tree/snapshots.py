"""The database to query, which is told of each page as it is published.

So no page is read twice, and the snapshot says what the pages say: a project that is left as it
was published before stays in the snapshot as it was there before.
A snapshot that cannot be made holds up nothing: the one before stays.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from wheelyard.decide.publishing import is_due
from wheelyard.errors import Absent, WheelyardError
from wheelyard.names import Sha256
from wheelyard.publish.tree.looking import Looked
from wheelyard.publish.tree.parts import SnapshotWanted
from wheelyard.publish.tree.work import Work
from wheelyard.wire.tree import SNAPSHOT, SNAPSHOT_DIGEST

__all__ = ["lags_behind", "made_snapshot", "snapshot_in_making", "tell_snapshot"]

_MOST_DIGEST_BYTES: Final = 1_000


@asynccontextmanager
async def snapshot_in_making(work: Work) -> AsyncIterator[None]:
    """Have what is published told to a snapshot, if one is going to be made."""
    open_snapshot = work.parts.hooks.open_snapshot
    if open_snapshot is None or work.is_dry:
        yield
        return
    async with open_snapshot(_wanted(work)) as work.snapshot:
        yield


def _wanted(work: Work) -> SnapshotWanted:
    """Return what a snapshot is made of; the marks are of the publishes that wrote something."""
    tree, base = work.row.tree, work.plan.base
    before = f"{tree} {base.made_at!r}" if base is not None else ""
    return SnapshotWanted(tree, before, f"{tree} {work.looked_at!r}", work.serial)


async def tell_snapshot(work: Work, looked: Sequence[Looked], good: Sequence[Looked]) -> None:
    """Tell of the pages that are published; of those that were ``looked`` at only the ``good``."""
    snapshot = work.snapshot
    if snapshot is None or work.lacks_snapshot or _is_young(work):
        return
    published = {each.name for each in good}
    try:
        for each in looked:
            if each.name in published:
                await snapshot.tell(each.name, each.project)
            else:
                snapshot.leave(each.name)
    except WheelyardError as error:
        _note_lacking(work, error)


def _is_young(work: Work) -> bool:
    """Say whether the snapshot before is to be taken over."""
    every, at = work.parts.rules.snapshot_seconds, work.row.snapshot_at
    return at is not None and every > 0 and not is_due(at, every, work.looked_at)


def lags_behind(work: Work) -> bool:
    """Say whether the snapshot is older than the pages, and it is time for a new one.

    It could not be made with them, or was not due yet.
    """
    base, at = work.plan.base, work.row.snapshot_at
    if base is None or work.parts.hooks.open_snapshot is None or _is_young(work):
        return False
    return at is None or at < base.made_at


async def made_snapshot(work: Work, path: Path) -> Sha256 | None:
    """Write the database to ``path`` and return its digest; None if the tree needs no new one."""
    may_be_older = work.lacks_snapshot or _is_young(work)
    if work.snapshot is None or (may_be_older and await _has_taken_over(work)):
        return None
    if work.lacks_snapshot:
        return None
    work.account.phase = "Making the snapshot"
    try:
        sha256 = await work.snapshot.finish(path, work.names)
    except WheelyardError as error:
        _note_lacking(work, error)
        await _has_taken_over(work)
        return None
    work.row = replace(work.row, snapshot_at=work.looked_at)
    return sha256


def _note_lacking(work: Work, error: WheelyardError) -> None:
    """Note that the tree gets no new snapshot: its pages count all the same."""
    work.lacks_snapshot = True
    work.account.note_missing(SNAPSHOT, str(error))


async def _has_taken_over(work: Work) -> bool:
    """Copy the snapshot of the other view; say whether there was one."""
    source = work.plan.takes_over
    if source is None:
        return await work.target.get(work.at(SNAPSHOT_DIGEST), _MOST_DIGEST_BYTES) is not None
    try:
        for path in (SNAPSHOT, SNAPSHOT_DIGEST):
            await work.target.copy(work.at(path, source), work.at(path))
    except Absent:
        return False
    return True
