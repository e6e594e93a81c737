"""HeldOnly: an index as if there were nothing but what is held.

The view that ``serve --offline`` gives. A resolver chooses from what a page lists and tries
nothing else if the file then cannot be had, so a page lists the files that are here and no
others, and promises metadata that are here or inside a held wheel. What is not here is
``Unavailable``, never ``Absent``, and never an empty page: nobody was asked.

A page of this view is no copy of anybody's page but true of this moment: it is fresh, and good for
as long as other processes may take to be noticed. It has no serial, because it is not the page
that its owner gave that number.
Source: PEP 700 (versions).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from wheelyard.blobs import Blob, DiskThreads, LocalBlobs, disk_failure
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.errors import WheelyardError
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, Sha256, filename_version, version_key
from wheelyard.repository.base import DocumentWanted, Repository
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.repository.offline import not_asked

__all__ = ["Documents", "HeldDocuments", "HeldOnly", "HeldParts"]

_FRESH_SECONDS = 1.0
"""How soon it shows that another process has fetched something."""


@dataclass(frozen=True, slots=True)
class HeldParts:
    """What says which files of one owner are held.

    ``seen`` are the lengths of blobs that somebody has just looked at, None for those that are not
    there; the others are looked at one page at a time.
    """

    owner: str
    catalog: Catalog
    store: LocalBlobs
    disk: DiskThreads
    clock: Clock
    seen: Mapping[Sha256, int | None] = field(default_factory=dict)


class HeldOnly:
    """What is held of the projects of one owner, and nothing else."""

    def __init__(self, whole: Repository, parts: HeldParts) -> None:
        """Show of ``whole`` what is held."""
        self._whole = whole
        self._parts = parts

    async def projects(self) -> ProjectList:
        """Return the projects of which a file and a page, or a pin, are held; see `Repository`."""
        parts = self._parts
        pages = frozenset(await parts.catalog.pages.names(parts.owner))
        shown = pages | await parts.catalog.pins.projects(parts.owner)
        names = [name for name in await parts.catalog.held.projects(parts.owner) if name in shown]
        if not names:
            raise not_asked("The project list", "nothing is held")
        return ProjectList(tuple(ProjectEntry(name) for name in names), known=self._known())

    async def project(self, name: ProjectName) -> Project:
        """Return the project with its held files; see ``Repository``.

        Raises:
            Unavailable: no page is held, or none of the files on it.
        """
        project = await self._whole.project(name)
        files = await self._held(project)
        if project.files and not files and project.status.status != "quarantined":
            raise not_asked(f"`{name}`", "none of its files is held")
        versions = _versions_of(project, files) if project.files else project.versions
        return msgspec.structs.replace(
            project, files=files, versions=versions, serial=None, known=self._known()
        )

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes if they are held; see ``Repository``."""
        if not await self._is_held(ref.file):
            raise not_asked(f"`{ref.file.filename}`")
        return await self._whole.file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata if they or their wheel are held; see ``Repository``."""
        digest = ref.file.metadata_sha256
        held = digest is None or await self._parts.store.find(digest) is not None
        if held or await self._is_held(ref.file):
            return await self._whole.metadata(ref)
        raise not_asked(f"`{ref.file.filename}.metadata`")

    async def _held(self, project: Project) -> tuple[File, ...]:
        """Return the files of ``project`` that are held, each promising what can be kept."""
        parts = self._parts
        rows = await parts.catalog.held.of_project(parts.owner, project.name)
        names = {(row.filename, row.sha256) for row in rows}
        listed = [file for file in project.files if (file.filename, file.sha256) in names]
        found = _seen(parts.seen, listed)
        try:
            if found is None:
                found = await parts.disk.run(_look_now, parts.store, listed)
        except OSError as error:
            raise disk_failure(f"`{project.name}`", error) from error
        return tuple(
            [
                file if is_whole else await self._with_metadata(project.name, file)
                for file, is_whole in found
            ]
        )

    async def _with_metadata(self, name: ProjectName, file: File) -> File:
        """Return ``file`` with the metadata out of its wheel held as well, else without."""
        try:
            await self._whole.metadata(FileRef(name, file))
        except WheelyardError:
            return msgspec.structs.replace(file, core_metadata=None)
        return file

    async def _is_held(self, file: File) -> bool:
        """Say whether the bytes are here; a file without a digest was never fetched."""
        digest = file.sha256
        if digest is None:
            return False
        try:
            return await self._parts.disk.run(self._parts.store.has_now, digest, file.size)
        except OSError as error:
            raise disk_failure(f"`{file.filename}`", error) from error

    def _known(self) -> Knowledge:
        """Return how we know what we say: we have just looked.

        No revision: what is held has none, so a page is rendered anew each time it is looked at.
        """
        now = self._parts.clock.now()
        return Knowledge(checked_at=now, fresh_until=now + _FRESH_SECONDS)


class Documents(Protocol):
    """Whoever has the documents beside the pages."""

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document; raises what ``Repository`` raises."""


@dataclass(frozen=True, slots=True)
class HeldDocuments:
    """The held documents, without those that tell of files which are not held."""

    documents: Documents

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a held provenance object; one of the JSON API is made from the page instead."""
        if wanted.kind == "json":
            raise not_asked(f"`{wanted.name}`", "its owner's document tells of more than is held")
        return await self.documents.document(wanted)


def _seen(
    seen: Mapping[Sha256, int | None], files: Iterable[File]
) -> list[tuple[File, bool]] | None:
    """Return the same as ``_look_now`` if all of it was ``seen`` already."""
    found = []
    for file in files:
        digest, metadata = file.sha256, file.metadata_sha256
        if digest is None or digest not in seen or (metadata is not None and metadata not in seen):
            return None
        size = seen[digest]
        if size is not None and file.size in {None, size}:
            found.append((file, metadata is None or seen[metadata] is not None))
    return found


def _look_now(store: LocalBlobs, files: Iterable[File]) -> list[tuple[File, bool]]:
    """Return those of ``files`` that are held, and whether their metadata are; touches the disk.

    What states no metadata has them all.
    """
    found = []
    for file in files:
        # Not read here: a page of many large files would take longer than a client waits.
        if file.sha256 is None or not store.has_now(file.sha256, file.size):
            continue
        digest = file.metadata_sha256
        found.append((file, digest is None or store.has_now(digest)))
    return found


def _versions_of(project: Project, files: Iterable[File]) -> tuple[str, ...]:
    """Return the versions of ``files``, spelled as the owner does."""
    versions = [filename_version(file.filename, project.name) for file in files]
    keys = {version_key(version) for version in versions if version is not None}
    return tuple(version for version in project.versions if version_key(version) in keys)
