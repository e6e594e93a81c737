"""Batches: things that many hand in one by one, and that are done together.

While one batch is done the next one gathers, and a little longer: two begin at least some
milliseconds apart, since a batch of a few things costs nearly as much as one of hundreds. Whoever
comes first after a pause waits for nobody.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import anyio

from wheelyard.blobs import disk_failure
from wheelyard.errors import Unavailable, WheelyardError

__all__ = ["Batches"]

T = TypeVar("T")
R = TypeVar("R")

_APART_SECONDS: Final = 0.02

Spawn = Callable[[Callable[[], Coroutine[None, None, None]]], object]
"""Runs a task for the program's whole life: the app's task group."""
Do = Callable[[Sequence[T]], Awaitable[Sequence[R | WheelyardError]]]


@dataclass(slots=True)
class _Place(Generic[T, R]):
    """One thing, and what became of it."""

    thing: T
    done: anyio.Event = field(default_factory=anyio.Event)
    result: R | None = None
    error: WheelyardError | None = None


class Batches(Generic[T, R]):
    """Does things in batches of at most ``most``; ``do`` returns one result or error for each."""

    def __init__(self, do: Do[T, R], spawn: Spawn, most: int) -> None:
        """Have ``spawn`` run the work: who hands in a thing may leave, and takes nobody along."""
        self._do = do
        self._spawn = spawn
        self._most = most
        self._waiting: list[_Place[T, R]] = []
        self._is_running = False

    async def add(self, thing: T) -> R | None:
        """Return what ``do`` returns for ``thing``.

        Raises:
            WheelyardError: what ``do`` returns, or raises for the whole batch.
        """
        place: _Place[T, R] = _Place(thing)
        self._waiting.append(place)
        if not self._is_running:
            self._is_running = True
            self._spawn(self._run)
        await place.done.wait()
        if place.error is not None:
            raise place.error
        return place.result

    async def _run(self) -> None:
        """Do batch after batch until nobody waits; whatever happens, everybody is told."""
        batch: list[_Place[T, R]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                next_at = anyio.current_time() + _APART_SECONDS
                await self._settle(batch)
                batch = []
                if 0 < len(self._waiting) < self._most:
                    await anyio.sleep(max(0.0, next_at - anyio.current_time()))
        finally:
            self._is_running = False
            left, self._waiting = [*batch, *self._waiting], []
            for place in left:
                place.error = place.error or Unavailable("A batch", "the server is stopping")
                place.done.set()

    async def _settle(self, batch: list[_Place[T, R]]) -> None:
        """Do one batch."""
        try:
            results = await self._do([place.thing for place in batch])
        except WheelyardError as error:
            results = [error] * len(batch)
        except OSError as error:
            results = [disk_failure("A batch", error)] * len(batch)
        for place, result in zip(batch, results, strict=True):
            if isinstance(result, WheelyardError):
                place.error = result
            else:
                place.result = result
            place.done.set()
