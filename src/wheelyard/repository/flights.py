"""One flight per question: whoever asks while it runs gets the same answer.

A flight belongs to the program: a caller that leaves or loses patience does not end it, and
what it brings is kept for the next one. Across processes a lock per key makes the others wait
for the holder; what to do when it is free again is up to the flight itself (look first).
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

from wheelyard.blobs import DiskThreads, KeyLock, KeyLocks, WaitingRoom, disk_failure
from wheelyard.decide import retrying
from wheelyard.errors import Unavailable, WheelyardError

__all__ = ["Flight", "FlightDeck", "Flights", "Retries", "Spawner"]

T = TypeVar("T")

Spawner = Callable[[Callable[[], Coroutine[None, None, None]]], None]
"""Runs a task for the program's whole life: the app's task group."""

_LOCK_POLL_SECONDS = 0.02


@dataclass(slots=True)
class Flight(Generic[T]):
    """A question on its way. ``done`` is set once there is an answer or an error."""

    done: anyio.Event = field(default_factory=anyio.Event)
    answer: T | None = None
    error: WheelyardError | None = None

    def result(self) -> T:
        """Return the answer, or raise the error."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise Unavailable("An answer", "the question is still on its way")
        return self.answer


@dataclass(slots=True)
class Retries:
    """How often what has just failed may be asked for again; shared by all kinds of question."""

    budget: retrying.Budget = field(default_factory=retrying.Budget)

    def note_first(self) -> None:
        """Count a question that had not failed before."""
        self.budget = retrying.note_first(self.budget)

    def take(self, failed_seconds_ago: float) -> bool:
        """Say whether a question may be put again that failed so long ago; count it if so."""
        if not retrying.may_ask_again(self.budget, failed_seconds_ago):
            return False
        self.budget = retrying.note_again(self.budget)
        return True


@dataclass(frozen=True, slots=True)
class FlightDeck:
    """What every flight of a process needs; each is ended after ``deadline_seconds``.

    ``waiting`` is where flights take a place, so that there are not too many of them.
    """

    spawn: Spawner
    locks: KeyLocks
    disk: DiskThreads
    deadline_seconds: float = 60
    waiting: WaitingRoom = field(default_factory=WaitingRoom)
    retries: Retries = field(default_factory=Retries)


class Flights(Generic[T]):
    """The questions of one kind that are on their way, by key."""

    def __init__(self, deck: FlightDeck, kind: str) -> None:
        """Run flights from ``deck``; ``kind`` keeps their keys apart from other kinds'."""
        self._deck = deck
        self._kind = kind
        self._running: dict[str, Flight[T]] = {}

    @property
    def retries(self) -> Retries:
        """How often what has just failed may be asked for again."""
        return self._deck.retries

    def is_running(self, key: str) -> bool:
        """Say whether a flight for ``key`` is on its way."""
        return key in self._running

    def join(
        self, key: str, ask: Callable[[], Awaitable[T]], *, is_held: bool = False
    ) -> Flight[T]:
        """Return the flight for ``key``; the first caller's ``ask`` is what runs.

        ``is_held`` says that there is an old copy to go by.

        Raises:
            Unavailable: too many flights are on their way for one more.
        """
        flight = self._running.get(key)
        if flight is None:
            self._deck.waiting.enter(f"`{key}`", is_held=is_held)
            flight = self._running[key] = Flight()
            self._deck.spawn(lambda: self._fly(key, flight, ask))
        return flight

    async def _fly(self, key: str, flight: Flight[T], ask: Callable[[], Awaitable[T]]) -> None:
        """Get the answer, whatever happens to those who wait for it."""
        try:
            with anyio.fail_after(self._deck.deadline_seconds):
                flight.answer = await self._locked(key, ask)
        except WheelyardError as error:
            flight.error = error
        except TimeoutError:
            reason = f"no answer within {self._deck.deadline_seconds:g} s"
            flight.error = Unavailable(key, reason)
        except OSError as error:
            flight.error = disk_failure(f"`{key}`", error)
        finally:
            flight.error = flight.error or (
                Unavailable(key, "the server is stopping") if flight.answer is None else None
            )
            del self._running[key]
            self._deck.waiting.leave()
            flight.done.set()

    async def _locked(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask while no other process asks the same."""
        lock = await self._lock(f"{self._kind}:{key}")
        if lock is None:
            return await ask()
        try:
            return await ask()
        finally:
            with anyio.CancelScope(shield=True):
                await self._deck.disk.run(_let_go, lock)

    async def _lock(self, name: str) -> KeyLock | None:
        """Return the lock ``name`` once no other process has it; it can only be polled.

        None if the disk cannot have one: two who ask the same are better than none.
        """
        while True:
            try:
                lock = await self._deck.disk.run(self._deck.locks.try_lock, name)
            except OSError:
                return None
            if lock is not None:
                return lock
            await anyio.sleep(_LOCK_POLL_SECONDS)


def _let_go(lock: KeyLock) -> None:
    """Give back ``lock``; on a disk that became read-only its file stays, and holds nobody up."""
    with suppress(OSError):
        lock.release()
