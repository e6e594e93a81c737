"""Snapshots of what an index shows without asking anybody: the view that `serve --offline` gives.

The working copy of each index is kept in the data directory, so that the next snapshot costs a look
at each page and the writing of what has changed.
"""

import logging
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import anyio

from wheelyard.app.indexes import Index
from wheelyard.app.program import App
from wheelyard.blobs import KeyLock, KeyLocks
from wheelyard.catalog.downloads import Selected
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import Project
from wheelyard.names import IndexName, ProjectName, Sha256, normalise
from wheelyard.publish.snapshot import SnapshotAbout, SnapshotDraft, SnapshotReport, open_draft
from wheelyard.publish.snapshot.rows import DayCounts
from wheelyard.publish.snapshot.working import sound_mark
from wheelyard.repository import Repository

__all__ = [
    "OpenSnapshot",
    "Since",
    "TreeSnapshot",
    "check_readers",
    "open_snapshot",
    "open_tree_snapshot",
    "write_snapshot",
]

_LOG = logging.getLogger(__name__)

_FOLDER = "snapshots"
_UNUSED_SECONDS = 30 * 86_400.0

_PATIENCE_SECONDS = 120.0
_TURN_SECONDS = 0.1
"""How long another one is waited for, such as that of somebody who asks at the same time."""


@dataclass(frozen=True, slots=True)
class Since:
    """What is known of the snapshot before, and of what has happened since.

    ``key`` names a working copy of one's own. If ``names`` is given and the snapshot before was
    given the mark ``before``, nobody looks at any other project; names that are gone are among
    them. The snapshot that is made is given ``mark``.
    """

    key: str = ""
    before: str = ""
    names: frozenset[ProjectName] | None = None
    mark: str = ""


_NOTHING = Since()

Progress = Callable[[int, int], None]


def _tell_nobody(_done: int, _total: int) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class OpenSnapshot:
    """A snapshot that is being made by whoever walks the index: tell ``draft`` each page."""

    app: App
    index_name: IndexName
    draft: SnapshotDraft

    def follows(self, before: str) -> bool:
        """Say whether what is known is the snapshot that was given the mark ``before``."""
        return not self.draft.is_new and bool(before) and self.draft.mark == before

    async def finish(self, path: Path, serial: int, mark: str = "") -> SnapshotReport:
        """Add the downloads and write the snapshot; the journal was at ``serial`` in the walk.

        Raises:
            Unavailable: it cannot be written.
        """
        await _add_downloads(self.app, self.draft, self.index_name)
        owners = sorted(_shown(self.app, self.index_name).chain.owners)
        last = await self.app.catalog.journal.last_of(owners, serial)
        known = (last.serial, last.at) if last is not None else (0, None)
        return await self.draft.finish(path, SnapshotAbout(str(self.index_name), *known), mark)


@dataclass(slots=True)
class TreeSnapshot:
    """A snapshot that is told what is published; see ``SnapshotInMaking``.

    It is opened when the first page is told, or at the end: most publishes change nothing.
    """

    app: App
    index_name: IndexName
    since: Since
    serial: int
    stack: AsyncExitStack
    _making: OpenSnapshot | None = None
    _listed: dict[ProjectName, str] = field(default_factory=dict)
    _told: set[ProjectName] = field(default_factory=set)
    _left: set[ProjectName] = field(default_factory=set)
    _gone: set[ProjectName] = field(default_factory=set)
    _unlisted: set[ProjectName] = field(default_factory=set)

    async def tell(self, name: ProjectName, project: Project | None) -> None:
        """Take up a page as it is published now; None if there is none any more.

        Only what the list of projects has is in a snapshot: what is in quarantine is not.
        """
        making = await self._open()
        self._gone.discard(name)
        self._told.discard(name)
        if project is not None and name in self._listed:
            self._told.add(name)
            await making.draft.add(project, self._listed[name])
            return
        self._gone.add(name)
        if project is not None and project.status.status != "quarantined":
            self._unlisted.add(name)

    def leave(self, name: ProjectName) -> None:
        """Leave a project as it was in the snapshot before."""
        self._left.add(name)

    async def finish(self, path: Path, names: frozenset[ProjectName] | None) -> Sha256:
        """Write the snapshot of the tree, and return its digest; see ``SnapshotInMaking``."""
        making = await self._open()
        draft, repository = making.draft, self._repository
        seen = self._told | self._gone | self._left
        await self._tell_late(making)
        if names is None and seen:
            await draft.keep_only(self._told | self._left)
        elif names is None or not making.follows(self.since.before):
            await _add_all(draft, repository, _tell_nobody, seen)
            await draft.remove(sorted(self._gone))
        elif seen:
            await draft.remove(sorted(self._gone))
        else:
            await _add_some(draft, repository, names)
        report = await making.finish(path, self.serial, self.since.mark)
        return report.sha256

    async def _tell_late(self, making: OpenSnapshot) -> None:
        """Take up what came onto the list of projects after that was read."""
        if not self._unlisted:
            return
        listed = await _listed(self._repository)
        for name in sorted(self._unlisted & self._gone & listed.keys()):
            if await _add_one(making.draft, self._repository, name, listed[name]):
                self._gone.discard(name)
                self._told.add(name)

    async def _open(self) -> OpenSnapshot:
        """Return the snapshot in the making, and know the list of projects."""
        if self._making is None:
            opening = open_snapshot(self.app, self.index_name, self.since.key)
            self._making = await self.stack.enter_async_context(opening)
            self._listed = await _listed(self._repository)
        return self._making

    @property
    def _repository(self) -> Repository:
        return _shown(self.app, self.index_name).chain.repository


@asynccontextmanager
async def open_tree_snapshot(
    app: App, index_name: IndexName, since: Since, serial: int
) -> AsyncIterator[TreeSnapshot]:
    """Yield a snapshot for whoever publishes; the journal was at ``serial`` when that began."""
    async with AsyncExitStack() as stack:
        yield TreeSnapshot(app, index_name, since, serial, stack)


def check_readers(app: App, name: IndexName, *, members: bool) -> None:
    """Return if everybody may have what ``name`` shows, or if ``members`` says that it is meant.

    Raises:
        BadInput: there is no such index.
        Refused: only members may read it.
    """
    if app.indexes.find(name).rules.read == "members" and not members:
        raise Refused(
            f"A snapshot of `{name}`",
            "only members may read that index, and whoever has a snapshot can read all of it; say "
            "`--members` if that is meant.",
        )


async def write_snapshot(
    app: App,
    index_name: IndexName,
    path: Path,
    since: Since = _NOTHING,
    progress: Progress = _tell_nobody,
) -> SnapshotReport:
    """Write what ``index_name`` shows to ``path``, at once or not at all, and its digest beside it.

    ``progress`` is told how many projects were looked at, and how many there are.

    Raises:
        BadInput: there is no such index.
        Unavailable: something that it shows cannot be had now, or the snapshot not be written.
    """
    repository = _shown(app, index_name).chain.repository
    async with open_snapshot(app, index_name, since.key) as making:
        draft, serial = making.draft, await app.catalog.journal.last()
        if since.names is not None and making.follows(since.before):
            await _add_some(draft, repository, since.names)
        else:
            await _add_all(draft, repository, progress)
        return await making.finish(path, serial, since.mark)


@asynccontextmanager
async def open_snapshot(
    app: App, index_name: IndexName, key: str = ""
) -> AsyncIterator[OpenSnapshot]:
    """Yield a snapshot in the making, for whoever walks the index anyway; waits for its turn.

    If its draft ``is_new``, or has another mark than it was given the last time, every project is
    to be told, and ``keep_only`` to be called at the end.

    Raises:
        BadInput: there is no such index.
        Unavailable: another process makes one for too long, or the disk would not.
    """
    index, name = _shown(app, index_name), key or str(index_name)
    run = app.fills.parts.disk.run
    lock: KeyLock | None = None
    with anyio.move_on_after(_PATIENCE_SECONDS):
        # Another process gives no sign when it lets go.
        while (lock := await run(app.fills.locks.try_lock, f"snapshot:{name}")) is None:  # noqa: ASYNC110 - as said
            await anyio.sleep(_TURN_SECONDS)
    if lock is None:
        raise Unavailable(
            f"A snapshot of `{index_name}`",
            "another process is making one: try again when it is done.",
        )
    try:
        working = app.directory.path / _FOLDER / f"{name}.sqlite"
        await run(_remove_unused, app.fills.locks, working, app.clock.now())
        async with open_draft(working, index.chain.repository, app.fills.parts.store) as draft:
            yield OpenSnapshot(app, index_name, draft)
    finally:
        with anyio.CancelScope(shield=True):
            await run(lock.release)


def _remove_unused(locks: KeyLocks, working: Path, now: Instant) -> None:
    """Remove working copies of others that nobody has used for long: they are large.

    A tree that was given up, for example, leaves one. What is needed again is made anew.
    """
    for path in working.parent.glob("*.sqlite"):
        try:
            if path == working or now - path.stat().st_mtime < _UNUSED_SECONDS:
                continue
            lock = locks.try_lock(f"snapshot:{path.stem}")
            if lock is not None:
                path.unlink(missing_ok=True)
                sound_mark(path).unlink(missing_ok=True)
                lock.release()
        except OSError as error:
            _LOG.info("`%s` is not used any more and stays: %s", path, error.strerror)


def _shown(app: App, name: IndexName) -> Index:
    """Return the view of an index that asks nobody."""
    index = app.indexes.find(name)
    return index.held or index


async def _add_all(
    draft: SnapshotDraft,
    repository: Repository,
    progress: Progress,
    seen: AbstractSet[ProjectName] = frozenset(),
) -> None:
    """Walk all projects but those that were ``seen``, in the order of their names."""
    listed = await _listed(repository)
    kept = {*listed, *seen}
    waiting = sorted(listed.keys() - seen)
    for done, name in enumerate(waiting):
        progress(done, len(waiting))
        if not await _add_one(draft, repository, name, listed[name]):
            kept.discard(name)
    progress(len(waiting), len(waiting))
    await draft.keep_only(kept)


async def _add_some(
    draft: SnapshotDraft, repository: Repository, names: frozenset[ProjectName]
) -> None:
    """Look at some projects; those that the list does not have are gone."""
    if not names:
        return
    listed = await _listed(repository)
    for name in sorted(names & listed.keys()):
        if not await _add_one(draft, repository, name, listed[name]):
            del listed[name]
    await draft.remove(sorted(names - listed.keys()))


async def _add_one(
    draft: SnapshotDraft, repository: Repository, name: ProjectName, written: str
) -> bool:
    """Look at a project; return False if it is not shown after all."""
    try:
        project = await repository.project(name)
    except Absent:  # it was taken away meanwhile
        return False
    except Unavailable as error:
        if error.failing != "unasked":
            raise
        return False  # nothing of what its page lists is held: who asks is told so
    await draft.add(project, written)
    return True


async def _listed(repository: Repository) -> dict[ProjectName, str]:
    """Return the projects of an index, with their names as the list has them."""
    try:
        listed = await repository.projects()
    except Absent:  # nothing was ever uploaded, and nobody else is asked
        return {}
    return {ProjectName(normalise(entry.name)): entry.name for entry in listed.projects}


async def _add_downloads(app: App, draft: SnapshotDraft, index_name: IndexName) -> None:
    """Take up the downloads of the days of which more was counted than the last time."""
    days = await app.catalog.downloads.sums(Selected(str(index_name)), "day")
    now = {each.what: f"{each.count} {each.mirrors}" for each in days}
    before = await draft.day_counts()
    await draft.forget_days([day for day in before if day not in now])
    for day in sorted(day for day in now if before.get(day) != now[day]):
        meant = date.fromisoformat(day)
        selected = Selected(str(index_name), since=meant, until=meant)
        sums = await app.catalog.downloads.sums(selected, "project")
        taken = {each.what: (each.count - each.mirrors, each.mirrors) for each in sums}
        await draft.put_day(DayCounts(day, now[day], taken))
