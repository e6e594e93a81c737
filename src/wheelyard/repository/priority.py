"""Priority: several owners of one index, in order; the first that has a name owns it.

Editing rule: nothing but ``Absent`` moves on. If the private side is down and the public one were
asked instead, whoever registered the private name there would be installed.
Source: DESIGN.md, section 4 ("That cell never changes").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.lists import merge_lists

__all__ = ["Priority"]


@dataclass(frozen=True, slots=True)
class Priority:
    """Ask each owner in turn until one of them has the project.

    A page is an answer; only ``Absent``, an owner's word that the name is not its own, moves on.
    For doors to one and the same index use ``Failover``: its rule is the reverse.
    """

    owners: Sequence[Repository]

    async def projects(self) -> ProjectList:
        """Return the names that any owner has; a name that two have is the first one's.

        Raises:
            Unavailable: one owner cannot say what it has. A list without its names would read as
                "they do not exist".
        """
        lists: list[ProjectList] = []
        for owner in self.owners:
            try:
                lists.append(await owner.projects())
            except Absent:
                continue
        if not lists:
            raise Absent("The project list")
        return await merge_lists(lists)

    async def project(self, name: ProjectName) -> Project:
        """Return the page of the first owner that has ``name``; see ``Repository``.

        Raises:
            Absent: every owner said so.
            Unavailable: an owner that comes before any answer could not be asked.
        """
        for owner in self.owners:
            try:
                return await owner.project(name)
            except Absent:
                continue
        raise Absent(f"`{name}`")

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes from the owner of the project, and from nobody else."""
        return await (await self._owner_of(ref.project)).file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata from the owner of the project, and from nobody else."""
        return await (await self._owner_of(ref.project)).metadata(ref)

    async def _owner_of(self, name: ProjectName) -> Repository:
        """Return whose page of ``name`` counts.

        The last one is not asked: if it is none of the others, it is the only one left.
        """
        *first, last = self.owners
        for owner in first:
            try:
                await owner.project(name)
            except Absent:
                continue
            return owner
        return last
