"""What is remembered of a door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from wheelyard.clock import FrozenClock
from wheelyard.decide.outage import Row
from wheelyard.errors import Refused, Unavailable, WheelyardError
from wheelyard.repository.observed import DoorState, ObservedClient
from wheelyard.transport import Document, Reply, Request

pytestmark = pytest.mark.anyio

REQUEST = Request("https://index.example/simple/flask/")


class FakeClient:
    """A client with one answer."""

    def __init__(self, status: int = 200, error: WheelyardError | None = None) -> None:
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


async def test_place_that_is_not_admitted_is_counted(clock: FrozenClock) -> None:
    """A redirect to a portal was asked for, and was no answer; what it means is not said here."""
    client, state = observed(FakeClient(error=Refused("x", "it is another host")), clock)

    with pytest.raises(Refused):
        await client.load(REQUEST)

    assert state.outcomes == {"error": 1}
    assert state.last_error == ""


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_status_that_is_no_answer_marks_the_door_down(
    status: int, clock: FrozenClock
) -> None:
    """A door that answers 503 is no better than one that does not."""
    client, state = observed(FakeClient(status), clock)

    await client.load(REQUEST)

    assert not state.is_up


async def test_failures_in_a_row_are_remembered_with_their_cause(clock: FrozenClock) -> None:
    """An outage is made of them: how many, since when, and why."""
    refused, state = observed(FakeClient(error=Unavailable("x", "refused: nobody there")), clock)
    began = clock.now()
    with pytest.raises(Unavailable):
        await refused.load(REQUEST)
    clock.forward(2)

    await ObservedClient(FakeClient(503), state, clock).load(REQUEST)

    assert state.row == Row(good=False, began_at=began, last_at=clock.now(), count=2)
    assert (state.last_cause, state.last_error) == ("5xx", "status 503")


async def test_streamed_answer_counts_once_it_is_whole(clock: FrozenClock) -> None:
    """A door that sends heads and breaks off every body is out, not up and down by turns."""
    client, state = observed(FakeClient(), clock)

    for _ in range(3):
        with pytest.raises(Unavailable):
            async with client.open(REQUEST):
                raise Unavailable("x", "truncated: the body is shorter than its Content-Length.")
    failing = state.row
    async with client.open(REQUEST) as reply:
        _ = [chunk async for chunk in reply.chunks]

    assert failing is not None
    assert (failing.good, failing.count) == (False, 3)
    assert state.row is not None
    assert (state.row.good, state.row.count) == (True, 1)


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
