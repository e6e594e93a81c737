"""Observed: what one door did for us, counted and remembered for people and for decisions."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import perf_counter

from wheelyard.clock import Clock, Instant
from wheelyard.decide import outage
from wheelyard.decide.circuit import State
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.transport import Client, Document, Fault, Reply, Request, fault_of
from wheelyard.wire.http_cache import parse_serial

__all__ = ["DoorState", "ObservedClient", "Question", "questioning"]

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of a door's time to the answer's head, in seconds."""

RECENT = 60
"""How many of a door's last answers tell how long it takes now."""


@dataclass(slots=True)
class DoorState:
    """What is known of one door. Times are seconds since the Unix epoch; sizes are bytes.

    ``outcomes`` counts requests by status (``2xx``, ``304``, ``4xx`` ...) or kind of failure.
    ``is_offline`` is a door that nobody asks, on purpose.
    ``last_cause`` is the outcome of the last failure, ``last_error`` the same as a sentence.
    ``row`` are the newest answers of one kind, ``outages`` those that this process was the first
    to see. ``circuit`` says whether it is left alone after failures, ``wants_peace`` whether it
    asked for that itself; see ``guarded.py``. ``recent`` is what its last pages took, in seconds;
    ``is_behind`` and ``difference`` (from the index that it should lead to): see ``vetted.py``.
    """

    name: str
    url: str
    outcomes: Counter[str] = field(default_factory=Counter)
    latency_counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BUCKETS) + 1))
    latency_seconds: float = 0.0
    received_bytes: int = 0
    last_success_at: Instant | None = None
    last_failure_at: Instant | None = None
    last_error: str = ""
    serial: int | None = None
    last_cause: str = ""
    row: outage.Row | None = None
    outages: int = 0
    is_offline: bool = False
    circuit: State = State.CLOSED
    wants_peace: bool = False
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    is_behind: bool = False
    difference: str = ""

    def note_answer(self, at: Instant) -> None:
        """Remember that the door answered as it should."""
        self.row = outage.follow(self.row, at, good=True)

    def note_failure(self, cause: str, reason: str, at: Instant) -> None:
        """Remember what went wrong, and that it did once more."""
        self.last_failure_at = at
        self.last_cause, self.last_error = cause, reason
        self.row = outage.follow(self.row, at, good=False)

    @property
    def is_up(self) -> bool:
        """Whether the last answer was better than none."""
        if self.last_failure_at is None or self.last_success_at is None:
            return self.last_failure_at is None
        return self.last_success_at >= self.last_failure_at


@dataclass(slots=True)
class Question:
    """What the client noted of one question to a door, however many requests it took.

    ``is_asked``: one was made; ``is_noted``: one of them is in the outage log as a failure already.
    """

    is_asked: bool = False
    is_noted: bool = False


_question: ContextVar[Question | None] = ContextVar("question", default=None)


@contextmanager
def questioning() -> Iterator[Question]:
    """Have everything that is requested in the block, and by tasks that it starts, be one question.

    Many are put to a door at the same time, and its state does not tell whose failure is whose.
    """
    question = Question()
    token = _question.set(question)
    try:
        yield question
    finally:
        _question.reset(token)


class ObservedClient:
    """A client that writes down what happens in a ``DoorState``."""

    def __init__(self, client: Client, state: DoorState, clock: Clock) -> None:
        """Pass everything on to ``client``."""
        self._client = client
        self._state = state
        self._clock = clock

    async def load(self, request: Request) -> Document:
        """Return the whole answer; see ``Client``."""
        began = perf_counter()
        try:
            document = await self._client.load(request)
        except WheelyardError as error:
            self._failed(error)
            raise
        self._answered(document.status, perf_counter() - began)
        self._state.received_bytes += len(document.body)
        if request.is_file:
            self._note_whole(document.status)
        self._note_serial(parse_serial(document.headers))
        return document

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open a streamed answer; see ``Client``."""
        return self._open(request)

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[Reply]:
        """Open, and count the bytes that pass."""
        began = perf_counter()
        try:
            async with self._client.open(request) as reply:
                self._answered(reply.status, perf_counter() - began)
                yield replace(reply, chunks=self._counted(reply.chunks))
            self._note_whole(reply.status)
        except WheelyardError as error:
            self._failed(error)
            raise

    async def _counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield ``chunks``, counting."""
        async for chunk in chunks:
            self._state.received_bytes += len(chunk)
            yield chunk

    def _answered(self, status: int, seconds: float) -> None:
        """Count an answer. Whether a status is good news is not decided here, but 5xx is none."""
        state = self._state
        _mark_asked()
        state.outcomes["304" if status == HTTPStatus.NOT_MODIFIED else f"{status // 100}xx"] += 1
        bucket = sum(seconds > bound for bound in LATENCY_BUCKETS)
        state.latency_counts[bucket] += 1
        state.latency_seconds += seconds
        if _is_no_answer(status):
            self._note_failure(f"{status // 100}xx", f"status {status}")
        else:
            state.last_success_at = self._clock.now()

    def _failed(self, error: WheelyardError) -> None:
        """Count a failure by its kind; what leads astray is asked for, and is no answer."""
        _mark_asked()
        if not isinstance(error, Unavailable):
            self._state.outcomes["error"] += 1
            return
        cause = str(fault_of(error) or "error")
        self._state.outcomes[cause] += 1
        self._note_failure(cause, error.reason)

    def _note_failure(self, cause: str, reason: str) -> None:
        """Remember what went wrong, and that it did once more."""
        if cause == Fault.BUSY:  # our own limit says nothing about the door
            self._state.last_failure_at, self._state.last_error = self._clock.now(), reason
        else:
            self._state.note_failure(cause, reason, self._clock.now())
            if question := _question.get():
                question.is_noted = True

    def _note_whole(self, status: int) -> None:
        """Remember that a file came to its end: a head alone is no answer yet.

        Whether a document is one is for ``Judged`` to say, who knows what is in it.
        """
        if not _is_no_answer(status):
            self._state.note_answer(self._clock.now())

    def _note_serial(self, serial: int | None) -> None:
        """Remember the highest serial that the door has shown."""
        if serial is not None:
            self._state.serial = max(self._state.serial or 0, serial)


def _mark_asked() -> None:
    """Note that the present question, if there is one, was put to the door."""
    if question := _question.get():
        question.is_asked = True


def _is_no_answer(status: int) -> bool:
    """Say whether a status shows that the door is not up to answering."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
