"""Vetted: a door that is used while it leads to the same index as the doors before it."""

from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from wheelyard.blobs import Blob
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.vetting import Vetting

__all__ = ["Vetted"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vetted:
    """A door with the answers that may stand for the index.

    Serials that are not those of the index are left out: whoever compared them with the others
    would take a page for older than it is, or never ask for it again.
    """

    door: Door
    number: int
    vetting: Vetting

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        await self.vetting.admit(self.number, "The project list")
        answer = await self.door.refresh_projects(held)
        if isinstance(answer, Unchanged) or self._hands_serials_on:
            return answer
        entries = tuple(_without_serial(entry) for entry in answer.value.projects)
        value = msgspec.structs.replace(answer.value, projects=entries, serial=None)
        return replace(answer, value=value, serial=None)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        await self.vetting.admit(self.number, f"`{name}`")
        answer = await self.door.refresh_project(name, held, again=again)
        if isinstance(answer, Unchanged) or self._hands_serials_on:
            return answer
        return replace(answer, value=_without_serial(answer.value), serial=None)

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        await self.vetting.admit(self.number, f"`{wanted.name}`")
        answer = await self.door.refresh_document(wanted, held)
        if isinstance(answer, Unchanged) or self._hands_serials_on:
            return answer
        return replace(answer, serial=None)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``."""
        await self.vetting.admit(self.number, f"`{ref.file.filename}`")
        return await self.door.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``."""
        await self.vetting.admit(self.number, f"`{ref.file.filename}`")
        return await self.door.metadata(ref)

    @property
    def _hands_serials_on(self) -> bool:
        """Whether the door's serials are those of the first door."""
        return self.vetting.hands_serials_on(self.number)


Numbered = TypeVar("Numbered", bound=msgspec.Struct)


def _without_serial(value: Numbered) -> Numbered:
    """Return a record whose serial is nobody's."""
    return msgspec.structs.replace(value, serial=None)
