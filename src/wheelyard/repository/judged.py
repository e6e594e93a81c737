"""Judged: whether what a door said was an answer, for the outage log.

A login page comes with status 200, and a wiped index says "it is not here" of everything.  The
HTTP client sees answers there; only the door as a whole knows that they are of no use.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from wheelyard.blobs import Blob
from wheelyard.clock import Clock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.observed import DoorState, questioning

__all__ = ["Judged"]

T = TypeVar("T")

_WRONG = "wrong"
"""The cause of an outage in which the door answers, and nothing of it can be used."""
_FORBIDDEN = "4xx"


class Judged:
    """A door whose answers are written down for what they are worth.

    What the client has seen to fail already is not counted twice, and a question that was not even
    put to the door says nothing.
    """

    def __init__(self, door: Door, state: DoorState, clock: Clock) -> None:
        """Write into ``state`` what comes of asking ``door``."""
        self._door = door
        self._state = state
        self._clock = clock

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        return await self._judge(lambda: self._door.refresh_projects(held))

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        return await self._judge(lambda: self._door.refresh_project(name, held, again=again))

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        return await self._judge(lambda: self._door.refresh_document(wanted, held))

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``. The client sees whether they come."""
        return await self._door.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``. The client sees whether they come."""
        return await self._door.metadata(ref)

    async def _judge(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask, and write down what came of it."""
        with questioning() as question:
            try:
                answer = await ask()
            except Absent:
                self._state.note_answer(self._clock.now())
                raise
            except Unavailable as error:
                if question.is_asked and not question.is_noted and error.failing != "thing":
                    cause = _FORBIDDEN if error.failing else _WRONG
                    self._state.note_failure(cause, error.reason, self._clock.now())
                raise
        self._state.note_answer(self._clock.now())
        return answer
