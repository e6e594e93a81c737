"""The reason phrase of an answer."""

import re
from collections.abc import AsyncIterator

import pytest

from support.raw_http import GET, HOST, Served, serve

pytestmark = pytest.mark.anyio

LAST = b"GET /last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
WITHOUT_DATE = re.compile(rb"date: [^\r]*\r\n")


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run these tests on the event loop that the server runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve with the default limits."""
    async with serve() as running:
        yield running


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (b"File already exists", b"File already exists"),
        (b"caf\xe9", b"caf\xe9"),
        (b"a\r\nX-Evil: b\r\n\r\nc", b"a X-Evil: b c"),
        (b"\x00\x1b[31m\x7f", b"[31m"),
        (b"x" * 300, b"x" * 200),
        (b"", b""),
    ],
    ids=["plain", "latin-1", "injection", "control", "long", "empty"],
)
async def test_reason_is_the_phrase_of_the_status_line(
    served: Served, reason: bytes, line: bytes
) -> None:
    """Upload clients show the phrase to people, so it is the application's, on one line."""
    served.application.reason = reason
    client = await served.connect()
    await client.send(GET)

    answer = await client.response()

    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 200 " + line
    assert answer.endswith(b"\r\n\r\n/")


@pytest.mark.parametrize(
    "request_bytes",
    [
        GET,
        GET.replace(b"1.1", b"1.0"),
        GET.replace(HOST, HOST + b"Connection: close\r\n"),
        GET + GET,
    ],
    ids=["plain", "http-1.0", "last", "pipelined"],
)
async def test_headers_made_before_are_sent_as_others_are(
    served: Served, request_bytes: bytes
) -> None:
    """Byte for byte what uvicorn makes of the same headers, whatever the client asks for."""
    ordinary = await _answers(served, request_bytes)
    served.application.is_ready = True

    ready = await _answers(served, request_bytes)

    assert WITHOUT_DATE.sub(b"", ready) == WITHOUT_DATE.sub(b"", ordinary)


async def _answers(served: Served, request_bytes: bytes) -> bytes:
    """Return everything that the server says to one client, who then says that it is done."""
    client = await served.connect()
    return await client.exchange(request_bytes + LAST)
