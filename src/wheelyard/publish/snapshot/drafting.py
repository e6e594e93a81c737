"""Drafts: an index goes in project by project, a snapshot comes out.

For whoever walks an index anyway: each page that is told is compared with the one of the time
before, and only if it differs are its metadata read and its rows written. So a snapshot after
little has changed costs a walk, or nothing but the changes where somebody knows them.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from wheelyard.blobs import LocalBlobs
from wheelyard.errors import BadInput, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.publish.snapshot.described import Described, describe
from wheelyard.publish.snapshot.report import SnapshotAbout, SnapshotReport
from wheelyard.publish.snapshot.rows import (
    DayCounts,
    Page,
    make_rows,
    metadata_files,
    page_digest,
    read_page,
)
from wheelyard.publish.snapshot.writing import Writer
from wheelyard.repository import Repository

__all__ = ["SnapshotDraft", "open_draft"]

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_BATCH = 128
"""How many pages are compared at a time: a thread costs more than a small page."""
_READERS = 8
_MAX_METADATA_BYTES = 16 * 1024**2
_READ_BYTES = 128 * 1024
"""What is read in one go; metadata that are longer are rare, and are read in pieces."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A page that is not as before, its digest, and what the metadata of its releases say.

    ``missing`` are those whose metadata the repository is to be asked for.
    """

    page: Page
    digest: bytes
    found: dict[str, Described] = field(default_factory=dict)
    missing: list[tuple[str, File]] = field(default_factory=list)


@dataclass(slots=True)
class SnapshotDraft:
    """A snapshot in the making. One task at a time; see ``open_draft``."""

    writer: Writer
    repository: Repository
    store: LocalBlobs | None = None
    _pending: list[tuple[Project, str]] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What ``finish`` was given the last time; empty if everything is to be told."""
        return self.writer.mark

    @property
    def is_new(self) -> bool:
        """Whether nothing is known from before: every project is to be told."""
        return self.writer.is_new

    async def add(self, project: Project, written: str = "") -> None:
        """Take up the page of a project; ``written`` is its name as the list of projects has it.

        Raises:
            Unavailable: it cannot be written.
        """
        if project.status.status == "quarantined":
            await self.remove([project.name])
            return
        self._pending.append((project, written))
        if len(self._pending) >= _BATCH:
            await self._flush()

    async def remove(self, names: Iterable[ProjectName]) -> None:
        """Forget projects that the index does not show any more, as far as they are known."""
        await self._flush()
        await _run(self.writer.remove, tuple(names))

    async def keep_only(self, names: Collection[ProjectName]) -> None:
        """Forget every project but these: what is called at the end of a whole walk."""
        await self._flush()
        await _run(self.writer.keep_only, frozenset(names))

    async def day_counts(self) -> dict[str, str]:
        """Return how the downloads of each day were ``counted`` the last time."""
        return await _run(self.writer.day_counts)

    async def put_day(self, counts: DayCounts) -> None:
        """Take up the downloads of a day, in place of those that were known."""
        await _run(self.writer.put_day, counts)

    async def forget_days(self, days: Collection[str]) -> None:
        """Forget the downloads of days."""
        await _run(self.writer.forget_days, tuple(days))

    async def finish(self, path: Path, about: SnapshotAbout, mark: str = "") -> SnapshotReport:
        """Write the snapshot to ``path``, at once or not at all, and its digest beside it.

        Raises:
            Unavailable: it cannot be written.
        """
        await self._flush()
        return await _run(self.writer.finish, path, about, mark)

    async def _flush(self) -> None:
        """Write what was told and is not as before."""
        told, self._pending = self._pending, []
        if not told:
            return
        changed = await _run(self._take_up, told)
        if changed:
            unread = [await self._ask(each) for each in changed]
            await _run(self._put, changed, unread)

    def _take_up(self, told: Iterable[tuple[Project, str]]) -> list[_Told]:
        """Write those whose pages are not as before; return them if there is somebody to ask."""
        changed = self._changed(told)
        for each in changed:
            self._read_held(each)
        if any(each.missing for each in changed):
            return changed
        self._put(changed, [0] * len(changed))
        return []

    def _put(self, changed: Sequence[_Told], unread: Sequence[int]) -> None:
        """Write what has changed; ``unread`` is of how many releases metadata were not had."""
        rows = []
        for each, count in zip(changed, unread, strict=True):
            self.writer.unread += count
            # Without a digest it is looked at again the next time.
            rows.append(make_rows(each.page, each.found, b"" if count else each.digest))
        if rows:
            self.writer.put(rows)

    def _changed(self, told: Iterable[tuple[Project, str]]) -> list[_Told]:
        """Return those whose pages are not as before; of two pages of one project the last."""
        found = []
        for project, written in {
            project.name: (project, written) for project, written in told
        }.values():
            digest = page_digest(project, written)
            if self.writer.differs(project.name, digest):
                found.append(_Told(read_page(project, written), digest))
        return found

    def _read_held(self, told: _Told) -> None:
        """Read the metadata that are held; note for which ones the repository is to be asked."""
        for version, file in metadata_files(told.page.releases):
            content = self._held(file.metadata_sha256)
            if content is None:
                told.missing.append((version, file))
                continue
            try:
                told.found[version] = describe(file.filename, content)
            except BadInput as error:
                _note_bad(file, error)

    def _held(self, digest: Sha256 | None) -> bytes | None:
        """Return the bytes of a digest that the page states; None if they are not simply here.

        Whoever has the repository look for them has what is damaged replaced.
        """
        if self.store is None or digest is None:
            return None
        try:
            with self.store.path(digest).open("rb", buffering=0) as file:
                content = file.read(_READ_BYTES)
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == digest else None

    async def _ask(self, told: _Told) -> int:
        """Have what is missing read through the repository; return how many were not had."""
        unread = 0
        limiter = anyio.CapacityLimiter(_READERS)

        async def read(version: str, file: File) -> None:
            nonlocal unread
            async with limiter:
                try:
                    told.found[version] = await self._describe(told.page.project, file)
                except BadInput as error:
                    _note_bad(file, error)
                except WheelyardError as error:
                    unread += 1
                    _LOG.warning("A snapshot lacks what `%s` requires: %s", file.filename, error)

        if told.missing:
            async with anyio.create_task_group() as tasks:
                for version, file in told.missing:
                    tasks.start_soon(read, version, file)
        return unread

    async def _describe(self, project: Project, file: File) -> Described:
        """Return what the metadata of a file say."""
        blob = await self.repository.metadata(project.ref(file))
        content = bytearray()
        async for chunk in blob.read():
            content += chunk
            if len(content) > _MAX_METADATA_BYTES:
                raise BadInput("they are too large.")
        return await _run(describe, file.filename, bytes(content))


def _note_bad(file: File, error: BadInput) -> None:
    """Say why nothing is known of a release."""
    _LOG.info("The metadata of `%s` say nothing: %s", file.filename, error)


@asynccontextmanager
async def open_draft(
    working: Path, repository: Repository, store: LocalBlobs | None = None
) -> AsyncIterator[SnapshotDraft]:
    """Yield a draft on the working copy at ``working``; what was not finished is given up.

    Metadata that pages state a digest of are read straight from ``store``; the ``repository`` is
    asked for the others.
    A working copy that is not there, is damaged, or is of another version of this program is made
    anew: then the draft ``is_new``.

    Raises:
        Unavailable: the disk would not.
    """
    writer = await _run(partial(Writer.open, working))
    try:
        yield SnapshotDraft(writer, repository, store)
    finally:
        with anyio.CancelScope(shield=True):
            await _run(writer.close)


async def _run(function: Callable[..., T], *args: object) -> T:
    """Return ``function(*args)``, called in a thread."""
    return await anyio.to_thread.run_sync(function, *args)
