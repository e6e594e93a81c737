"""A file at an upstream, read over HTTP from any offset."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from wheelyard.clock import Clock
from wheelyard.decide import absence
from wheelyard.decide.absence import Kind, classify
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.names import Sha256
from wheelyard.transport import Client, Document, Reply, Request, display_url
from wheelyard.wire.ranges import ContentRange, parse_content_range

__all__ = ["RemoteBlob"]

_OK = 200
_PARTIAL = 206


@dataclass(slots=True)
class RemoteBlob:
    """The bytes behind ``url``. ``size`` is known once the upstream has told it."""

    client: Client
    url: str
    clock: Clock
    size: int | None = None
    sha256: Sha256 | None = None
    is_unstated: bool = False
    """No digest is stated: then nobody else would notice that a portal's form is not the file."""

    @property
    def _what(self) -> str:
        """How sentences name the file."""
        return f"`{display_url(self.url)}`"

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes; see ``Blob``."""
        request = Request(self.url, start=start, stop=stop)
        async with self._opened(request) as reply:
            skip = self._begin(reply, request)
            left = None if stop is None else stop - start
            async for chunk in reply.chunks:
                piece = chunk[skip:] if skip else chunk
                skip -= len(chunk) - len(piece)
                if left is not None:
                    piece = piece[:left]
                    left -= len(piece)
                if piece:
                    yield piece
                if left == 0:
                    return

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last ``byte_count`` bytes, or all of a shorter file; learn the size."""
        request = Request(self.url, suffix_bytes=byte_count)
        async with self._opened(request) as reply:
            self._begin(reply, request)
            if reply.status == _OK and (self.size is None or self.size > byte_count):
                raise Unavailable(self._what, "the upstream does not answer ranges")
            tail = bytearray()
            async for chunk in reply.chunks:
                tail += chunk
                if len(tail) > byte_count:
                    raise self._other_range()
            return bytes(tail)

    async def read_whole(self, max_bytes: int) -> bytes:
        """Return all of a small file, of at most ``max_bytes``; see ``HasWhole``."""
        request = Request(self.url, max_bytes=max_bytes, is_file=True)
        try:
            document = await self.client.load(request)
        except Refused as error:
            raise self._led_astray(error) from error
        self._check_status(document)
        if document.status != _OK:
            raise self._other_range()
        self._check_content(document)
        self.size = len(document.body)
        return document.body

    @asynccontextmanager
    async def _opened(self, request: Request) -> AsyncIterator[Reply]:
        """Open an answer. One that leads astray, to a portal say, is none: see ``Upstream``.

        Raises:
            Refused: this place itself is none from which files may come.
        """
        try:
            async with self.client.open(request) as reply:
                yield reply
        except Refused as error:
            raise self._led_astray(error) from error

    def _led_astray(self, error: Refused) -> Refused | Unavailable:
        """Return what it means that a place was refused: this one itself, or one redirected to."""
        if error.what in {self._what, f"Host `{urlsplit(self.url).hostname}`"}:
            return error
        return Unavailable(self._what, f"the upstream redirects: {error}")

    def _begin(self, reply: Reply, request: Request) -> int:
        """Check the head of the answer; return how many bytes of the body to pass over."""
        self._check_status(reply)
        self._check_content(reply)
        if reply.status == _OK:
            return self._begin_whole(reply.headers, request.start)
        content_range = parse_content_range(reply.headers.get("content-range", ""))
        if content_range is None or not _is_asked_for(content_range, request):
            raise self._other_range()
        self.size = content_range.size
        return 0

    def _begin_whole(self, headers: Mapping[str, str], start: int) -> int:
        """Return how much of a whole file lies before ``start``."""
        length = headers.get("content-length", "")
        self.size = int(length) if length.isascii() and length.isdigit() else None
        return start

    def _other_range(self) -> Unavailable:
        """Return the error for bytes that nobody asked for."""
        return Unavailable(self._what, "the upstream answered another range than was asked for")

    def _check_content(self, reply: Reply | Document) -> None:
        """Raise for a body that cannot be the file's bytes."""
        if reply.headers.get("content-encoding", "identity") != "identity":
            raise Unavailable(self._what, "the upstream compressed a file that must come as it is")
        content_type = reply.headers.get("content-type", "").lower()
        if self.is_unstated and content_type.startswith("text/html"):
            raise Unavailable(self._what, "the upstream answered with a page instead of the file")

    def _check_status(self, reply: Reply | Document) -> None:
        """Raise for every status that is not the file or a part of it."""
        if reply.status in {_OK, _PARTIAL}:
            return
        match classify(reply.status, reply.headers, Kind.FILE, now=self.clock.now()):
            case absence.Absent():
                raise Absent(self._what)
            case absence.Unavailable(reason, retry_seconds, failing):
                raise Unavailable(self._what, reason, retry_seconds=retry_seconds, failing=failing)
            case absence.Answer() | absence.NotModified():
                reason = f"the upstream answered {reply.status} to a request for a file"
                raise Unavailable(self._what, reason)


def _is_asked_for(given: ContentRange, request: Request) -> bool:
    """Say whether ``given`` is the range of ``request``, or as much of it as there is."""
    if request.suffix_bytes is None:
        return given.start == request.start
    return given.stop - given.start <= request.suffix_bytes and given.size in {None, given.stop}
