"""What the rest of the program sees of HTTP: a request, a reply, one client per upstream."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from wheelyard.errors import Unavailable

__all__ = ["Client", "Document", "Fault", "Reply", "Request", "fault_of"]


class Fault(StrEnum):
    """What went wrong on the way: the first word of the reason of an ``Unavailable``.

    An outage log groups by this word, so that "the name does not resolve" and "the certificate
    expired" are two lines and not one "connection error".
    """

    DNS = "dns"
    """The name has no address, or nobody answered for it."""
    REFUSED = "refused"
    """The address answered that nobody listens there."""
    UNREACHABLE = "unreachable"
    """The network says that there is no way to the address; or a directory is not there."""
    CONNECT_TIMEOUT = "connect-timeout"
    """No connection, or no end of the TLS handshake, in time."""
    TLS = "tls"
    """The certificate or the handshake was bad."""
    PROXY = "proxy"
    """The proxy could not be reached, or did not pass us on."""
    BUSY = "busy"
    """Our own limit of connections was reached for too long."""
    SILENT = "silent"
    """Connected, but no complete response header in time."""
    STALLED = "stalled"
    """The body stopped arriving."""
    SLOW = "slow"
    """The body arrives more slowly than the least rate, or not whole in time."""
    RESET = "reset"
    """The connection was cut."""
    TRUNCATED = "truncated"
    """The body ended before the length that was promised."""
    FRAMING = "framing"
    """What came back is not HTTP, or not the content coding that was asked for."""
    TOO_LARGE = "too-large"
    """More bytes than the limit, before or after decompression."""
    UNREADABLE = "unreadable"
    """The disk of a directory would not give the file."""
    LOOP = "loop"
    """The name leads to this server itself."""
    REDIRECT_LOOP = "redirect-loop"
    """Redirected in a circle or too often."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET (or HEAD) of ``url``. ``start`` and ``stop`` are byte offsets, ``stop`` exclusive.

    ``etag`` and ``last_modified`` make it conditional. ``max_bytes`` bounds the decoded body.
    ``fresh_connection`` asks on a new connection, with the name resolved anew, and asks caches on
    the way to revalidate: a second opinion. ``body`` is what a webhook or another index
    is sent; of one in pieces the caller states the length. ``content_type`` is that of the body.
    ``is_file``: the bytes are wanted as
    they are, without a content coding, though all in memory.
    """

    url: str
    accept: str = "*/*"
    etag: str | None = None
    last_modified: str | None = None
    start: int = 0
    stop: int | None = None
    suffix_bytes: int | None = None
    if_range: str | None = None
    method: str = "GET"
    max_bytes: int | None = None
    fresh_connection: bool = False
    is_file: bool = False
    body: bytes | AsyncIterator[bytes] | None = field(default=None, repr=False)
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole answer in memory: pages, lists, metadata. Header names are lower case.

    ``url`` is that of the final response; relative links are resolved against it.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body is still arriving. Header names are lower case.

    ``chunks`` yields the bytes as sent (no content coding is undone).
    """

    status: int
    url: str
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes] = field(repr=False)


class Client(Protocol):
    """The only way to the outside. One object per upstream, with its own rules.

    Both verbs raise ``Unavailable`` for everything that went wrong on the way (name, connection,
    TLS, deadline, reset, truncation, framing, redirect loop, size limit), and ``Refused`` for a URL
    that the allow-list does not admit. An HTTP status is an answer, never an exception.
    The reason of the ``Unavailable`` begins with a ``Fault``; ``fault_of`` reads it.
    """

    async def load(self, request: Request) -> Document:
        """Return the whole answer, its content coding undone, within the request's limit."""

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open a streamed answer; the body must be read inside the context."""


def fault_of(error: Unavailable) -> Fault | None:
    """Return what kind of failure ``error`` was, or None if it did not come from a client."""
    word = error.reason.partition(":")[0]
    return Fault(word) if word in set(Fault) else None
