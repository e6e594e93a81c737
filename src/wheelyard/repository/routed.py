"""Routed: several upstreams that are different indexes, and a rule for each name which one has it.

One upstream answers for a name and no other is ever asked, also if it is down or does not have the
project: whoever registered the name elsewhere would be installed instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.lists import merge_lists, only_names
from wheelyard.settings import NamePattern

__all__ = ["Routed"]


@dataclass(frozen=True, slots=True)
class Routed:
    """Ask the repository of the most specific route that means a name; ``default`` for the rest.

    ``routes`` come most specific first, as ``Ownership.routes`` does.
    """

    default: Repository
    routes: Sequence[tuple[NamePattern, Repository]]

    async def projects(self) -> ProjectList:
        """Return the names that each repository is the right one for.

        Raises:
            Unavailable: one of them cannot say what it has. A list without its names would read as
                "they do not exist".
        """
        lists: list[ProjectList] = []
        for repository in self._repositories():
            try:
                listed = await repository.projects()
            except Absent:
                continue
            lists.append(await only_names(listed, partial(self._is_at, repository)))
        if not lists:
            raise Absent("The project list")
        return await merge_lists(lists)

    async def project(self, name: ProjectName) -> Project:
        """Return one project from the one that has it; see ``Repository``."""
        return await self._of(name).project(name)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; as ``project``."""
        return await self._of(ref.project).file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file; as ``project``."""
        return await self._of(ref.project).metadata(ref)

    def _of(self, name: ProjectName) -> Repository:
        """Return who answers for ``name``."""
        for pattern, repository in self.routes:
            if pattern.matches(name):
                return repository
        return self.default

    def _is_at(self, repository: Repository, name: ProjectName) -> bool:
        """Say whether ``repository`` answers for ``name``."""
        return self._of(name) is repository

    def _repositories(self) -> list[Repository]:
        """Return every repository once."""
        found = [self.default]
        for _, repository in self.routes:
            if not any(repository is each for each in found):
                found.append(repository)
        return found
