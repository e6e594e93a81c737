"""A locator over pages in memory and a real catalog, for tests of what is found by its path."""

from dataclasses import dataclass, field

import msgspec

from pages.repository import FakeRepository
from support.fakes import make_project
from wheelyard.catalog import Catalog, LedgerRow, OddPathRow
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.model import File, FileRef, Project, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.repository.locate import Locator

__all__ = ["HEX", "PYPI_PATH", "Bench", "Pages"]

HEX = "cd" * 32
PYPI_PATH = f"packages/{HEX[:2]}/{HEX[2:4]}/{HEX[4:]}"


@dataclass(slots=True)
class Pages(FakeRepository):
    """Pages in memory, some of which cannot be had now."""

    down: set[str] = field(default_factory=set)

    async def project(self, name: ProjectName) -> Project:
        """Return a page, or say that nobody answers for it."""
        if name in self.down:
            self.asked.append(name)
            raise Unavailable(f"`{name}`", "refused: nobody listens there")
        # Not `super()`: with slots the class is made anew, and the name means the old one.
        return await FakeRepository.project(self, name)


@dataclass(frozen=True, slots=True)
class Bench:
    """A locator, and where it looks."""

    locator: Locator
    pages: Pages
    catalog: Catalog
    clock: FrozenClock

    def lists(self, name: ProjectName, *files: File, status: ProjectStatus | None = None) -> None:
        """Have the page of ``name`` list ``files``."""
        page = make_project(name, *files)
        self.pages.pages[name] = msgspec.structs.replace(page, status=status or ProjectStatus())

    async def find(self, path: str) -> FileRef:
        """Return what is at ``path`` now."""
        return await self.locator.find(path, self.clock.now())

    async def served(self, path: str, name: ProjectName, file: File, owner: str = "main") -> None:
        """Have it written down that ``file`` was served at ``path`` once."""
        digest, size = file.sha256, file.size
        assert digest is not None
        assert size is not None
        now = self.clock.now()
        row = LedgerRow(owner, name, file.filename, digest, size, now, "files.index.example")
        await self.catalog.held.keep(row, OddPathRow(owner, path, name, file.filename))
