"""Requests that the protocol refuses by itself, and those at the border, seen from the socket."""

import logging
from collections.abc import AsyncIterator

import pytest

from support.raw_http import CANARY, CHUNKED, GET, HOST, Served, serve

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


# Framing: what two programs could read differently


AMBIGUOUS = {
    "length-and-coding": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding-and-length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two-lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "one-length-twice": b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "list-of-lengths": b"Content-Length: 4, 4\r\n\r\nabcd",
    "signed-length": b"Content-Length: +4\r\n\r\nabcd",
    "negative-length": b"Content-Length: -4\r\n\r\nabcd",
    "hexadecimal-length": b"Content-Length: 0x4\r\n\r\nabcd",
    "empty-length": b"Content-Length: \r\n\r\n",
    "endless-length": b"Content-Length: 99999999999999999999999\r\n\r\n",
    "space-before-colon": b"Content-Length : 4\r\n\r\nabcd",
    "folded-header": b"X-A: a\r\n b\r\n\r\n",
    "folded-coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "line-feed-in-headers": b"X-A: a\nX-B: b\r\n\r\n",
    "line-feed-at-the-end": b"X-A: a\r\n\n",
    "carriage-return-in-headers": b"X-A: a\rX-B: b\r\n\r\n",
    "zero-byte-in-name": b"X\x00A: a\r\n\r\n",
    "zero-byte-in-value": b"X-A: a\x00b\r\n\r\n",
    "no-colon": b"X-A a\r\n\r\n",
    "no-name": b": a\r\n\r\n",
    "bad-chunk-size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "prefixed-chunk-size": b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "negative-chunk-size": b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    "padded-chunk-size": b"Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
    "endless-chunk-size": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "line-feed-after-chunk": b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
    "line-feed-in-extension": b"Transfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n",
    "chunk-too-long": b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "length-as-trailer": (
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 6\r\n\r\n"
    ),
    "coding-identity": b"Transfer-Encoding: identity\r\n\r\n",
    "coding-unknown": b"Transfer-Encoding: xchunked\r\n\r\n",
    "coding-not-last": b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "coding-compressed": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding-twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two-codings": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    "coding-with-vertical-tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "second-host": b"Host: other.example\r\n\r\n",
}
FOREIGN = {
    "no-host": b"GET / HTTP/1.1\r\n\r\n",
    "line-feeds-only": b"GET / HTTP/1.1\nHost: index.example\n\n",
    "space-before-headers": b"GET / HTTP/1.1\r\n " + HOST + b"\r\n",
    "chunked-with-1.0": (
        b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "http-0.9": b"GET /\r\n",
    "http-0.9-with-a-version": b"GET / HTTP/0.9\r\n\r\n",
    "http-1.2": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "http-2": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "garbage": b"hello world\r\n\r\n",
    "zeros": b"\x00" * 1000,
    "ssh": b"SSH-2.0-OpenSSH_9\r\n",
    "proxy-protocol": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + GET,
    "unknown-method": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "small-method": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "connect": b"CONNECT index.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "tab-in-request-line": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "space-after-version": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "url-without-path": b"GET http://index.example HTTP/1.1\r\n" + HOST + b"\r\n",
    "url-with-backslash": b"GET \\x HTTP/1.1\r\n" + HOST + b"\r\n",
    "url-with-zero-byte": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "url-with-latin-1": b"GET /\xe4 HTTP/1.1\r\n" + HOST + b"\r\n",
}
RAW = {name: b"POST / HTTP/1.1\r\n" + HOST + rest for name, rest in AMBIGUOUS.items()} | FOREIGN


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
async def test_ambiguous_or_foreign_request_gets_one_400_and_the_end(
    served: Served, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    """Nothing after such a request is ever read, however it is cut into packets."""
    caplog.set_level(logging.DEBUG)
    half = len(raw) // 2
    client = await served.connect()
    at_once = await client.exchange(raw + CANARY)
    await served.until(lambda: not served.state.connections)
    client = await served.connect()
    await client.send(raw[:half])
    await served.until(lambda: served.connection.read_bytes == half)

    in_pieces = await client.exchange(raw[half:] + CANARY)

    for answer in (at_once, in_pieces):
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.endswith(b".\n")
    assert "/canary" not in served.application.seen
    assert served.counters.rejected == 2
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", id="chunked"),
        pytest.param(CHUNKED + b"3;a=b\r\nabc\r\n0\r\n\r\n", id="extension"),
        pytest.param(CHUNKED + b"3\r\nabc\r\n0\r\nHost: x\r\nX-A: b\r\n\r\n", id="trailers"),
        pytest.param(CHUNKED.replace(b"chunked", b"Chunked") + b"0\r\n\r\n", id="capital"),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc", id="get-with-body"
        ),
        pytest.param(b"\r\n\r\n" + GET, id="empty-lines-before"),
        pytest.param(b"GET http://index.example/ HTTP/1.1\r\n" + HOST + b"\r\n", id="absolute"),
    ],
)
async def test_unusual_but_clear_request_is_answered_once(served: Served, raw: bytes) -> None:
    """What follows such a request is the next request, and is answered once."""
    client = await served.connect()

    await client.send(raw + CANARY)

    await client.response()
    assert (await client.response()).endswith(b"/canary")
    assert served.application.seen == ["/", "/canary"]


async def test_trailer_never_becomes_a_header(served: Served) -> None:
    """Whoever checks the headers of a request has seen all of them."""
    client = await served.connect()
    trailer = b"Authorization: Basic eDp4\r\n"

    await client.send(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailer + b"\r\n")

    await client.response()
    names = [name for name, _ in served.application.scopes[0]["headers"]]
    assert names == [b"host", b"transfer-encoding"]


async def test_http_1_0_request_is_answered_and_closed(served: Served) -> None:
    """HTTP/1.0 needs no host and keeps no connection."""
    client = await served.connect()

    answer = await client.exchange(b"GET / HTTP/1.0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_offer_to_upgrade_is_ignored(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Some clients offer HTTP/2 with every request; they get HTTP/1.1, and the log stays quiet."""
    client = await served.connect()
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"

    answer = await client.exchange(b"GET / HTTP/1.1\r\n" + HOST + offer + b"\r\n" + CANARY)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close" in answer
    assert served.application.seen == ["/"]
    assert caplog.records == []


# Size


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"GET /" + b"a" * 16_383 + b" HTTP/1.1\r\n", 200, id="longest-url"),
        pytest.param(b"GET /" + b"a" * 16_384 + b" HTTP/1.1\r\n", 414, id="url-too-long"),
        pytest.param(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n", 414, id="url-of-1-mb"),
        pytest.param(
            b"GET / HTTP/1.1\r\nAuthorization: Basic " + b"a" * 32_768 + b"\r\n",
            200,
            id="long-token",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nX-A: " + b"a" * 70_000 + b"\r\n", 431, id="header-too-long"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nX-A: " + b"a" * 3_000_000 + b"\r\n", 431, id="header-of-3-mb"
        ),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 99, 200, id="most-headers"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 100, 431, id="too-many-headers"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 10_000, 431, id="10000-headers"),
        pytest.param(
            (b"GET / HTTP/1.1\r\n" + (b"X-A: " + b"a" * 1000 + b"\r\n") * 70),
            431,
            id="sum-too-large",
        ),
    ],
)
async def test_size_of_a_request_is_limited(served: Served, head: bytes, status: int) -> None:
    """Too much is refused while it comes, and the client gets to read why."""
    client = await served.connect()

    await client.send(head + HOST + b"\r\n")

    answer = await client.response()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert len(served.application.seen) == (status == 200)
    if status != 200:
        assert await client.rest() == b""


async def test_large_body_before_the_next_request_is_not_part_of_its_headers(
    served: Served,
) -> None:
    """One read may hold the end of a body and the start of the next headers."""
    client = await served.connect()
    body = b"x" * 200_000
    post = b"POST / HTTP/1.1\r\nContent-Length: 200000\r\n" + HOST + b"\r\n"

    await client.send(post + body + CANARY[:30])
    await client.response()
    await client.send(CANARY[30:])

    assert (await client.response()).endswith(b"/canary")


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"3;" + b"x" * 1_000_000, id="extension"),
        pytest.param(b"0\r\nX-A: " + b"x" * 1_000_000, id="trailer"),
        pytest.param(b"0\r\n" + b"X-A: x\r\n" * 100_000, id="trailers"),
    ],
)
async def test_flood_between_the_bytes_of_a_body_is_refused(served: Served, flood: bytes) -> None:
    """The parser would keep all of a trailer in memory."""
    client = await served.connect()

    answer = await client.exchange(CHUNKED + flood)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"framing" in answer
