"""A chain in memory: files by path, documents by name, and a repository of pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from pages.repository import FakeRepository
from wheelyard.app import MAIN, Index
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import Filename, ProjectName
from wheelyard.pages import PageLinks, Shelf
from wheelyard.repository import DocumentWanted
from wheelyard.repository.front import Front
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.repository.own_details import OwnDetails

__all__ = ["FakeChain", "index_over"]


@dataclass(slots=True)
class FakeChain:
    """What handlers use of a chain. ``documents`` has bytes or an error by name."""

    repository: FakeRepository
    refs: dict[str, FileRef] = field(default_factory=dict)
    documents: dict[str, KeptDocument | WheelyardError] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def locator(self) -> "FakeChain":
        """What finds files by their path: the chain itself."""
        return self

    async def find(
        self, path: str, now: float, may_read: Callable[[ProjectName], bool] | None = None
    ) -> FileRef:
        """Return the file at ``path``."""
        ref = self.refs.get(path)
        if ref is None or (may_read is not None and not may_read(ref.project)):
            raise Absent(f"`/{path}`")
        return ref

    async def missing(self, ref: FileRef) -> WheelyardError:
        """Note that a listed file is not there."""
        self.gone.append(ref.file.filename)
        return Absent(f"`{ref.file.filename}`, which was listed,")

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document beside the simple pages."""
        return self._answered(f"{wanted.kind}:{wanted.name}")

    async def own_details(self, name: ProjectName) -> OwnDetails | None:
        """Return what is known of a project of our own: nothing, it is another's."""
        del name
        return None

    async def provenance(self, name: ProjectName, filename: Filename) -> Answered[KeptDocument]:
        """Return the provenance object of a file."""
        return self._answered(f"provenance:{name}/{filename}")

    def _answered(self, key: str) -> Answered[KeptDocument]:
        self.asked.append(key)
        found = self.documents.get(key, Absent(f"`{key}`"))
        if isinstance(found, WheelyardError):
            raise found
        return Answered(found, self.repository.known)


def index_over(chain: FakeChain, links: PageLinks | None = None) -> Index:
    """Return an index that answers from ``chain``."""
    links = links or PageLinks()
    shelf = Shelf(chain.repository, links, chain.repository.clock, 1_000_000)
    return Index(MAIN, cast("Front", chain), shelf, links)
