"""What became of the connection under a body: two ways to end that the HTTP library hides.

1. A body without a stated length ends when the connection does. The library takes a reset for such
   an end; here it is a reset.
2. After a chunk that is no chunk the library closes the connection and leaves the reader waiting
   for ever; here the reader is told.

Source: RFC 9112, 6.3 (message body length) and 8 (incomplete messages).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

__all__ = ["Line"]


@dataclass(frozen=True, slots=True)
class Line:
    """The connection of one answer, watched from its header to the end of its body."""

    content: aiohttp.StreamReader
    closed: asyncio.Future[None] | None
    ends_with_connection: bool

    @classmethod
    def watch(cls, response: aiohttp.ClientResponse) -> "Line":
        """Begin to watch; call it as soon as the header is there."""
        connection = response.connection
        protocol = None if connection is None else connection.protocol
        closed = None if protocol is None else protocol.closed
        line = cls(response.content, closed, _is_unmeasured(response.headers))
        if closed is not None:
            closed.add_done_callback(line._note)
        return line

    def release(self) -> None:
        """End watching: the connection may go on to other answers, or be reset while it rests."""
        if self.closed is not None:
            self.closed.remove_done_callback(self._note)
            self.closed.remove_done_callback(_look_at)  # one of it, however many answers
            if not self.closed.done():
                self.closed.add_done_callback(_look_at)

    def was_cut(self) -> bool:
        """Say whether the connection ended otherwise than by the other side closing it."""
        closed = self.closed
        return closed is not None and closed.done() and closed.exception() is not None

    def ended_by_cut(self) -> bool:
        """Say whether what looks like the end of the body is a cut."""
        return self.ends_with_connection and self.was_cut()

    def _note(self, closed: asyncio.Future[None]) -> None:
        """Tell a reader who would otherwise wait for ever that nothing more can come."""
        _look_at(closed)
        if not self.content.is_eof() and self.content.exception() is None:
            self.content.set_exception(aiohttp.ClientPayloadError("the connection is gone"))


def _look_at(closed: asyncio.Future[None]) -> None:
    """Look at how a connection ended, so that the loop does not report it as overlooked."""
    closed.exception()


def _is_unmeasured(headers: Mapping[str, str]) -> bool:
    """Say whether only the end of the connection tells where the body ends."""
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    return not chunked and "Content-Length" not in headers
