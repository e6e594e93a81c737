"""Pinned: files that stay on their page when the page has lost them.

Whoever pinned a file wants it to install tomorrow, whatever its owner does: delete the file, the
release or the whole project. The pin has what the page said of the file; while its bytes are held
that is enough to give it out. What wins over a pin:

1. a takedown: a page that says ``quarantined``, and what comes of it later, such as a deletion;
2. the ledger: a name that stands for other bytes by now is not given out with the old ones;
3. the page: what it still lists is shown as the page has it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from wheelyard.blobs import Blob, DiskThreads, LocalBlobs, disk_failure
from wheelyard.catalog import Catalog
from wheelyard.catalog.pins import Pin
from wheelyard.clock import Clock
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectList
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.with_metadata import Files

__all__ = ["Pinned", "PinnedParts"]

_FRESH_SECONDS = 1.0
"""How long a page of nothing but pins stands ready: nobody tells when its owner is back."""


@dataclass(frozen=True, slots=True)
class PinnedParts:
    """What says which files of one owner are pinned, and whether their bytes are here."""

    owner: str
    catalog: Catalog
    store: LocalBlobs
    disk: DiskThreads
    clock: Clock


class Pinned:
    """The files of one owner, and those that are pinned though their page has lost them."""

    def __init__(self, files: Files, parts: PinnedParts) -> None:
        """Say what ``files`` say, and add what ``parts`` keep."""
        self._files = files
        self._parts = parts

    async def projects(self) -> ProjectList:
        """Return the list of projects; see ``Repository``."""
        return await self._files.projects()

    async def project(self, name: ProjectName) -> Project:
        """Return one project, with its pinned files; see ``Repository``.

        Raises:
            Absent: its owner does not have it, and nothing of it is pinned.
            Unavailable: nobody can say, no page is held, and nothing of it is pinned.
        """
        try:
            page = await self._files.project(name)
        except (Absent, Unavailable, Corrupt) as error:
            kept = await self._lost(name, frozenset())
            if not kept:
                raise
            return Project(name, kept, known=self._known(error))
        if page.status.status == "quarantined":
            return page
        kept = await self._lost(name, page.files)
        return msgspec.structs.replace(page, files=page.files + kept) if kept else page

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Repository``."""
        return await self._files.file(ref)

    async def learned(self, name: ProjectName) -> None:
        """Have the page of ``name`` rendered anew."""
        await self._files.learned(name)

    async def _lost(self, name: ProjectName, listed: Collection[File]) -> tuple[File, ...]:
        """Return the pinned files of a project that are here and are not among ``listed``."""
        pins = self._parts.catalog.pins.of_project_now(self._parts.owner, name)
        if not pins or any(pin.taken_down_at is not None for pin in pins):
            return ()
        shown = {file.filename for file in listed}
        lost = [pin for pin in pins if pin.filename not in shown]
        if not lost:
            return ()
        rows = await self._parts.catalog.ledger.of_project(self._parts.owner, name)
        newest = {row.filename: row.sha256 for row in rows}  # later generations come later
        lost = [pin for pin in lost if newest.get(pin.filename) == pin.sha256]
        try:
            return await self._parts.disk.run(_held_now, self._parts.store, lost)
        except OSError as error:
            raise disk_failure(f"`{name}`", error) from error

    def _known(self, error: WheelyardError) -> Knowledge:
        """Return how we know a page of pins: its owner has none, or cannot be asked."""
        now = self._parts.clock.now()
        known = Knowledge(checked_at=now, fresh_until=now + _FRESH_SECONDS)
        return known if isinstance(error, Absent) else msgspec.structs.replace(known, how="stale")


def _held_now(store: LocalBlobs, pins: Collection[Pin]) -> tuple[File, ...]:
    """Return the files of ``pins`` whose bytes are in the store; touches the disk."""
    held: dict[Filename, File] = {}
    for pin in pins:
        if pin.filename not in held and store.has_now(pin.sha256):
            held[pin.filename] = pin.file
    return tuple(held.values())
