"""One request and its answer: the little that our ASGI handlers need of HTTP."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol, runtime_checkable

from wheelyard.server.problems import Problem
from wheelyard.server.reader import EVERYBODY

__all__ = [
    "READS",
    "Exchange",
    "Handler",
    "Header",
    "Message",
    "ReadsOtherwise",
    "Receive",
    "Scope",
    "Send",
    "TakesMore",
    "methods_of",
    "reading_of",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

READS = frozenset({"GET", "HEAD"})
"""The methods that only read."""


class Exchange:
    """A request that is being answered. Header names are lower case. Source: ASGI 3.0."""

    __slots__ = ("_send", "path", "reader", "receive", "scope", "sent_bytes", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """Answer ``scope``; ``path`` is percent-encoded, below our root, slashes single."""
        self.scope = scope
        self.receive = receive
        self._send = send
        self.path = path
        self.status = 0
        self.sent_bytes = 0
        self.reader = EVERYBODY

    @property
    def is_head(self) -> bool:
        """Whether only the headers are wanted."""
        return bool(self.scope["method"] == "HEAD")

    @property
    def started(self) -> bool:
        """Whether the status was sent: from then on an error can only cut the connection."""
        return self.status != 0

    def header(self, name: bytes) -> str | None:
        """Return a request header, several of one name joined by commas; None if absent."""
        values = [value for key, value in self.scope["headers"] if key == name]
        return b", ".join(values).decode("latin-1") if values else None

    async def start(self, status: int, headers: Iterable[Header], reason: bytes = b"") -> None:
        """Send the status and the headers; ``reason`` takes the place of the usual phrase."""
        self.status = status
        given = [*map(_private, headers)] if self.reader.is_private else list(headers)
        message: Message = {"type": "http.response.start", "status": status, "headers": given}
        if reason:
            message["reason"] = reason
        await self._send(message)

    async def write(self, body: bytes, *, more: bool = False) -> None:
        """Send a piece of the body; waits while the client does not read."""
        self.sent_bytes += len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def answer(
        self, status: int, headers: Iterable[Header], body: bytes = b"", reason: bytes = b""
    ) -> None:
        """Send a whole answer; for HEAD, all of it but the body."""
        await self.start(status, headers, reason)
        await self.write(b"" if self.is_head else body)

    async def problem(self, problem: Problem, *, has_reason: bool = False) -> None:
        """Send a sentence about what went wrong; never to be stored by anybody.

        ``has_reason`` has it stand in the status line too.
        """
        body = problem.body
        headers = (
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"cache-status", problem.cache_status),
            (b"x-content-type-options", b"nosniff"),
            *problem.headers,
        )
        await self.answer(problem.status, headers, body, problem.reason if has_reason else b"")

    async def redirect(self, location: str, *, permanent: bool = True) -> None:
        """Send the client on; ``location`` is relative, so it holds behind any proxy."""
        query = self.scope.get("query_string", b"").decode("latin-1")
        target = f"{location}?{query}" if query else location
        headers = (
            (b"location", target.encode("latin-1")),
            (b"content-length", b"0"),
            (b"vary", b"Accept, Accept-Encoding"),
            (b"cache-control", b"public, max-age=600"),
            (b"cache-status", b"wheelyard; detail=redirect"),
        )
        await self.answer(301 if permanent else 302, headers)


def _private(header: Header) -> Header:
    """Return a header of an answer that is for one reader alone.

    A client of theirs may keep it, nobody in between may; a page is asked for again every time,
    because rights end at once. Source: RFC 9111, 3.5 and 5.2.2.7.
    """
    name, value = header
    if name == b"vary":
        return name, value + b", Authorization"
    if name != b"cache-control" or value == b"no-store":
        return header
    return name, b"private, max-age=365000000, immutable" if b"immutable" in value else _ASKED


_ASKED = b"private, no-cache"


class Handler(Protocol):
    """Something that answers one kind of request; reads alone, unless it ``TakesMore``."""

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` are the path's segments after the one that chose this handler."""


@runtime_checkable
class TakesMore(Protocol):
    """A handler that answers other methods than those which only read."""

    @property
    def methods(self) -> frozenset[str]:
        """The methods that it answers."""


def methods_of(handler: Handler) -> frozenset[str]:
    """Return the methods that ``handler`` answers."""
    return handler.methods if isinstance(handler, TakesMore) else READS


@runtime_checkable
class ReadsOtherwise(Protocol):
    """A handler that is read by other methods than those which only read: calls are sent."""

    @property
    def reading(self) -> frozenset[str]:
        """The methods that read."""


def reading_of(handler: Handler) -> frozenset[str]:
    """Return the methods for which ``handler`` wants to know who reads."""
    return handler.reading if isinstance(handler, ReadsOtherwise) else READS
