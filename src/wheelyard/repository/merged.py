"""Merged: projects of our own whose public files are shown as well, because somebody said so.

Whoever owns the public name can give our users a file. So it is done for names that were named one
by one, and said wherever people look. What is left of the safety: our own file wins its name, the
public side never speaks for us, and nothing is merged while our own side cannot be asked.

The public side is another matter. It is asked for what is fresh, and freshness fails open: while it
cannot answer, our own files are what there is, and the page is marked stale.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from wheelyard.blobs import Blob
from wheelyard.errors import Absent, Corrupt, Unavailable
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectList
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.contradictions import Contradictions, Offer
from wheelyard.repository.lists import least_sure
from wheelyard.repository.priority import Priority

__all__ = ["Merged"]

_SHORTEST_SECONDS = 5.0
"""How soon the public side is asked again that did not answer."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Show the files of both for ``names``; for every other name be what ``Priority`` is."""

    own: Repository
    public: Repository
    names: Collection[ProjectName]
    contradictions: Contradictions = field(default_factory=Contradictions)

    async def projects(self) -> ProjectList:
        """Return the names of both; see ``Priority``."""
        return await self._apart.projects()

    async def project(self, name: ProjectName) -> Project:
        """Return one project, with the files of both if it is one of the names.

        Raises:
            Absent: neither has it.
            Unavailable: our own side cannot be asked, or has nothing and the other cannot.
        """
        if name not in self.names:
            return await self._apart.project(name)
        try:
            own = await self.own.project(name)
        except Absent:
            return await self.public.project(name)
        try:
            public = await self.public.project(name)
        except Absent:
            return own
        except (Unavailable, Corrupt):
            return msgspec.structs.replace(own, known=_without_the_other(own.known))
        return self._together(own, public)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file from the side whose file the page lists."""
        return await (await self._side_of(ref)).file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file; as ``file``."""
        return await (await self._side_of(ref)).metadata(ref)

    @property
    def _apart(self) -> Priority:
        """How the names are answered that are not merged."""
        return Priority((self.own, self.public))

    def _together(self, own: Project, public: Project) -> Project:
        """Return our project with the files that it does not have itself; it keeps its state.

        Our file comes first, and theirs of the same name is left out, whether or not it is the
        same. There is no serial: one count cannot speak for both.
        """
        ours = {file.filename: file for file in own.files}
        theirs = tuple(file for file in public.files if file.filename not in ours)
        for file in public.files:
            self._compare(own.name, ours.get(file.filename), file)
        return msgspec.structs.replace(
            own,
            files=own.files + theirs,
            versions=tuple(dict.fromkeys(own.versions + public.versions)),
            serial=None,
            dropped=own.dropped + public.dropped,
            known=_with_the_other(own.known, public.known),
        )

    def _compare(self, name: ProjectName, ours: File | None, theirs: File) -> None:
        """Raise the alarm if the other side has other bytes under a name of ours."""
        if ours is None or None in {ours.sha256, theirs.sha256} or ours.sha256 == theirs.sha256:
            return
        known, offered = f"sha256 {ours.sha256}", f"sha256 {theirs.sha256}"
        source = "The public project of the same name, which is merged,"
        offer = Offer(name, theirs.filename, known, offered, source, "our own file")
        self.contradictions.note(offer)

    async def _side_of(self, ref: FileRef) -> Repository:
        """Return who has the file that is meant; of a name that both have, ours.

        Raises:
            Absent: a file of ours has this name and is another one.
        """
        if ref.project not in self.names:
            return self._apart
        try:
            own = await self.own.project(ref.project)
        except Absent:
            return self.public
        ours = _find(own, ref.file.filename)
        if ours is None:
            return self.public
        if ref.file.sha256 not in {None, ours.sha256}:
            raise Absent(f"`{ref.file.filename}`")  # a URL never changes its bytes
        return self.own


def _find(project: Project, filename: Filename) -> File | None:
    """Return the file of this name, if the project has one."""
    return next((file for file in project.files if file.filename == filename), None)


def _with_the_other(own: Knowledge | None, public: Knowledge | None) -> Knowledge | None:
    """Return how a page of both is known.

    The revision tells it from our own page alone as well. The source is the public side's: it says
    which door's files these are. That it is merged is said to whoever gets it.
    """
    known = least_sure([own, public])
    if known is None or own is None or public is None:
        return None
    both = bool(own.revision and public.revision)
    revision = hash((own.revision, public.revision)) if both else 0
    return msgspec.structs.replace(known, revision=revision, source=public.source, merged=True)


def _without_the_other(own: Knowledge | None) -> Knowledge | None:
    """Return how our own page is known while what belongs to it cannot be had."""
    if own is None:
        return None
    fresh_until = min(own.fresh_until, own.checked_at + _SHORTEST_SECONDS)
    return msgspec.structs.replace(own, how="stale", revision=0, fresh_until=fresh_until)
