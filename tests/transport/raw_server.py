"""A server that says exactly the bytes it is told to, and a proxy of a few lines."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

import trustme

__all__ = ["OK", "End", "RawServer", "Step", "TinyProxy", "answer", "redirect", "server_context"]


class End(Enum):
    """How a script ends if not by waiting for the next request."""

    CLOSE = "close politely"
    RESET = "reset"
    SILENCE = "say nothing more"


Step = bytes | asyncio.Event | End
"""Bytes to send, something to wait for, or an end."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """Return a whole answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(b"", f"Location: {location}", status=status)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    """Return what a server for ``name`` speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@dataclass(slots=True)
class RawServer:
    """Answers each request with the next script, or the last one again; keeps what was asked."""

    scripts: list[tuple[Step, ...]] = field(default_factory=list)
    context: ssl.SSLContext | None = None
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @classmethod
    def saying(cls, *scripts: Iterable[Step] | bytes, tls: ssl.SSLContext | None = None) -> Self:
        """Return a server with these scripts, a single ``bytes`` being a script of one step."""
        steps = [(script,) if isinstance(script, bytes) else tuple(script) for script in scripts]
        return cls(steps, tls)

    @property
    def url(self) -> str:
        """Return its address, which ends with a slash."""
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.port}/"

    def header(self, name: str, request: int = -1) -> str | None:
        """Return a field of a request that came, the last one by default."""
        for line in self.requests[request].split("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def listen(self, host: str, port: int) -> None:
        """Be at another address: ``host`` is one of this machine's."""
        assert self._server is not None
        self._server.close()
        self._server = await asyncio.start_server(self._serve, host, port, ssl=self.context)
        self.port = port

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode())
                self.asked.set()
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                if not await self._follow(script, writer):
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.closed.set()

    async def _follow(self, script: tuple[Step, ...], writer: asyncio.StreamWriter) -> bool:
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, asyncio.Event):
                await step.wait()
            elif step is End.SILENCE:
                await asyncio.Event().wait()
            else:
                if step is End.RESET:
                    linger = struct.pack("ii", 1, 0)
                    connection = writer.get_extra_info("socket")
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.close()
                return False
        return True


@dataclass(slots=True)
class TinyProxy:
    """Makes tunnels to loopback for any name, and answers plain requests by itself."""

    refuse_with: bytes | None = None
    requests: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, OSError):
            return
        self.requests.append(head)
        method, place, _ = head.split(" ", 2)
        if self.refuse_with is not None:
            writer.write(self.refuse_with)
            writer.close()
        elif method == "CONNECT":
            far_reader, far = await asyncio.open_connection("127.0.0.1", int(place.split(":")[1]))
            self._writers.append(far)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for source, drain in ((reader, far), (far_reader, writer)):
                self._tasks.append(asyncio.create_task(_relay(source, drain)))
        else:
            writer.write(answer(b"by the proxy", "Connection: close"))
            writer.close()


async def _relay(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            drain.write(data)
            await drain.drain()
        drain.close()
    except OSError:
        drain.transport.abort()
