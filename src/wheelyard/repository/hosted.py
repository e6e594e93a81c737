"""Hosted: the projects of our own; what they are is in our catalog, and nobody is asked.

Each question first reads one small row in place, in microseconds: is the name ours, and has it
changed? So a name that was made ours a moment ago, by whatever process, is ours here too, and a
page that did not change is not put together again.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

import msgspec

from wheelyard.blobs import Blob, LocalBlobs, MemoryBlob
from wheelyard.catalog import Catalog, HostedFile, HostedProject
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.model import (
    File,
    FileRef,
    Knowledge,
    Project,
    ProjectEntry,
    ProjectList,
    ProjectStatus,
)
from wheelyard.names import ProjectName, Sha256, is_wheel
from wheelyard.repository.own_details import OwnDetails, details_of
from wheelyard.repository.remote_wheel import read_metadata

__all__ = ["Hosted", "HostedParts", "model_of", "upload_time"]

T = TypeVar("T", Project, ProjectList)

_MAX_KEPT = 2_000
"""For how many projects the model is kept: a page that is asked for again is not read again."""

_LIST_SECONDS = 3_600.0
"""How long the list may stand ready; every change of it is journalled and takes it down."""


@dataclass(frozen=True, slots=True)
class HostedParts:
    """What the projects of one owner are answered from.

    ``has_serials`` says whether pages carry our journal's serials: not in an index that shows
    others' projects too, because serials of several owners do not count together.
    """

    owner: str
    catalog: Catalog
    store: LocalBlobs
    clock: Clock
    has_serials: bool = False


class Hosted:
    """The projects of one hosted owner."""

    def __init__(self, parts: HostedParts) -> None:
        """Answer from the catalog and the store of ``parts``."""
        self._parts = parts
        self._kept: OrderedDict[ProjectName, tuple[int, Project]] = OrderedDict()
        self._list: tuple[int, ProjectList] | None = None

    @property
    def owner(self) -> str:
        """Whose projects these are."""
        return self._parts.owner

    def has(self, name: ProjectName) -> bool:
        """Say whether the project is one of ours, at this moment.

        Raises:
            Unavailable: the catalog cannot be read; nobody knows whose the name is.
        """
        return self._parts.catalog.hosting.revision_now(self._parts.owner, name) is not None

    async def projects(self) -> ProjectList:
        """Return the projects of our own.

        Raises:
            Absent: there never was one.
        """
        revision = self._parts.catalog.hosting.owner_revision_now(self._parts.owner)
        if not revision:
            raise Absent("The project list")
        if self._list is None or self._list[0] != revision:
            rows = await self._parts.catalog.hosting.projects(self._parts.owner)
            self._list = (revision, self._listed(rows))
        return _known(self._list[1], revision, self._parts.clock.now())

    async def project(self, name: ProjectName) -> Project:
        """Return a project of our own; see ``Repository``."""
        revision = self._parts.catalog.hosting.revision_now(self._parts.owner, name)
        if revision is None:
            raise Absent(f"`{name}`")
        kept = self._kept.get(name)
        if kept is None or kept[0] != revision:
            kept = await self._load(name)
            self._kept[name] = kept
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return _known(kept[1], kept[0], self._parts.clock.now())

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file of our own.

        Raises:
            Unavailable: they are not in the store, or damaged; nobody else has them.
        """
        digest = ref.file.sha256
        found = await self._parts.store.open(digest, ref.file.size) if digest else None
        if found is None:
            raise Unavailable(
                f"`{ref.file.filename}`",
                "its bytes are missing in the store, or were damaged; upload or restore it",
            )
        return found

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the core metadata of a file of our own; out of the file itself if need be."""
        digest = ref.file.metadata_sha256
        if digest is None:
            raise Absent(f"`{ref.file.filename}.metadata`")
        found = await self._parts.store.find(digest)
        return found if found is not None else await self._from_wheel(ref, digest)

    async def provenance(self, name: ProjectName, filename: str) -> Blob:
        """Return the provenance object of a file of our own.

        Raises:
            Absent: it was uploaded without one.
            Unavailable: its bytes are not in the store.
        """
        loaded = await self._parts.catalog.hosting.load(self._parts.owner, name)
        files = loaded[1] if loaded else ()
        digest = next((file.provenance_sha256 for file in files if file.filename == filename), None)
        if digest is None:
            raise Absent(f"The provenance of `{filename}`")
        found = await self._parts.store.find(digest)
        if found is None:
            raise Unavailable(f"The provenance of `{filename}`", "it is missing in the store")
        return found

    async def details(self, name: ProjectName) -> OwnDetails | None:
        """Return what is known of a project beyond its page; see ``HasDetails``."""
        loaded = await self._parts.catalog.hosting.load(self._parts.owner, name)
        return None if loaded is None else details_of(*loaded, self._parts.store)

    async def _from_wheel(self, ref: FileRef, digest: Sha256) -> Blob:
        """Return the metadata out of the wheel itself, and keep them again."""
        what = f"`{ref.file.filename}.metadata`"
        try:
            content = await read_metadata(await self.file(ref), ref.file.filename)
        except BadInput as error:
            raise Unavailable(what, str(error)) from error
        if sha256(content).hexdigest() != digest:
            raise Unavailable(what, "the wheel has other metadata than it had when it was uploaded")
        await self._parts.store.put(content)
        return MemoryBlob(content, digest)

    async def _load(self, name: ProjectName) -> tuple[int, Project]:
        """Return a project as the catalog has it now, with its revision."""
        loaded = await self._parts.catalog.hosting.load(self._parts.owner, name)
        if loaded is None:
            raise Absent(f"`{name}`")
        project, files = loaded
        serial = project.revision if self._parts.has_serials else None
        return project.revision, model_of(project, files, serial)

    def _listed(self, rows: tuple[HostedProject, ...]) -> ProjectList:
        """Return the list of ``rows``, without what is in quarantine, as PyPI's is."""
        rows = tuple(row for row in rows if row.status != "quarantined")
        if not self._parts.has_serials:
            return ProjectList(tuple(ProjectEntry(row.name) for row in rows))
        entries = tuple(ProjectEntry(row.name, row.revision) for row in rows)
        serial = self._parts.catalog.hosting.owner_revision_now(self._parts.owner)
        return ProjectList(entries, serial)


def upload_time(at: Instant) -> str:
    """Return a moment as pages state it: RFC 3339 in UTC, with microseconds. Source: PEP 700."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def model_of(
    project: HostedProject, files: Iterable[HostedFile], serial: int | None = None
) -> Project:
    """Return a project of our own as its page lists it."""
    rows = tuple(files)
    return Project(
        project.project,
        files=tuple(_file(row) for row in rows),
        versions=tuple(dict.fromkeys(row.version for row in rows)),
        status=ProjectStatus(project.status, project.status_reason),
        serial=serial,
    )


def _file(row: HostedFile) -> File:
    """Return a row as a page lists it. Only wheels advertise their metadata: PEP 658."""
    digest: Sha256 | None = row.metadata_sha256 if is_wheel(row.filename) else None
    return File(
        row.filename,
        url="",
        hashes=(("sha256", str(row.sha256)),),
        size=row.size,
        upload_time=upload_time(row.uploaded_at),
        requires_python=row.requires_python,
        core_metadata=(("sha256", str(digest)),) if digest else False,
        yanked=False if row.yanked is None else row.yanked or True,
        provenance="" if row.provenance_sha256 else None,  # it has one, and only here
    )


def _known(model: T, revision: int, now: Instant) -> T:
    """Return ``model`` as known at this moment: the truth, of this revision.

    A page is asked for again each time, which costs the reading of one row: whatever process it was
    that changed it, the next install sees it.
    """
    is_page = isinstance(model, Project)
    known = Knowledge(now, now if is_page else now + _LIST_SECONDS, revision, how="own")
    return msgspec.structs.replace(model, known=known)
