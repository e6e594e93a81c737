"""A proxy that lets nobody through, and remembers who wanted what.

A program that is told to use it for every host but this machine leaves its trace here when it looks
for anything elsewhere, and gets a refusal at once instead of an answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

__all__ = ["Nobody", "nobody_else"]

_HOST: Final = "127.0.0.1"
_SECONDS: Final = 10.0
_MOST_BYTES: Final = 16 * 1024
_ANSWER: Final = b"HTTP/1.1 403 Nobody else\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Nobody:
    """The proxy: its address, and the hosts that somebody wanted, in the order of asking."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note what is asked for, and refuse it."""
        try:
            with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_SECONDS):
                    line = await reader.readline()
                    self._note(line.decode("latin-1"))
                    while (await reader.readline()).strip():
                        pass  # what is not read would make the kernel cut the answer off
                    writer.write(_ANSWER)
                    await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _note(self, line: str) -> None:
        """Remember the host of a request line."""
        method, _, rest = line.partition(" ")
        target = rest.split(" ")[0].strip()
        host = target if method == "CONNECT" else urlsplit(target).netloc or target
        if host and host not in self.asked:
            self.asked.append(host)


@asynccontextmanager
async def nobody_else() -> AsyncIterator[Nobody]:
    """Run the proxy on a free port of this machine."""
    nobody = Nobody()
    server = await asyncio.start_server(nobody.answer, _HOST, 0, limit=_MOST_BYTES)
    port = server.sockets[0].getsockname()[1]
    nobody.url = f"http://{_HOST}:{port}/"
    try:
        yield nobody
    finally:
        server.close()
        await server.wait_closed()
