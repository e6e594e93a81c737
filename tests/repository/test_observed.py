"""What is remembered of a door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.repository.observed import DoorState, ObservedClient
from wheelyard.transport import Document, Reply, Request

pytestmark = pytest.mark.anyio

REQUEST = Request("https://index.example/simple/flask/")


class FakeClient:
    """A client with one answer."""

    def __init__(self, status: int = 200, error: Unavailable | None = None) -> None:
        self._status = status
        self._error = error

    async def load(self, request: Request) -> Document:
        """Return the answer, or raise the error."""
        if self._error:
            raise self._error
        return Document(self._status, request.url, {"x-pypi-last-serial": "42"}, b"page")

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Reply]:
        """Yield the answer, two chunks long."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"12"
            yield b"345"

        yield Reply(self._status, request.url, {}, chunks())


def observed(client: FakeClient, clock: FrozenClock) -> tuple[ObservedClient, DoorState]:
    """Return a watched client and the state that it writes."""
    state = DoorState("main", "https://index.example/simple/")
    return ObservedClient(client, state, clock), state


async def test_answer_is_counted_with_bytes_and_serial(clock: FrozenClock) -> None:
    """An answer shows that the door is up, how much it gave and how far it is."""
    client, state = observed(FakeClient(), clock)

    await client.load(REQUEST)

    assert state.outcomes == {"2xx": 1}
    assert (state.received_bytes, state.serial) == (4, 42)
    assert state.is_up


async def test_failure_is_counted_by_its_kind(clock: FrozenClock) -> None:
    """A refused connection and an expired certificate are two lines."""
    client, state = observed(FakeClient(error=Unavailable("x", "refused: nobody there")), clock)

    with pytest.raises(Unavailable):
        await client.load(REQUEST)

    assert state.outcomes == {"refused": 1}
    assert state.last_error == "refused: nobody there"
    assert not state.is_up


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_status_that_is_no_answer_marks_the_door_down(
    status: int, clock: FrozenClock
) -> None:
    """A door that answers 503 is no better than one that does not."""
    client, state = observed(FakeClient(status), clock)

    await client.load(REQUEST)

    assert not state.is_up


async def test_absent_is_good_news_about_the_door(clock: FrozenClock) -> None:
    """A 404 is an answer: the door works."""
    client, state = observed(FakeClient(404), clock)

    await client.load(REQUEST)

    assert state.is_up


async def test_success_after_failure_brings_the_door_back(clock: FrozenClock) -> None:
    """The last answer counts."""
    failing, state = observed(FakeClient(503), clock)
    await failing.load(REQUEST)
    clock.forward(1)

    await ObservedClient(FakeClient(), state, clock).load(REQUEST)

    assert state.is_up


async def test_streamed_bytes_are_counted(clock: FrozenClock) -> None:
    """Bytes of a file count as they pass."""
    client, state = observed(FakeClient(), clock)

    async with client.open(REQUEST) as reply:
        content = b"".join([chunk async for chunk in reply.chunks])

    assert content == b"12345"
    assert state.received_bytes == 5
