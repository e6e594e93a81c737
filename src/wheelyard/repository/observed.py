"""Observed: what one door did for us, counted and remembered for people and for decisions."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import perf_counter

from wheelyard.clock import Clock, Instant
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.transport import Client, Document, Reply, Request, fault_of
from wheelyard.wire.http_cache import parse_serial

__all__ = ["DoorState", "ObservedClient"]

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of a door's time to the answer's head, in seconds."""


@dataclass(slots=True)
class DoorState:
    """What is known of one door. Times are seconds since the Unix epoch; sizes are bytes.

    ``outcomes`` counts requests by status (``2xx``, ``304``, ``4xx`` ...) or kind of failure.
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

    @property
    def is_up(self) -> bool:
        """Whether the last answer was better than none."""
        if self.last_failure_at is None or self.last_success_at is None:
            return self.last_failure_at is None
        return self.last_success_at >= self.last_failure_at


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
        state.outcomes["304" if status == HTTPStatus.NOT_MODIFIED else f"{status // 100}xx"] += 1
        bucket = sum(seconds > bound for bound in LATENCY_BUCKETS)
        state.latency_counts[bucket] += 1
        state.latency_seconds += seconds
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            state.last_failure_at = self._clock.now()
            state.last_error = f"status {status}"
        else:
            state.last_success_at = self._clock.now()

    def _failed(self, error: WheelyardError) -> None:
        """Count a failure by its kind."""
        if not isinstance(error, Unavailable):
            return
        fault = fault_of(error)
        self._state.outcomes[str(fault) if fault else "error"] += 1
        self._state.last_failure_at = self._clock.now()
        self._state.last_error = error.reason

    def _note_serial(self, serial: int | None) -> None:
        """Remember the highest serial that the door has shown."""
        if serial is not None:
            self._state.serial = max(self._state.serial or 0, serial)
