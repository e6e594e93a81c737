"""Guarded: a door that is left alone for a while after it failed, so that nobody waits for it.

What opens and closes the circuit is decided in ``decide/circuit.py``; here it is asked before the
door, and told what came of it. No timer probes a door that is out: the next question is the probe.
Who holds an answer already never waits for one, though: the probe goes on behind.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from types import TracebackType
from typing import Final, Generic, Self, TypeVar
from urllib.parse import urlsplit

import anyio

from wheelyard.blobs import Blob, reading
from wheelyard.clock import Clock
from wheelyard.decide import circuit
from wheelyard.decide.circuit import Circuit, Failure, Rules, State
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.flights import Flight, Spawner
from wheelyard.repository.observed import DoorState
from wheelyard.repository.remote import RemoteBlob
from wheelyard.repository.remote_wheel import HasTail
from wheelyard.transport import Fault, fault_of

__all__ = ["Breaker", "GuardParts", "Guarded"]

T = TypeVar("T")

_COSTLY: Final = frozenset({Fault.CONNECT_TIMEOUT, Fault.SILENT})
_OF_ONE_THING: Final = frozenset(
    {Fault.RESET, Fault.TRUNCATED, Fault.FRAMING, Fault.STALLED, Fault.SLOW}
)
_NO_NEWS: Final = frozenset({Fault.BUSY, Fault.TOO_LARGE, Fault.REDIRECT_LOOP})
"""Our own limits, and answers that we do not want: they say nothing about the door's health."""
_MOMENT_SECONDS: Final = 0.15
"""How long a probe may take that is made for somebody who holds an answer already."""


@dataclass(frozen=True, slots=True)
class GuardParts:
    """What a guard works with; ``state`` is where people see whether the circuit is open."""

    state: DoorState
    clock: Clock
    spawn: Spawner
    rules: Rules


class Breaker:
    """The circuit of one host, and how it is spoken of: ``name`` is a noun for a sentence."""

    def __init__(self, name: str, parts: GuardParts, tell: Callable[[], None]) -> None:
        """Begin with a closed circuit; ``tell`` is called after every change."""
        self.circuit = Circuit()
        self._name = name
        self._clock = parts.clock
        self._rules = parts.rules
        self._tell = tell

    def admit(self, what: str) -> "Asking":
        """Return a block in which ``what`` may be asked for, and which notes what comes of it.

        Raises:
            Unavailable: nobody may ask now.
        """
        now = self._clock.now()
        if circuit.seconds_until_asked(self.circuit, now) > 0:
            raise self.refusal(what)
        self.circuit = circuit.note_asked(self.circuit, now, self._rules)
        return Asking(self, what, self.circuit.period, is_probe=self.circuit.state is State.OPEN)

    @property
    def wants_peace(self) -> bool:
        """Whether the host asked to be left alone for longer than we would do anyway."""
        is_open = self.circuit.state is State.OPEN
        return is_open and self.circuit.wait_seconds > self._rules.probe_seconds

    def refusal(self, what: str) -> Unavailable:
        """Return the error for ``what``, for which nobody is asked now."""
        left = circuit.seconds_until_asked(self.circuit, self._clock.now())
        since = datetime.fromtimestamp(int(self.circuit.failing_since), UTC)
        return Unavailable(
            what,
            f"{self._name} has been out of order since {since:%Y-%m-%d %H:%M:%S} UTC "
            f"({self.circuit.reason.rstrip('.')}), and is asked again in {max(1, ceil(left))} s",
        )

    def answered(self, period: int) -> None:
        """Note that what was asked in ``period`` was answered."""
        self.circuit = circuit.note_answer(self.circuit, period, self._clock.now(), self._rules)
        self._tell()

    def failed(self, period: int, what: str, error: Unavailable) -> None:
        """Note that what was asked in ``period`` failed, if that says anything about the door."""
        failure = _failure_of(error, what)
        if failure is not None:
            now = self._clock.now()
            self.circuit = circuit.note_failure(self.circuit, period, failure, now, self._rules)
            self._tell()


@dataclass(slots=True)
class Asking:
    """A question that passed. Leaving the block notes how it went, unless nobody knows.

    ``is_probe`` says that it is put to a door that is probably still out.
    """

    breaker: Breaker
    what: str
    period: int
    is_probe: bool = False
    _is_answered: bool = False

    def answered(self) -> None:
        """Note that the answer has begun; what follows may still fail."""
        if not self._is_answered:
            self._is_answered = True
            self.breaker.answered(self.period)

    def __enter__(self) -> Self:
        """Begin to ask."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Note the end; "it is not here" is an answer."""
        if error is None or isinstance(error, Absent):
            self.answered()
        elif isinstance(error, Unavailable):
            self.breaker.failed(self.period, self.what, error)


class Guarded:
    """A door behind two circuits: one for its own host, one for the host of its files, if another.

    An index whose files are elsewhere can be asked for pages while they are out of reach.
    """

    def __init__(self, door: Door, url: str, parts: GuardParts) -> None:
        """Guard ``door``, the index at ``url``."""
        name = f"the upstream `{parts.state.url}`"
        self._door = door
        self._host = urlsplit(url)[:2]
        self._state = parts.state
        self._spawn = parts.spawn
        self._own = Breaker(name, parts, self._tell)
        self._elsewhere = Breaker(f"the file host of {name}", parts, self._tell)

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        question = _Question("The project list", lambda: self._door.refresh_projects(held))
        return await self._ask(self._own, question, is_held=held is not None)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        question = _Question(
            f"`{name}`", lambda: self._door.refresh_project(name, held, again=again)
        )
        return await self._ask(self._own, question, is_held=held is not None)

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        breaker = self._breaker_of(wanted.url) if wanted.url else self._own
        question = _Question(f"`{wanted.name}`", lambda: self._door.refresh_document(wanted, held))
        return await self._ask(breaker, question, is_held=held is not None)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; the circuit is asked when they are read."""
        blob = await self._door.file(ref)
        breaker, what = self._breaker_of(ref.file.url), f"`{ref.file.filename}`"
        if isinstance(blob, RemoteBlob):
            return GuardedRemoteBlob(blob, breaker, what, blob, blob)
        if isinstance(blob, HasTail):
            return GuardedTailBlob(blob, breaker, what, blob)
        return GuardedBlob(blob, breaker, what)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``."""
        question = _Question(f"`{ref.file.filename}`", lambda: self._door.metadata(ref))
        return await self._ask(self._breaker_of(ref.file.url), question)

    async def _ask(self, breaker: Breaker, question: "_Question[T]", *, is_held: bool = False) -> T:
        """Ask the door, if its circuit lets the question pass."""
        asking = breaker.admit(question.what)
        if is_held and asking.is_probe:
            return await self._probe(asking, question)
        with asking:
            return await question.ask()

    async def _probe(self, asking: Asking, question: "_Question[T]") -> T:
        """Ask a door that is probably still out; wait for a moment, and let it go on behind."""
        flight: Flight[T] = Flight()

        async def fly() -> None:
            try:
                with asking:
                    flight.answer = await question.ask()
            except WheelyardError as error:
                flight.error = error
            finally:
                flight.done.set()

        self._spawn(fly)
        with anyio.move_on_after(_MOMENT_SECONDS):
            await flight.done.wait()
        if not flight.done.is_set():
            raise asking.breaker.refusal(question.what)
        return flight.result()

    def _breaker_of(self, url: str) -> Breaker:
        """Return the breaker of the host of ``url``."""
        return self._own if urlsplit(url)[:2] == self._host else self._elsewhere

    def _tell(self) -> None:
        """Show people the worse of the two circuits."""
        breakers = (self._own, self._elsewhere)
        self._state.circuit = circuit.worst(breaker.circuit.state for breaker in breakers)
        self._state.wants_peace = any(breaker.wants_peace for breaker in breakers)


@dataclass(frozen=True, slots=True)
class _Question(Generic[T]):
    """Something to ask of a door, and what sentences call it."""

    what: str
    ask: Callable[[], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class GuardedBlob:
    """A file of a guarded door. The first bytes are an answer; what follows may still fail."""

    blob: Blob
    breaker: Breaker
    what: str

    @property
    def size(self) -> int | None:
        """Length in bytes, as far as the door has told it."""
        return self.blob.size

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, if the bytes were proven."""
        return self.blob.sha256

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes; see ``Blob``."""
        with self.breaker.admit(self.what) as asking:
            async with reading(self.blob, start, stop) as chunks:
                async for chunk in chunks:
                    asking.answered()
                    yield chunk


@dataclass(frozen=True, slots=True)
class GuardedTailBlob(GuardedBlob):
    """The same where the end can be had first; see ``HasTail``."""

    tail: HasTail

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last ``byte_count`` bytes, or all of a shorter file."""
        with self.breaker.admit(self.what):
            return await self.tail.read_tail(byte_count)


@dataclass(frozen=True, slots=True)
class GuardedRemoteBlob(GuardedTailBlob):
    """The same where it can be had in one go; see ``HasWhole``."""

    remote: RemoteBlob

    async def read_whole(self, max_bytes: int) -> bytes:
        """Return all of a small file."""
        with self.breaker.admit(self.what):
            return await self.remote.read_whole(max_bytes)


def _failure_of(error: Unavailable, thing: str) -> Failure | None:
    """Return what ``error`` says about the door, or None if that is nothing."""
    fault = fault_of(error)
    if fault in _NO_NEWS or (fault is None and not error.failing):
        return None
    of_one_thing = fault in _OF_ONE_THING or error.failing == "thing"
    retry_seconds = error.retry_seconds or 0.0
    return Failure(
        error.reason,
        thing if of_one_thing else "",
        is_costly=fault in _COSTLY,
        retry_seconds=retry_seconds,
        is_at_once=error.failing == "door" and retry_seconds > 0,
    )
