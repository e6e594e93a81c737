"""The proxy that lets nobody through."""

import anyio
import pytest

from wheelyard.server.nobody import nobody_else

pytestmark = pytest.mark.anyio


async def said_to(url: str, request: bytes) -> bytes:
    """Return what the proxy at ``url`` answers to ``request``."""
    port = int(url.rstrip("/").rpartition(":")[2])
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(request)
        answer = b""
        try:
            while True:
                answer += await stream.receive()
        except anyio.EndOfStream:
            return answer


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("CONNECT files.index.example:443 HTTP/1.1", "files.index.example:443"),
        ("GET http://index.example/simple/ HTTP/1.1", "index.example"),
        ("GET / HTTP/1.1", "/"),
    ],
)
async def test_whoever_asks_is_refused_and_remembered(line: str, host: str) -> None:
    """Once, however often."""
    async with nobody_else() as nobody:
        answers = [
            await said_to(nobody.url, f"{line}\r\nHost: x\r\n\r\n".encode()) for _ in range(2)
        ]

    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 403"}
    assert nobody.asked == [host]


async def test_nobody_who_asks_nothing_is_remembered() -> None:
    """A connection that is closed again is no question; one line that is too long is none."""
    async with nobody_else() as nobody:
        port = int(nobody.url.rstrip("/").rpartition(":")[2])
        async with await anyio.connect_tcp("127.0.0.1", port):
            pass
        assert await said_to(nobody.url, b"\r\n\r\n") != b"x"

    assert nobody.asked == []
