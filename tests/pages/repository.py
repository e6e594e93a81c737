"""A repository in memory, for the shelf and for whoever serves what stands on it."""

from dataclasses import dataclass, field
from typing import Literal

import anyio
import msgspec

from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName

__all__ = ["FakeRepository"]


@dataclass(slots=True)
class FakeRepository:
    """Pages and files in memory; ``gate`` holds the answer for a page that was made already.

    With an ``error`` it is what every question is answered with.
    """

    clock: FrozenClock
    pages: dict[str, Project] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    revision: int = 1
    how: Literal["hit", "miss", "renewed", "stale"] = "miss"
    lifetime_seconds: float = 60
    asked: list[str] = field(default_factory=list)
    gate: anyio.Event | None = None
    error: WheelyardError | None = None

    async def projects(self) -> ProjectList:
        """Return the names of all pages."""
        self._ask("")
        names = tuple(ProjectEntry(name) for name in self.pages)
        return ProjectList(names, known=self.known)

    async def project(self, name: ProjectName) -> Project:
        """Return a page as it is now, however long the answer takes."""
        self._ask(name)
        if name not in self.pages:
            raise Absent(f"`{name}`")
        answer = msgspec.structs.replace(self.pages[name], known=self.known)
        if self.gate is not None:
            await self.gate.wait()
        return answer

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file."""
        return self._blob(ref.file.filename)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file."""
        return self._blob(f"{ref.file.filename}.metadata")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def _blob(self, name: str) -> Blob:
        self._ask(name)
        if name not in self.blobs:
            raise Absent(f"`{name}`")
        return self.blobs[name]

    @property
    def known(self) -> Knowledge:
        """How a page is known that was just asked for."""
        now = self.clock.now()
        return Knowledge(now, now + self.lifetime_seconds, self.revision, self.how)
