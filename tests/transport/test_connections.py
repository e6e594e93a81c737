"""Connections that are used again, and those that are not."""

import asyncio

import pytest

from transport.raw_server import OK, End, RawServer, answer
from wheelyard.errors import Unavailable
from wheelyard.transport import ClientRules, HttpClient, Request

pytestmark = pytest.mark.anyio


async def test_answer_pushed_ahead_is_not_taken_for_the_next_one() -> None:
    """F17: an idle connection on which something came is not used again."""
    push = asyncio.Event()
    pushed = answer(b"evil")
    async with (
        RawServer.saying([OK, push, pushed, OK], OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        push.set()
        for _ in range(20):
            # Lets the server push and the loop read it; through loopback that is immediate.
            await asyncio.sleep(0)
        document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2


async def test_answer_appended_to_an_answer_is_not_taken_for_the_next_one() -> None:
    """F17: two answers to one question end the connection."""
    async with (
        RawServer.saying(OK + answer(b"evil"), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2


async def test_kept_connection_that_was_closed_meanwhile_is_no_failure() -> None:
    """An upstream may close what it does not need; the request is made again on a new one."""
    async with (
        RawServer.saying(OK, [End.RESET], OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2


async def test_failing_upstream_is_not_asked_twice() -> None:
    """Whether to ask again is decided by those who count retries."""
    async with (
        RawServer.saying([End.RESET]) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Unavailable):
            await client.load(Request(server.url))

    assert len(server.requests) == 1
