"""One request without a server: what our handlers are given, and what they answer."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import anyio

from wheelyard.errors import WheelyardError
from wheelyard.names import Sha256
from wheelyard.server.exchange import Exchange, Message, Scope

__all__ = ["Call", "FakeBlob"]


@dataclass(slots=True)
class Call:
    """A request to ``target`` and, once somebody answered it, the answer."""

    target: str = "/"
    fields: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    messages: list[Message] = field(default_factory=list)
    left: anyio.Event = field(default_factory=anyio.Event)
    """Set it, and the client is gone."""

    @property
    def scope(self) -> Scope:
        """What the server says of the request. Source: ASGI 3.0."""
        path, _, query = self.target.partition("?")
        fields = [(name.lower(), value) for name, value in self.fields.items()]
        return {
            "type": "http",
            "method": self.method,
            "scheme": "http",
            "http_version": "1.1",
            "path": path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields],
            "server": ("127.0.0.1", 8765),
            "client": ("127.0.0.1", 50_000),
        }

    @property
    def exchange(self) -> Exchange:
        """The request as handlers see it."""
        path = self.target.partition("?")[0].removeprefix("/")
        return Exchange(self.scope, self.receive, self.send, path)

    async def receive(self) -> Message:
        """Return the news from the client: nothing, until it leaves."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        self.messages.append(message)

    @property
    def status(self) -> int:
        """The status, which was sent once."""
        (start,) = [each for each in self.messages if each["type"] == "http.response.start"]
        return int(start["status"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers, none of which was sent twice."""
        pairs = [(n.decode(), v.decode("latin-1")) for n, v in self.messages[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(message["body"] for message in self.messages[1:])

    @property
    def is_whole(self) -> bool:
        """Whether the answer was ended by whoever gave it."""
        return bool(self.messages) and self.messages[-1].get("more_body") is False


@dataclass(slots=True)
class FakeBlob:
    """A blob in memory. ``proven`` false: nobody knows its digest yet; ``fails`` ends a read."""

    content: bytes
    proven: bool = True
    sized: bool = True
    fails: WheelyardError | None = None
    reads: list[tuple[int, int | None]] = field(default_factory=list)
    chunk_bytes: int = 4

    @property
    def size(self) -> int | None:
        """Length in bytes, or None while nobody knows it."""
        return len(self.content) if self.sized else None

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, once the bytes were proven against it."""
        return Sha256(sha256(self.content).hexdigest()) if self.proven else None

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to ``stop``."""
        self.reads.append((start, stop))
        wanted = self.content[start:stop]
        for at in range(0, len(wanted), self.chunk_bytes):
            yield wanted[at : at + self.chunk_bytes]
        if self.fails is not None:
            raise self.fails
