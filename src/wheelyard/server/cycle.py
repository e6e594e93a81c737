"""One request and its answer: uvicorn's, with a reason phrase of the application's choice.

The half of ``lane.py`` that concerns answers; like that module it knows uvicorn's internals.
"""

import asyncio
import re
from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["Cycle", "Ready"]

MAX_REASON_BYTES = 200
NOT_IN_A_REASON = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")
"""Source: RFC 9112, 4 (reason-phrase)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The start of an answer as bytes: what uvicorn would make of its headers, made once.

    ``length`` is the answer's, and stands in ``header_lines``, which end with the empty line.
    """

    status_line: bytes
    header_lines: bytes
    length: int


_JOINED_BYTES = 64 * 1024
"""Up to this size one copy costs less than a second piece to write."""


@lru_cache(maxsize=4)
def _lines_of(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return ``headers`` as bytes: the date, which changes once a second."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


class _Done:
    """Something to wait for that has happened already; costs less than a coroutine."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_DONE = _Done()


class Cycle(RequestResponseCycle):
    """One request and its answer, with two keys of our own on ``http.response.start``.

    ``reason``: upload clients show the reason phrase to their user and little else, so it carries
    our sentence. ``ready``: the headers of an answer that is sent again and again, as bytes.
    """

    _pending: "Ready | None" = None
    """The start of an answer that goes out together with its body."""

    def send(  # type: ignore[override]  # whoever calls it awaits it, and does nothing else
        self, message: ASGISendEvent
    ) -> Awaitable[None]:
        """Send ``message``.

        ``reason`` (bytes, latin-1) becomes the phrase of the status line. ``ready`` (``Ready``) is
        written as it is, in the place of ``headers``, which say the same, wherever that is enough.
        """
        # This runs for every message; ``super()`` would cost as much again as all of it.
        if self._pending is not None:
            return self._send_ready(self._pending, message)
        ready = message.get("ready")
        if isinstance(ready, Ready) and self._is_plain():
            self._pending = ready
            self.response_started = True
            self.waiting_for_100_continue = self.chunked_encoding = False
            self.expected_content_length = ready.length
            return _DONE
        if "reason" in message:
            return self._send_with_reason(message, message.get("reason"))
        if message.get("more_body"):
            return self._send_and_wait(message)
        return RequestResponseCycle.send(self, message)

    def _is_plain(self) -> bool:
        """Say whether nothing but the headers themselves needs to be said to this client now."""
        return (
            self.keep_alive
            and not self.response_started
            and not self.disconnected
            and not self.flow.write_paused
        )

    def _send_ready(self, ready: "Ready", message: ASGISendEvent) -> Awaitable[None]:
        """Write the headers as they are, with the body that follows them in the same breath."""
        self._pending = None
        if self.disconnected:
            return self.send(message)
        head = ready.status_line + _lines_of(tuple(self.default_headers)) + ready.header_lines
        body = cast("bytes", message.get("body", b""))
        is_whole = not message.get("more_body") and len(body) == ready.length
        if not is_whole or self.scope["method"] == "HEAD":
            self.transport.write(head)
            return self.send(message)
        if ready.length > _JOINED_BYTES:
            self.transport.writelines((head, body))
        else:
            self.transport.write(head + body)
        # From here on as uvicorn does at the end of an answer.
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        self.on_response()
        return _DONE

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
