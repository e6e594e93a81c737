"""PublicNames: which names others have, as far as it is held. Nobody is asked.

For the moment in which a name is made ours: asking an upstream about it would tell the name away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio.to_thread

from wheelyard.catalog import Catalog, DocumentKey
from wheelyard.clock import Instant
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, normalise
from wheelyard.repository.packing import unpack_list, unpack_project

__all__ = ["PublicNames"]


@dataclass(frozen=True, slots=True)
class PublicNames:
    """The names that the groups of doors ``owners`` are known to have."""

    catalog: Catalog
    owners: Sequence[str]

    async def has(self, name: ProjectName) -> bool:
        """Say whether a held page or a held project list shows ``name``.

        Raises:
            Unavailable: the catalog cannot be read.
        """
        for owner in self.owners:
            page = await self.catalog.pages.load(owner, name)
            if page is not None and (await unpack_project(page.model)).files:
                return True
        return name in await self.all()

    async def in_use(self) -> frozenset[ProjectName]:
        """Return the names whose pages are held: somebody here has asked for them."""
        found: set[ProjectName] = set()
        for owner in self.owners:
            found.update(await self.catalog.pages.names(owner))
        return frozenset(found)

    async def mark(self) -> tuple[Instant | None, ...]:
        """Return what changes whenever ``all`` may."""
        rows = [
            await self.catalog.documents.load(DocumentKey(name, "root")) for name in self.owners
        ]
        return tuple(row.fetched_at if row is not None else None for row in rows)

    async def all(self) -> frozenset[ProjectName]:
        """Return every name of the held project lists; there may be 700,000."""
        found: frozenset[ProjectName] = frozenset()
        for owner in self.owners:
            row = await self.catalog.documents.load(DocumentKey(owner, "root"))
            if row is not None:
                listed = await unpack_list(row.body)
                found |= await anyio.to_thread.run_sync(_names, listed)
        return found


def _names(listed: ProjectList) -> frozenset[ProjectName]:
    """Return the normalised names of a list."""
    return frozenset(ProjectName(normalise(entry.name)) for entry in listed.projects)
