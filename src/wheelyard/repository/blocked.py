"""Blocked: an index without the projects that nobody gets from here, whoever has them."""

from dataclasses import dataclass

from wheelyard.blobs import Blob
from wheelyard.decide.ownership import PatternSet
from wheelyard.errors import Refused
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.lists import only_names

__all__ = ["Blocked", "refuse_blocked"]


def refuse_blocked(patterns: PatternSet, name: ProjectName, what: str) -> None:
    """Return if none of ``patterns`` means ``name``, the project of ``what``.

    Raises:
        Refused: the name is blocked.
    """
    if pattern := patterns.find(name):
        raise Refused(what, f"`{pattern.text}` is blocked here; ask who runs this index")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Say no, with the reason, to what ``patterns`` mean; nobody beneath is asked for it."""

    whole: Repository
    patterns: PatternSet

    async def projects(self) -> ProjectList:
        """Return the names that are not blocked; see ``Repository``."""
        listed = await self.whole.projects()
        if not self.patterns:
            return listed
        return await only_names(listed, lambda name: name not in self.patterns)

    async def project(self, name: ProjectName) -> Project:
        """Return one project; see ``Repository``.

        Raises:
            Refused: the name is blocked.
        """
        refuse_blocked(self.patterns, name, f"`{name}`")
        return await self.whole.project(name)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; as ``project``."""
        refuse_blocked(self.patterns, ref.project, f"`{ref.file.filename}`")
        return await self.whole.file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file; as ``project``."""
        refuse_blocked(self.patterns, ref.project, f"`{ref.file.filename}.metadata`")
        return await self.whole.metadata(ref)
