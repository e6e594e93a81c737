"""Retried: a door without a twin is asked once more for what it failed to give.

One bad machine behind an address that many share fails some questions and answers the same ones a
moment later, elsewhere.  Where there is another door it is asked instead; this is for the door that
is alone.

Editing rules: once, never more, since a second question is all that an upstream in trouble may be
charged with, and only within the budget that retries of clients have too (``decide/retrying.py``);
nobody who holds a copy asks twice, since the copy is good; and what says that the door as a whole
is out (no connection, silence, a limit) is not tried again while somebody waits.
Source: ``tests/faults`` (F10); RFC 9110, 9.2.2 (what is idempotent may be asked again).
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from wheelyard.blobs import Blob
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.flights import Retries
from wheelyard.transport import Fault, fault_of

__all__ = ["Retried"]

T = TypeVar("T")

_OF_ONE_CONNECTION: Final = frozenset({Fault.RESET, Fault.TRUNCATED, Fault.FRAMING})


class Retried:
    """A door whose passing failures are not seen by who has nothing else."""

    def __init__(self, door: Door, retries: Retries) -> None:
        """Ask ``door``, and perhaps once more, as far as ``retries`` allow."""
        self._door = door
        self._retries = retries

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        return await self._ask(lambda: self._door.refresh_projects(held), once=held is not None)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``. A second question is on a new connection."""
        try:
            return await self._door.refresh_project(name, held, again=again)
        except Unavailable as error:
            if again or held is not None or not self._may_pass(error):
                raise
        return await self._door.refresh_project(name, None, again=True)

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        ask = partial(self._door.refresh_document, wanted, held)
        return await self._ask(ask, once=held is not None)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``. A download is continued by who reads it."""
        return await self._door.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``. There are other ways to have them."""
        return await self._door.metadata(ref)

    async def _ask(self, ask: Callable[[], Awaitable[T]], *, once: bool) -> T:
        """Return the answer, of a second question if the first one failed and may do better."""
        try:
            return await ask()
        except Unavailable as error:
            if once or not self._may_pass(error):
                raise
        return await ask()

    def _may_pass(self, error: Unavailable) -> bool:
        """Say whether asking again at once may help, and is in the budget."""
        return _may_pass(error) and self._retries.take(0.0)


def _may_pass(error: Unavailable) -> bool:
    """Say whether asking again at once may help: one thing failed, and no patience is wanted."""
    if error.retry_seconds:
        return False
    return error.failing == "thing" or fault_of(error) in _OF_ONE_CONNECTION
