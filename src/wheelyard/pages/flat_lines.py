"""The lines of flat pages, kept for each project until it changes.

A page with ten thousand projects is put together of their lines in milliseconds; after an upload
one project is read and rendered, and not ten thousand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import anyio.to_thread

from wheelyard.catalog import Catalog, HeldMark, ProjectsChanged
from wheelyard.clock import Clock
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName, normalise
from wheelyard.repository import Repository
from wheelyard.repository.hosted import model_of

__all__ = ["FlatLines", "HeldLines", "HostedLines", "OtherLines", "Render"]

Render = Callable[[Project], bytes]

_LOOK_SECONDS = 1.0
"""How soon it shows that something was fetched; as with pages of what is held."""


class FlatLines(Protocol):
    """The lines of some projects. ``version`` changes if and only if the ``lines`` do."""

    @property
    def version(self) -> int:
        """A number for the lines as they are."""

    @property
    def lines(self) -> Mapping[ProjectName, bytes]:
        """The lines by project, in their order."""

    async def refresh(self) -> None:
        """See to it that the lines are those of this moment.

        Raises:
            Unavailable: the catalog cannot be read.
        """


@dataclass(slots=True)
class HostedLines:
    """The lines of the projects of one hosted owner.

    The first refresh reads all of them, each further one what changed.
    """

    owner: str
    catalog: Catalog
    render: Render
    version: int = field(default=0, init=False)
    lines: Mapping[ProjectName, bytes] = field(default_factory=dict, init=False)
    _lock: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    async def refresh(self) -> None:
        """See to it that the lines are those of this moment; see ``FlatLines``."""
        if self._is_current():
            return
        async with self._lock:
            if self._is_current():
                return
            changed = await self.catalog.hosted_lists.changed(self.owner, self.version)
            self.lines = await anyio.to_thread.run_sync(self._merged, changed)
            self.version = changed.revision

    def _is_current(self) -> bool:
        """Say whether nothing of the owner changed; reads one small row in place."""
        return self.catalog.hosting.owner_revision_now(self.owner) == self.version

    def _merged(self, changed: ProjectsChanged) -> Mapping[ProjectName, bytes]:
        """Return the lines of all projects, those that did not change as they were."""
        merged: dict[ProjectName, bytes] = {}
        for project in changed.projects:
            name, known = project.project, self.lines.get(project.project)
            if known is None or project.revision > self.version:
                known = self.render(model_of(project, changed.files.get(name, ())))
            merged[name] = known
        return merged


@dataclass(slots=True)
class OtherLines:
    """The lines of projects of our own that are in no catalog, as those of a directory are."""

    repository: Repository
    render: Render
    version: int = field(default=0, init=False)
    lines: Mapping[ProjectName, bytes] = field(default_factory=dict, init=False)
    _lock: anyio.Lock = field(default_factory=anyio.Lock, init=False)
    _revision: int = field(default=0, init=False)

    async def refresh(self) -> None:
        """See to it that the lines are those of this moment; see ``FlatLines``."""
        async with self._lock:
            try:
                listed = await self.repository.projects()
            except Absent:
                listed = ProjectList()
            revision = listed.known.revision if listed.known else 0
            if revision == self._revision and revision:
                return
            names = [ProjectName(normalise(entry.name)) for entry in listed.projects]
            found = {name: await self._line(name) for name in names}
            lines = {name: text or b"" for name, text in found.items()}
            if lines != self.lines:
                self.lines = lines
                self.version += 1
            self._revision = 0 if None in found.values() else revision

    async def _line(self, name: ProjectName) -> bytes | None:
        """Return the lines of one project; None if nobody can tell now."""
        try:
            return self.render(await self.repository.project(name))
        except (Absent, Refused):
            return b""
        except Unavailable:
            return None


@dataclass(slots=True)
class HeldLines:
    """The lines of what is held of somebody else's projects.

    ``repository`` gives pages with what is held and asks nobody. What it does not give, because
    the file is damaged or the page may not be given out, has no lines.
    """

    owner: str
    catalog: Catalog
    repository: Repository
    clock: Clock
    render: Render
    version: int = field(default=0, init=False)
    lines: Mapping[ProjectName, bytes] = field(default_factory=dict, init=False)
    _lock: anyio.Lock = field(default_factory=anyio.Lock, init=False)
    _kept: dict[ProjectName, tuple[HeldMark, bytes]] = field(default_factory=dict, init=False)
    _looked_at: float = field(default=-_LOOK_SECONDS, init=False)

    async def refresh(self) -> None:
        """See to it that the lines are those of a second ago at most; see ``FlatLines``."""
        async with self._lock:
            now = self.clock.now()
            if 0 <= now - self._looked_at < _LOOK_SECONDS:
                return
            marks = await self.catalog.hosted_lists.held_marks(self.owner)
            if {name: mark for name, (mark, _) in self._kept.items()} != marks:
                self.lines = {name: await self._line(name, mark) for name, mark in marks.items()}
                self._kept = {name: self._kept[name] for name in marks if name in self._kept}
                self.version += 1
            self._looked_at = now

    async def _line(self, name: ProjectName, mark: HeldMark) -> bytes:
        """Return the lines of one project, as they were if nothing of it changed.

        Each is kept by itself: who has to stop in the middle goes on there the next time. What
        this machine cannot read now is looked at again.
        """
        kept = self._kept.get(name)
        if kept is not None and kept[0] == mark:
            return kept[1]
        try:
            lines = self.render(await self.repository.project(name))
        except (Absent, Refused, Unavailable) as error:
            if isinstance(error, Unavailable) and error.is_ours:
                return b""
            lines = b""
        self._kept[name] = (mark, lines)
        return lines
