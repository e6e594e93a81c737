"""The protocol class: what a client may do on one connection, seen from its end of the socket."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from support.raw_http import CANARY, CHUNKED, GET, HOST, LIMITS, Served, serve
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


# Order


async def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    """An answer that is ready early waits for its turn."""
    client = await served.connect()
    held = b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n"
    await client.send(held + GET + CANARY)
    await served.until(lambda: len(served.connection.pipeline) == 2)

    served.application.gate.set()

    answers = [await client.response() for _ in range(3)]
    assert [answer.rpartition(b"\r\n")[2] for answer in answers] == [b"/held", b"/", b"/canary"]


@pytest.mark.parametrize("bad", [b"garbage\r\n\r\n", CHUNKED + b"zz\r\n"], ids=["head", "body"])
async def test_bad_request_is_answered_after_the_good_ones_before_it(
    served: Served, bad: bytes
) -> None:
    """An error never appears within somebody else's answer."""
    client = await served.connect()
    await client.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n" + GET + bad + CANARY)
    await served.until(lambda: served.connection.refusal is not None)

    served.application.gate.set()

    assert (await client.response()).endswith(b"/held")
    assert (await client.response()).endswith(b"\r\n\r\n/")
    assert (await client.response()).startswith(b"HTTP/1.1 400 ")
    assert await client.rest() == b""
    assert served.application.seen == ["/held", "/"]


async def test_too_many_requests_in_advance_are_refused(served: Served) -> None:
    """A client cannot make us remember any number of requests."""
    client = await served.connect()
    await client.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n" + GET * 100)
    await served.until(lambda: served.connection.refusal is not None)

    served.application.gate.set()

    assert (await client.rest()).count(b"HTTP/1.1 200 ") == 65
    assert len(served.application.seen) == 65


async def test_client_who_leaves_ends_its_running_request(served: Served) -> None:
    """Also if it had sent more requests already, nobody goes on to work for it."""
    client = await served.connect()
    await client.send(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n" + GET + CANARY)
    await client.head()

    client.sock.close()

    await served.until(lambda: served.application.disconnects == 1)
    await served.until(lambda: not served.state.tasks)
    assert served.application.seen == ["/endless"]


async def test_body_that_breaks_within_the_answer_resets_the_connection(served: Served) -> None:
    """An answer that is under way cannot be taken back, so it is cut."""
    client = await served.connect()
    await client.send(CHUNKED.replace(b"/ ", b"/stream ") + b"3\r\nabc\r\n")
    await client.head()

    await client.send(b"zz\r\n")

    with pytest.raises(ConnectionResetError):
        await client.rest()


async def test_answer_before_the_awaited_body_closes_the_connection(served: Served) -> None:
    """After ``Expect`` and an early answer nobody can know whether a body follows."""
    served.application.answer_first = True
    client = await served.connect()
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"

    answer = await client.exchange(head)

    assert answer.startswith(b"HTTP/1.1 200 ")


# Connections


async def test_connections_over_the_limit_get_503_and_no_application() -> None:
    """A full process says so at once; a place that gets free is given again."""
    async with serve(replace(LIMITS, max_connections=1)) as served:
        first = await served.connect()
        second = await served.connect()

        answer = await second.exchange(GET)

        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nretry-after: 1\r\n" in answer
        assert (served.counters.open, served.counters.refused) == (1, 1)
        first.sock.close()
        await served.until(lambda: served.counters.open == 0)
        third = await served.connect()
        await third.send(GET)
        assert (await third.response()).startswith(b"HTTP/1.1 200 ")
        assert len(served.application.seen) == 1


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        pytest.param(replace(LIMITS, max_connections_per_address=1), 0, id="loopback"),
        pytest.param(
            replace(LIMITS, max_connections_per_address=1, unlimited_networks=()), 1, id="others"
        ),
    ],
)
async def test_connections_per_address_are_limited_but_not_for_loopback(
    limits: LaneLimits, refused: int
) -> None:
    """A proxy on this machine speaks for many clients."""
    async with serve(limits) as served:
        await served.connect()

        await served.connect()

        assert served.counters.refused == refused


async def test_refused_client_who_stays_is_closed_soon() -> None:
    """An answer to read is all that a refused client gets."""
    async with serve(replace(LIMITS, max_connections=1)) as served:
        await served.connect()
        second = await served.connect()

        served.pass_seconds(2)

        assert (await second.rest()).startswith(b"HTTP/1.1 503 ")
        await served.until(lambda: len(served.state.connections) == 1)


# The end


async def test_idle_connection_is_closed_soon_after_the_start_of_a_shutdown(
    served: Served,
) -> None:
    """Idle clients do not delay the end."""
    idle, fresh = await served.connect(), await served.connect()
    await idle.send(GET)
    await idle.response()
    for connection in list(served.state.connections):
        connection.shutdown()

    served.pass_seconds(0)

    assert await idle.rest() == b""
    assert await fresh.rest() == b""
    assert served.counters.timed_out == 0


async def test_request_during_a_shutdown_is_answered_and_closed(served: Served) -> None:
    """A busy client loses no request: it is asked to come back elsewhere."""
    client = await served.connect()
    await client.send(GET)
    await client.response()
    served.connection.shutdown()

    answer = await client.exchange(GET)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


async def test_running_request_is_finished_during_a_shutdown(served: Served) -> None:
    """What was begun is finished, and then the connection ends."""
    client = await served.connect()
    await client.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
    await served.until(lambda: served.application.seen == ["/held"])
    served.connection.shutdown()
    served.pass_seconds(20)

    served.application.gate.set()

    assert (await client.rest()).endswith(b"/held")
