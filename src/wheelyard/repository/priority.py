"""Priority: several owners of one index, in order; the first that has a name owns it.

Editing rule: nothing but ``Absent`` moves on. If the private side is down and the public one were
asked instead, whoever registered the private name there would be installed.
Source: DESIGN.md, section 4 ("That cell never changes").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio.to_thread

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, normalise
from wheelyard.repository.base import Repository

__all__ = ["Priority"]

_LEAST_SURE_FIRST = ("stale", "miss", "renewed", "hit")


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
        return lists[0] if len(lists) == 1 else await anyio.to_thread.run_sync(_merged, lists)

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


def _merged(lists: Sequence[ProjectList]) -> ProjectList:
    """Return one list; it is no younger and no fresher than any of its parts.

    Serials of several owners do not count together: the list has one if only one owner counts.
    """
    entries: dict[str, ProjectEntry] = {}
    for each in lists:
        for entry in each.projects:
            entries.setdefault(normalise(entry.name), entry)
    serials = [each.serial for each in lists if each.serial is not None]
    serial = serials[0] if len(serials) == 1 else None
    return ProjectList(tuple(entries.values()), serial, _known([each.known for each in lists]))


def _known(parts: Sequence[Knowledge | None]) -> Knowledge | None:
    """Return how a whole is known whose parts are known like this.

    Revisions only grow, so their sum changes if and only if one of them does; 0 is none.
    """
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    least_sure = min(known, key=lambda part: _LEAST_SURE_FIRST.index(part.how))
    revisions = [part.revision for part in known]
    return Knowledge(
        checked_at=min(part.checked_at for part in known),
        fresh_until=min(part.fresh_until for part in known),
        revision=sum(revisions) if all(revisions) else 0,
        how=least_sure.how,
        source=least_sure.source,
    )
