"""Bodies have limits: in bytes as sent, in bytes unpacked, in patience."""

import gzip
import zlib

import pytest

from transport.raw_server import RawServer, answer
from wheelyard.errors import Unavailable
from wheelyard.transport import ClientRules, Fault, HttpClient, Limits, Request, fault_of

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(bytes(64 * MEBIBYTE)), "gzip"),
        (zlib.compress(bytes(64 * MEBIBYTE)), "deflate"),
        (b"".join(gzip.compress(bytes(MEBIBYTE)) for _ in range(64)), "gzip"),
    ],
)
async def test_bomb_is_cut_at_the_limit(body: bytes, coding: str) -> None:
    """T21: few bytes that unpack to many are given up as soon as the limit is passed."""
    async with (
        RawServer.saying(answer(body, f"Content-Encoding: {coding}")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.load(Request(server.url, max_bytes=MEBIBYTE))

    assert fault_of(caught.value) is Fault.TOO_LARGE


async def test_endless_members_without_content_are_cut_at_the_limit() -> None:
    """T21: packed bytes that unpack to nothing count as bytes."""
    body = gzip.compress(b"") * 100_000
    async with (
        RawServer.saying(answer(body, "Content-Encoding: gzip")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.load(Request(server.url, max_bytes=MEBIBYTE))

    assert fault_of(caught.value) is Fault.TOO_LARGE


async def test_announced_length_beyond_the_limit_is_not_even_begun() -> None:
    """The header says enough."""
    async with (
        RawServer.saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n") as server,
        HttpClient(ClientRules(server.url, limits=Limits(document_bytes=1_000))) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.load(Request(server.url))

    assert fault_of(caught.value) is Fault.TOO_LARGE


async def test_endless_file_is_cut_at_the_limit_and_its_connection_closed() -> None:
    """T19: an upstream that never stops is left, and what it still sends is not read."""
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (
        b"10000\r\n" + bytes(65_536) + b"\r\n"
    )
    more = [b"10000\r\n" + bytes(65_536) + b"\r\n"] * 1_000
    async with (
        RawServer.saying([endless, *more]) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        async with client.open(Request(server.url, max_bytes=MEBIBYTE)) as reply:
            with pytest.raises(Unavailable) as caught:
                [len(chunk) async for chunk in reply.chunks]
        await server.closed.wait()

    assert fault_of(caught.value) is Fault.TOO_LARGE
