"""Bodies that are small by nature."""

import pytest

from server.asgi import Call
from wheelyard.errors import BadInput
from wheelyard.server.exchange import Exchange, Message
from wheelyard.server.small_body import read_small_body

pytestmark = pytest.mark.anyio


def exchange(*messages: Message) -> Exchange:
    """Return a request whose body comes in these pieces."""
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    call = Call(method="POST")
    return Exchange(call.scope, receive, call.send, "x")


def piece(body: bytes, *, more: bool = False) -> Message:
    """Return a piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


async def test_body_is_read_whole() -> None:
    """In however many pieces it comes."""
    body = await read_small_body(exchange(piece(b"a", more=True), piece(b"b")), 2)

    assert body == b"ab"


async def test_larger_body_is_refused_before_it_is_read() -> None:
    """The rest of it is not waited for."""
    with pytest.raises(BadInput, match="more than 2 bytes"):
        await read_small_body(exchange(piece(b"abc", more=True)), 2)


async def test_body_of_a_client_that_left_is_no_body() -> None:
    """Half a form is none."""
    with pytest.raises(BadInput, match="ended before"):
        await read_small_body(exchange(piece(b"a", more=True), {"type": "http.disconnect"}), 9)
