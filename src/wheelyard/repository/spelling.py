"""Two ways to write one upstream: with ``/simple/`` at the end, or without."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators

__all__ = ["EitherSpelling"]

T = TypeVar("T")


class EitherSpelling:
    """One upstream whose address was given without ``/simple/``: the likelier spelling first.

    The first spelling that knows anything at all is the right one from then on. Until then,
    ``Absent`` is said only if both say so.
    """

    def __init__(self, likely: Door, plain: Door) -> None:
        """Ask ``likely`` first, ``plain`` if that knows nothing."""
        self._likely = likely
        self._plain = plain
        self._right: Door | None = None

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        return await self._ask(lambda door: door.refresh_projects(held))

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        return await self._ask(lambda door: door.refresh_project(name, held, again=again))

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``. Its address does not depend on the spelling."""
        return await self._likely.refresh_document(wanted, held)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``. The page gave its address."""
        return await self._likely.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``. The page gave its address."""
        return await self._likely.metadata(ref)

    async def _ask(self, question: Callable[[Door], Awaitable[T]]) -> T:
        """Ask the right spelling, or find out which one it is."""
        if self._right is not None:
            return await question(self._right)
        try:
            answer = await question(self._likely)
        except Absent:
            answer = await question(self._plain)
            self._right = self._plain
        else:
            self._right = self._likely
        return answer
