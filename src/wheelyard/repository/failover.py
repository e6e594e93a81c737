"""Failover: several doors to the same index, tried in order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wheelyard.blobs import Blob, reading
from wheelyard.errors import Corrupt, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.remote_wheel import HasTail

__all__ = ["Failover"]

T = TypeVar("T")


@dataclass(slots=True)
class Failover:
    """Ask each door in turn until one of them answers.

    A page is an answer, and so is ``Absent``; only ``Unavailable`` and ``Corrupt`` move on.
    For indexes with different owners the rule is the reverse: see the failure table.
    A second opinion is another door's if there is one: the search begins behind the last answer.
    """

    doors: Sequence[Door]
    _asked: int = 0

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of the first door that answers; see ``Door``."""
        return await self._first("The project list", lambda door: door.refresh_projects(held))

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return the page of the first door that answers; see ``Door``."""
        return await self._first(
            f"`{name}`",
            lambda door: door.refresh_project(name, held, again=again),
            self._asked + 1 if again else 0,
        )

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return the document of the first door that answers; see ``Door``."""
        return await self._first(
            f"`{wanted.name}`", lambda door: door.refresh_document(wanted, held)
        )

    async def file(self, ref: FileRef) -> Blob:
        """Return bytes that move on to the next door where one breaks off."""
        return AnyDoorBlob(ref, self.doors)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of the first door that answers; see ``Door``."""
        return await self._first(f"`{ref.file.filename}`", lambda door: door.metadata(ref))

    async def _first(self, what: str, ask: Callable[[Door], Awaitable[T]], begin: int = 0) -> T:
        """Return the first answer from ``begin`` on; raise with one cause per door if none came."""
        causes: list[WheelyardError] = []
        for number in range(begin, begin + len(self.doors)):
            try:
                self._asked = number % len(self.doors)
                return await ask(self.doors[self._asked])
            except (Unavailable, Corrupt) as error:
                causes.append(error)
        if len(causes) == 1:
            raise causes[0]
        raise Unavailable(what, causes=causes)


@dataclass(slots=True)
class AnyDoorBlob:
    """A file read from whichever door gives it, going on at the byte where one broke off.

    Whether the halves fit together is for the digest to say. If it says no, ``move_on`` has the
    next attempt begin at another door, and leaves out a door that gave the wrong bytes alone.
    """

    ref: FileRef
    doors: Sequence[Door]
    size: int | None = None
    sha256: Sha256 | None = None
    _first: int = 0
    _wrong: set[int] = field(default_factory=set)
    _gave: set[int] = field(default_factory=set)

    def move_on(self) -> bool:
        """Begin at the next door from now on; see ``HasAlternatives``."""
        if len(self._gave) == 1:
            self._wrong |= self._gave
        self._gave.clear()
        rest = range(self._first + 1, len(self.doors))
        first = next((number for number in rest if number not in self._wrong), None)
        if first is None:
            return False
        self._first = first
        return True

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last bytes from the first door that answers ranges."""
        causes: list[WheelyardError] = []
        for number in self._order():
            blob = await self.doors[number].file(self.ref)
            if isinstance(blob, HasTail):
                try:
                    tail = await blob.read_tail(byte_count)
                except Unavailable as error:
                    causes.append(error)
                else:
                    self.size = blob.size
                    return tail
        raise Unavailable(f"`{self.ref.file.filename}`", causes=causes)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes; see ``Blob``."""
        position = start
        causes: list[WheelyardError] = []
        for number in self._order():
            try:
                blob = await self.doors[number].file(self.ref)
                async with reading(blob, position, stop) as chunks:
                    async for chunk in chunks:
                        self.size = blob.size
                        self._gave.add(number)
                        position += len(chunk)
                        yield chunk
            except Unavailable as error:
                causes.append(error)
            else:
                self.size = blob.size
                return
        raise Unavailable(f"`{self.ref.file.filename}`", causes=causes)

    def _order(self) -> list[int]:
        """Return the doors in the order in which they are asked now."""
        numbers = range(len(self.doors))
        turned = [*numbers[self._first :], *numbers[: self._first]]
        return [number for number in turned if number not in self._wrong]
