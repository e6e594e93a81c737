"""Marking: since when a held file is on no page any more.

Who reads a page does not look what is held of it, so this is looked at before a collection: page by
page, against what is held of the project. A project without a page says nothing: its page may never
have been read. When one is forgotten, because the upstream has no such project, the catalog marks
its files itself.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace

from wheelyard.catalog import Catalog, HeldRow, hosted_index
from wheelyard.clock import Instant
from wheelyard.decide.evict import Blob, Name
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.packing import unpack_project

__all__ = ["Marks", "mark", "survey"]

_STEP = 1_000
"""How many names of projects are in memory at a time."""

_DIRECTORY = "directory:"

Key = tuple[str, ProjectName, Filename]


@dataclass(frozen=True, slots=True)
class Marks:
    """What marking would write: files that are newly missed, and those that are listed again."""

    lost: set[Key] = field(default_factory=set)
    back: set[Key] = field(default_factory=set)

    def laid_over(self, blob: Blob, now: Instant) -> Blob:
        """Return ``blob`` as it would be seen if these marks had been written."""
        if not self.lost and not self.back:
            return blob
        return replace(blob, names=tuple(self._marked(name, now) for name in blob.names))

    def _marked(self, name: Name, now: Instant) -> Name:
        """Return ``name`` with its mark."""
        key = (name.owner, name.project, name.filename)
        if key in self.lost:
            return replace(name, gone_at=now)
        return replace(name, gone_at=None) if key in self.back else name


async def mark(catalog: Catalog, now: Instant) -> int:
    """Write down which held files are on no page any more; return how many are new."""
    found = await catalog.removals.note_replaced()
    async for owner, project, listed, rows in _differing(catalog):
        if any(_changes(row, listed) for row in rows):
            found += await catalog.held.note_unlisted(owner, project, listed, now)
    return found


async def survey(catalog: Catalog) -> Marks:
    """Return what ``mark`` would write down. Nothing is changed."""
    marks = Marks()
    async for owner, project, listed, rows in _differing(catalog):
        for row in rows:
            if _changes(row, listed):
                marked = marks.back if row.filename in listed else marks.lost
                marked.add((owner, project, row.filename))
    return marks


async def _differing(
    catalog: Catalog,
) -> AsyncIterator[tuple[str, ProjectName, Collection[Filename], tuple[HeldRow, ...]]]:
    """Yield each project of others that has a page, with what that lists and what is held of it."""
    for owner in await catalog.blob_names.owners():
        if hosted_index(owner) is not None or owner.startswith(_DIRECTORY):
            continue
        after = ProjectName("")
        while names := await catalog.blob_names.projects(owner, after, _STEP):
            after = names[-1]
            for name in names:
                page = await catalog.pages.load(owner, name)
                if page is not None:
                    project = await unpack_project(page.model)
                    listed = {file.filename for file in project.files}
                    yield owner, name, listed, await catalog.held.of_project(owner, name)


def _changes(row: HeldRow, listed: Collection[Filename]) -> bool:
    """Say whether the mark of a file is not what its page says."""
    return (row.filename in listed) == (row.unlisted_at is not None)
