"""LocalOnly: what is held of somebody else's index, and nothing of what is not."""

from dataclasses import dataclass

from wheelyard.blobs import Blob
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository

__all__ = ["LocalOnly"]


@dataclass(frozen=True, slots=True)
class LocalOnly:
    """Say "not here" of what is not held, where a chain that asks nobody says "not now".

    For indexes, and for readers, that are to have no more than what is held: whoever decided that
    is the authority, so it is an answer. Any other failure passes.
    """

    held: Repository

    async def projects(self) -> ProjectList:
        """Return the projects of which something is held; see ``Repository``."""
        try:
            return await self.held.projects()
        except Unavailable as error:
            raise _answered(error, "The project list") from error

    async def project(self, name: ProjectName) -> Project:
        """Return what is held of a project; see ``Repository``."""
        try:
            return await self.held.project(name)
        except Unavailable as error:
            raise _answered(error, f"`{name}`") from error

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file if they are held; see ``Repository``."""
        try:
            return await self.held.file(ref)
        except Unavailable as error:
            raise _answered(error, f"`{ref.file.filename}`") from error

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file if they are held; see ``Repository``."""
        try:
            return await self.held.metadata(ref)
        except Unavailable as error:
            raise _answered(error, f"`{ref.file.filename}.metadata`") from error


def _answered(error: Unavailable, what: str) -> Absent | Unavailable:
    """Return what to say instead of ``error``."""
    return Absent(what) if error.failing == "unasked" else error
