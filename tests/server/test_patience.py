"""Deadlines: how long a connection waits for its client, seen from the client's end."""

from collections.abc import AsyncIterator

import pytest

from support.raw_http import GET, HOST, Served, serve
from wheelyard.server.lane import LaneLimits

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run these tests on the event loop that the server runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve with the default limits."""
    async with serve() as running:
        yield running


async def test_connection_which_sends_nothing_is_closed_without_a_word(served: Served) -> None:
    """Who only connects costs us one socket for ten seconds."""
    client = await served.connect()

    served.pass_seconds(10)

    assert await client.rest() == b""
    assert served.counters.timed_out == 1


async def test_connection_before_the_deadline_stays_open(served: Served) -> None:
    """A deadline never comes early."""
    client = await served.connect()

    served.pass_seconds(9.9)

    await client.send(GET)
    assert b"200 OK" in await client.response()


async def test_headers_which_come_slowly_are_answered_with_408(served: Served) -> None:
    """All headers of a request have one deadline, however steadily they drip."""
    client = await served.connect()
    await client.send(b"GET / HTTP/1.1\r\nX-A: 1\r\n")
    await served.until(lambda: served.connection.scope is not None)
    served.pass_seconds(6)
    await client.send(b"X-B: 2\r\n")
    await served.until(lambda: served.connection.read_bytes == 8)

    served.pass_seconds(6)

    answer = await client.rest()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert answer.endswith(b"The headers of the request came too slowly.\n")
    assert served.counters.timed_out == 1
    assert served.application.seen == []


async def test_next_headers_have_a_deadline_of_their_own(served: Served) -> None:
    """A connection that was good once is not trusted for ever."""
    client = await served.connect()
    await client.send(GET)
    await client.response()
    await client.send(b"GET /second HT")
    await served.until(lambda: served.connection.read_bytes == len(b"GET /second HT"))

    served.pass_seconds(10)

    assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_idle_connection_is_closed_after_its_time(served: Served) -> None:
    """Keep-alive ends quietly, and is nobody's fault."""
    client = await served.connect()
    await client.send(GET)
    await client.response()
    served.pass_seconds(64)
    still_open = len(served.state.connections)

    served.pass_seconds(65)

    assert still_open == 1
    assert await client.rest() == b""
    assert served.counters.timed_out == 0


async def test_empty_lines_between_requests_do_not_keep_a_connection(served: Served) -> None:
    """Line ends before a request are allowed, and are not a request."""
    client = await served.connect()
    await client.send(GET)
    await client.response()
    served.pass_seconds(40)
    await client.send(b"\r\n")
    await served.until(lambda: served.connection.read_bytes == 2)

    served.pass_seconds(40)

    assert await client.rest() == b""


@pytest.mark.parametrize("sent", [b"", b"some", b"x" * 9_999])
async def test_body_which_comes_slowly_is_answered_with_408(served: Served, sent: bytes) -> None:
    """A client that owes a body sends 1,000 bytes per second or is told so."""
    client = await served.connect()
    await client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\n")
    await served.until(lambda: served.application.seen == ["/"])
    served.pass_seconds(0)
    await client.send(sent)
    await served.until(lambda: served.connection.body_bytes == len(sent))

    served.pass_seconds(10)

    assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
    assert served.counters.timed_out == 1
    await served.until(lambda: served.application.disconnects == 1)


async def test_body_which_comes_fast_enough_may_take_long(served: Served) -> None:
    """An upload over a slow line is not an attack."""
    client = await served.connect()
    await client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 30000\r\n\r\n")
    await served.until(lambda: served.application.seen == ["/"])
    served.pass_seconds(0)
    for sent in (10_000, 20_000, 30_000):
        await client.send(b"x" * 10_000)
        await served.until(lambda sent=sent: served.connection.body_bytes == sent)  # type: ignore[misc]  # bound
        served.pass_seconds(10)

    assert (await client.response()).endswith(b"x" * 30_000)


async def test_body_which_the_application_does_not_read_has_no_deadline(served: Served) -> None:
    """What we do not take the client cannot send."""
    client = await served.connect()
    await client.send(b"POST /held HTTP/1.1\r\n" + HOST + b"Content-Length: 900000\r\n\r\n")
    await client.send(b"x" * 200_000)
    await served.until(lambda: served.connection.flow.read_paused)

    served.pass_seconds(60)

    served.application.gate.set()
    await client.send(b"x" * 700_000)
    assert (await client.response()).startswith(b"HTTP/1.1 200 ")


async def test_body_which_was_not_asked_for_has_no_deadline(served: Served) -> None:
    """A client that waits for ``100 Continue`` waits for us."""
    client = await served.connect()
    await client.send(
        b"POST /held HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    await served.until(lambda: served.application.seen == ["/held"])

    served.pass_seconds(60)

    served.application.gate.set()
    assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
    await client.send(b"hi")
    assert (await client.response()).endswith(b"hi")


async def test_slow_application_has_no_deadline(served: Served) -> None:
    """The protocol ends what clients delay, never what we take long for."""
    client = await served.connect()
    await client.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
    await served.until(lambda: served.application.seen == ["/held"])

    served.pass_seconds(600)

    served.application.gate.set()
    assert (await client.response()).startswith(b"HTTP/1.1 200 ")


async def test_reader_who_stops_is_cut_off(served: Served) -> None:
    """Who does not take the answer holds no memory of ours for long."""
    client = await served.connect()
    await client.send(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n")
    await served.until(lambda: served.connection.flow.write_paused)
    await served.stall()

    served.pass_seconds(12)

    await served.until(lambda: not served.state.connections and not served.state.tasks)
    assert served.counters.timed_out == 1


async def test_reader_who_goes_on_slowly_is_not_cut_off(served: Served) -> None:
    """A slow line is not an attack, even if our own buffer does not move for minutes."""
    client = await served.connect()
    await client.send(b"GET /stream HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    await served.until(lambda: served.connection.flow.write_paused)
    served.pass_seconds(0)
    for _ in range(3):
        await client.read(1_000_000)
        served.pass_seconds(12)

    assert served.counters.timed_out == 0
    assert (await client.rest()).endswith(b"0\r\n\r\n")


async def test_closed_connection_with_a_reader_who_stops_is_cut_off(served: Served) -> None:
    """An answer which is complete for us does not wait for its reader for ever either."""
    client = await served.connect()
    body = b"x" * 10_000_000
    await client.send(
        b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 10000000\r\n" + HOST + b"\r\n"
    )
    await client.send(body)
    await served.until(served.connection.transport.is_closing)
    await served.stall()

    served.pass_seconds(12)

    await served.until(lambda: not served.state.connections)
    assert served.counters.timed_out == 1


async def test_sweep_comes_by_itself() -> None:
    """Deadlines need nobody's help; the sweep sleeps while there are no connections."""
    limits = LaneLimits(header_seconds=0.02, sweep_seconds=0.01)
    async with serve(limits) as served:
        client = await served.connect()

        assert await client.rest() == b""
        await served.until(lambda: served.protocol.watch.timer is None)
