"""A server around the protocol class alone, its clock in the test's hand, and raw sockets to it.

Time passes only when a test says so: the sweep never comes by itself (``sweep_seconds``), and
``Served.pass_seconds`` looks at the connections as it would.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from uvicorn.server import ServerState

from wheelyard.server import lane
from wheelyard.server.cycle import Ready
from wheelyard.server.lane import LaneCounters, LaneLimits
from wheelyard.server.process import ServeOptions, make_config
from wheelyard.server.watch import bytes_unsent

__all__ = ["CANARY", "CHUNKED", "GET", "HOST", "LIMITS", "Application", "Client", "Served", "serve"]

Receive = Callable[[], Coroutine[None, None, dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

GENEROUS_SECONDS = 180.0
NEVER_SECONDS = 1e6
LIMITS = LaneLimits(sweep_seconds=NEVER_SECONDS)

HOST = b"Host: index.example\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
CANARY = b"GET /canary HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(slots=True)
class Application:
    """Answers with what it was sent; ``seen`` has one entry per request, ``gate`` holds /held.

    ``is_ready``: it gives its headers as bytes, too.
    """

    seen: list[str] = field(default_factory=list)
    scopes: list[dict[str, Any]] = field(default_factory=list)
    disconnects: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reason: bytes | None = None
    is_ready: bool = False
    answer_first: bool = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        self.seen.append(scope["path"])
        self.scopes.append(scope)
        body = b""
        if scope["path"].startswith("/held"):
            await self.gate.wait()
        if scope["path"] == "/stream":
            await self._stream(send)
            return
        if scope["path"] == "/endless":
            await self._stream_until_left(receive, send)
            return
        while not self.answer_first:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnects += 1
                return
            body += message["body"]
            if not message["more_body"]:
                break
        body = body or scope["path"].encode()
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(body))],
        }
        if self.reason is not None:
            start["reason"] = self.reason
        if self.is_ready:
            line = b"content-length: %d\r\n\r\n" % len(body)
            start["ready"] = Ready(b"HTTP/1.1 200 OK\r\n", line, len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _stream_until_left(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        left = asyncio.create_task(receive())
        await asyncio.sleep(0)
        while not left.done() or left.result()["type"] != "http.disconnect":
            if left.done():  # the request itself
                left = asyncio.create_task(receive())
            await send({"type": "http.response.body", "body": b"." * 65_536, "more_body": True})
            await asyncio.sleep(0)
        self.disconnects += 1

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(400):
            await send({"type": "http.response.body", "body": b"." * 65_536, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass(slots=True)
class Client:
    """A raw socket to the server; reads only when asked to."""

    sock: socket.socket
    buffered: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        while len(self.buffered) < size:
            self.buffered += await self._receive()
        data, self.buffered = self.buffered[:size], self.buffered[size:]
        return data

    async def head(self) -> bytes:
        """Return the next answer up to its empty line."""
        while b"\r\n\r\n" not in self.buffered:
            self.buffered += await self._receive()
        return await self.read(self.buffered.index(b"\r\n\r\n") + 4)

    async def response(self) -> bytes:
        """Return the next answer, which has a length: its head and body."""
        head = await self.head()
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await self.read(length)

    async def rest(self) -> bytes:
        """Return everything until the server closes the connection."""
        parts = [self.buffered]
        with contextlib.suppress(EOFError):
            while True:
                parts.append(await self._receive())
        self.sock.close()
        return b"".join(parts)

    async def exchange(self, data: bytes) -> bytes:
        """Send ``data`` and return everything until the server closes the connection."""
        await self.send(data)
        return await self.rest()

    async def _receive(self) -> bytes:
        async with asyncio.timeout(GENEROUS_SECONDS):
            data = await asyncio.get_running_loop().sock_recv(self.sock, 1 << 20)
        if not data:
            raise EOFError
        return data


@dataclass(slots=True)
class Served:
    """A running server: its application, its counters and its clock."""

    application: Application
    counters: LaneCounters
    state: ServerState
    protocol: Any
    port: int
    now: float = 1000.0
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        """Return a new connection which the server has noticed."""
        before = self.counters.accepted
        sock = socket.socket()
        sock.setblocking(False)  # noqa: FBT003  # the socket module's own signature
        client = Client(sock)
        self.clients.append(client)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        await self.until(lambda: self.counters.accepted > before)
        return client

    @property
    def connection(self) -> lane._Lane:
        """The server's end of the only connection."""
        (connection,) = self.state.connections
        assert isinstance(connection, lane._Lane)
        return connection

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for the server to get somewhere."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not condition():  # noqa: ASYNC110  # what it waits for raises no event
                await asyncio.sleep(0.001)

    async def stall(self) -> None:
        """Wait until the kernel's buffers are full and nothing moves any more."""
        before, now = -1, bytes_unsent(self.connection.transport)
        while now != before:
            await asyncio.sleep(0.01)
            before, now = now, bytes_unsent(self.connection.transport)

    def pass_seconds(self, seconds: float) -> None:
        """Sweep twice, ``seconds`` apart."""
        for step in (0.0, seconds):
            self.now += step
            for connection in list(self.state.connections):
                assert isinstance(connection, lane._Lane)
                connection.look(self.now)


@asynccontextmanager
async def serve(limits: LaneLimits = LIMITS) -> AsyncIterator[Served]:
    """Serve the test application on a free port."""
    application, counters, state = Application(), LaneCounters(), ServerState()
    config = make_config(application, ServeOptions(limits=limits), counters)
    config.load()
    protocol: Any = config.http_protocol_class
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    served = Served(application, counters, state, protocol, port)
    try:
        yield served
    finally:
        server.close()
        for client in served.clients:
            client.sock.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await served.until(lambda: not state.connections and not state.tasks)
