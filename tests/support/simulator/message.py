"""What travels: requests as they came, and answers as they are meant to go out.

An `Answer` says what is sent, its `Delivery` how badly. A fault is a pure change of an answer; only
`sending.py` turns the two into bytes on a connection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

__all__ = [
    "Answer",
    "BadRequest",
    "Content",
    "Cut",
    "Delivery",
    "Door",
    "Flat",
    "Kind",
    "Repeated",
    "Request",
    "Window",
    "parse_request",
    "select_range",
]

Door = Literal["index", "files"]
Kind = Literal["root", "page", "metadata", "file", "json", "provenance", "other"]

_CHUNK_BYTES = 128 * 1024


class BadRequest(Exception):
    """The request is no HTTP that this server speaks."""


class Content(Protocol):
    """Bytes that need not be in memory at once."""

    @property
    def size(self) -> int:
        """Return the number of bytes."""

    def chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield the bytes from `start` up to `stop` in pieces of modest size."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Content that is in memory."""

    data: bytes | memoryview = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data)

    def chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield the bytes from `start` up to `stop` without copying them."""
        view = memoryview(self.data)
        for at in range(start, stop, _CHUNK_BYTES):
            yield view[at : min(at + _CHUNK_BYTES, stop)]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Content made of one block again and again, so that it may be larger than memory."""

    size: int
    block: bytes = field(default=b"wheelyard" * 8191, repr=False)

    def chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield the bytes from `start` up to `stop`, at most a block at a time."""
        view = memoryview(self.block)
        while start < stop:
            offset = start % len(view)
            piece = view[offset : offset + stop - start]
            yield piece
            start += len(piece)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of other content."""

    whole: Content
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Return the number of bytes of the part."""
        return self.stop - self.start

    def chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield bytes of the part, counted from its own beginning."""
        return self.whole.chunks(self.start + start, self.start + stop)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a delivery ends too early, and how.

    `after_bytes` counts bytes of the body; `None` means that not even the head goes out.
    """

    after_bytes: int | None
    how: Literal["reset", "close", "stall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an answer goes out; the default is promptly and whole."""

    delay_seconds: float = 0
    chunk_bytes: int | None = None
    chunk_delay_seconds: float = 0
    cut: Cut | None = None
    chunked: bool = False
    stated_length: int | None = None
    raw: bytes | None = field(default=None, repr=False)
    """Sent instead of everything else, after which the connection is closed."""

    @property
    def spoils_connection(self) -> bool:
        """Say whether the connection cannot carry another request afterwards."""
        return self.stated_length is not None or self.raw is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response before it is sent; header names are written as they go out."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Content = field(default_factory=Flat, repr=False)
    delivery: Delivery = field(default_factory=Delivery)

    def with_headers(self, changes: Mapping[str, str | None]) -> "Answer":
        """Return the answer with headers set, or removed where the value is `None`."""
        changed = {name.lower() for name in changes}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in changed}
        added = {name: value for name, value in changes.items() if value is not None}
        return replace(self, headers={**kept, **added})

    def header(self, name: str) -> str | None:
        """Return the value of a header, however its name is written."""
        for each, value in self.headers.items():
            if each.lower() == name.lower():
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived; names of headers are in lower case, the path is unquoted."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    kind: Kind = "other"
    door: Door = "index"
    connection: int = 0
    """Numbers the connections of a simulator from 1."""
    via_proxy: bool = False
    """The request line held a whole URL, as a client sends it to a proxy."""

    @property
    def host(self) -> str:
        """Return the host asked for, with its port."""
        return self.headers.get("host", "")

    @property
    def range(self) -> str | None:
        """Return the `Range` header."""
        return self.headers.get("range")

    @property
    def keeps_connection(self) -> bool:
        """Say whether the client means to send another request on this connection."""
        return "close" not in self.headers.get("connection", "").lower()


def parse_request(head: bytes) -> Request:
    """Return the request whose head is `head`, without a kind, a door or a body.

    Raises:
        BadRequest: this is not the head of an HTTP/1.1 request.
    """
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    try:
        method, target, version = first.split(" ")
        pairs = [line.split(":", 1) for line in lines]
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        parts = urlsplit(target if target.startswith("http") else f"//host{target}")
    except ValueError as error:
        raise BadRequest(first) from error
    if not version.startswith("HTTP/1.") or not headers.get("content-length", "0").isdigit():
        raise BadRequest(first)
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(
        method=method,
        path=unquote(parts.path),
        query=parts.query,
        headers=headers,
        via_proxy=target.startswith("http"),
    )


def select_range(header: str, size: int) -> tuple[int, int] | None:
    """Return start and stop of the one range asked for, or `None` where it cannot be satisfied.

    Raises:
        ValueError: the header is malformed or asks for several ranges; the whole file is due then.
    """
    unit, _, span = header.partition("=")
    first, dash, last = span.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in span:
        raise ValueError(header)
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    return (start, stop) if start < stop else None
