"""Policy: what of the answers beneath may be given out."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from wheelyard.blobs import Blob
from wheelyard.decide.refusal import why_refused
from wheelyard.errors import Refused
from wheelyard.model import FileRef, Project, ProjectList, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Filter what is answered; say no, with the reason, to what is asked for all the same.

    ``Absent``, ``Unavailable`` and ``Corrupt`` pass: policy is about what there is. A page is never
    refused, only emptied, so that an installer sees the state of the project and what it says.
    """

    whole: Repository
    rule: Callable[[ProjectName, ProjectStatus], str] = why_refused

    async def projects(self) -> ProjectList:
        """Return the names of all projects; see ``Repository``."""
        return await self.whole.projects()

    async def project(self, name: ProjectName) -> Project:
        """Return one project, with those of its files that are given out; see ``Repository``."""
        project = await self.whole.project(name)
        if self.rule(name, project.status):
            return msgspec.structs.replace(project, files=())
        return project

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Repository``.

        Raises:
            Refused: the rule says no to its project. Nobody beneath is asked.
        """
        self._admit(ref, ref.file.filename)
        return await self.whole.file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file; as ``file``."""
        self._admit(ref, f"{ref.file.filename}.metadata")
        return await self.whole.metadata(ref)

    def _admit(self, ref: FileRef, what: str) -> None:
        """Raise if the rule says no."""
        if reason := self.rule(ref.project, ref.status):
            raise Refused(f"`{what}`", reason)
