"""One request and its answer: uvicorn's, with a reason phrase of the application's choice.

The half of ``lane.py`` that concerns answers; like that module it knows uvicorn's internals.
"""

import asyncio
import re
from collections.abc import Coroutine

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["Cycle"]

MAX_REASON_BYTES = 200
NOT_IN_A_REASON = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")
"""Source: RFC 9112, 4 (reason-phrase)."""


class Cycle(RequestResponseCycle):
    """One request and its answer, with the key ``reason`` on ``http.response.start``.

    Upload clients show the reason phrase to their user and little else, so it carries our sentence.
    """

    def send(self, message: ASGISendEvent) -> Coroutine[object, object, None]:
        """Send ``message``; ``reason`` (bytes, latin-1) becomes the phrase of the status line."""
        # This runs for every message; ``super()`` would cost as much again as all of it.
        if "reason" in message:
            return self._send_with_reason(message, message.get("reason"))
        if message.get("more_body"):
            return self._send_and_wait(message)
        return RequestResponseCycle.send(self, message)

    async def _send_and_wait(self, message: ASGISendEvent) -> None:
        await RequestResponseCycle.send(self, message)
        # uvicorn waits at the next message: by then the application has made it, and a slow reader
        # keeps two pieces of a file in memory instead of one.
        del message
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()

    async def _send_with_reason(self, message: ASGISendEvent, reason: object) -> None:
        transport = self.transport
        if isinstance(reason, bytes):
            self.transport = _StatusLine(transport, reason)
        try:
            await super().send(message)
        finally:
            self.transport = transport


class _StatusLine(asyncio.Transport):
    """Stands in for the transport during one write: the start of an answer."""

    def __init__(self, transport: asyncio.Transport, reason: bytes) -> None:
        super().__init__()
        self._transport = transport
        self._reason = NOT_IN_A_REASON.sub(b" ", reason).strip()[:MAX_REASON_BYTES]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Pass ``data`` on with our phrase in its status line."""
        status_line, rest = bytes(data).split(b"\r\n", 1)
        version, status = status_line.split(b" ", 2)[:2]
        self._transport.write(b"%b %b %b\r\n%b" % (version, status, self._reason, rest))
