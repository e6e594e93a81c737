"""Uploads to another index: one POST with a body that is streamed, and the answer to it.

It goes through the same guard, certificates and proxies as every question. The address that the
operator wrote down is all there is: no redirect is followed, so the credentials and the file go
nowhere else. Nothing is repeated here: whether to is decided by whoever knows what was answered.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from wheelyard.errors import BadInput, Unavailable, WheelyardError
from wheelyard.settings import Secret
from wheelyard.transport.base import Fault, Request
from wheelyard.transport.body import Body
from wheelyard.transport.connections import Connections
from wheelyard.transport.credentials import Credentials, split_credentials
from wheelyard.transport.faults import unavailable
from wheelyard.transport.guard import Guard, is_loopback
from wheelyard.transport.headers import IDENTITY
from wheelyard.transport.proxies import Proxies
from wheelyard.transport.resolver import Lookup
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.sender import Answer, Sender
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Target, parse_target

__all__ = ["UploadAnswer", "UploadBody", "UploadClient", "UploadRules", "parse_upload_url"]

_READ_BYTES = 64 * 1024
"""How much of an answer is read: its sentence is at the beginning."""

_CONNECT_SECONDS = 10.0
_NEVER_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class UploadRules:
    """Where uploads go and how long one may stand still. ``token`` is the password of ``user``."""

    url: str
    user: str
    token: Secret = field(repr=False)
    proxies: Proxies = field(default_factory=Proxies)
    stall_seconds: float = 60.0
    answer_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class UploadBody:
    """The body of a request: its content type, its length in bytes, and its pieces."""

    content_type: str
    length: int
    pieces: AsyncIterator[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadAnswer:
    """What the other index said: the status, its reason phrase, and the beginning of the body.

    ``location`` is where it would have us go, ``retry_after`` what it says of asking again.
    """

    status: int
    reason: str
    text: str = ""
    location: str = ""
    retry_after: str = ""


class UploadClient:
    """Uploads to one address; use it as a context manager, which closes what is open.

    ``lookup`` replaces this machine's resolver.
    """

    def __init__(self, rules: UploadRules, lookup: Lookup | None = None) -> None:
        """Send to the address of ``rules``.

        Raises:
            BadInput: it is none, or has credentials in it.
        """
        self._target = parse_upload_url(rules.url)
        self._upload_rules = rules
        deadlines = Deadlines(
            resolve=_CONNECT_SECONDS,
            connect=_CONNECT_SECONDS,
            first_byte=_NEVER_SECONDS,  # see `_Watched`: an upload may take long, if it goes on
            between_chunks=rules.stall_seconds,
        )
        self._rules = ClientRules(
            origin=str(self._target.origin), proxies=rules.proxies, deadlines=deadlines
        )
        guard = Guard(self._target.origin, (), "upload")
        self._connections = Connections(guard, deadlines, Limits(), lookup)
        self._sender = Sender(
            self._rules,
            self._target.origin,
            self._connections,
            LazyContexts(Certificates()),
            Credentials(rules.user, rules.token),
        )

    @property
    def shown(self) -> str:
        """The address as people may see it: scheme, host and port."""
        return str(self._target.origin)

    async def __aenter__(self) -> Self:
        """Begin; nothing is opened before it is needed."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._connections.close()

    async def send(self, body: UploadBody) -> UploadAnswer:
        """Send ``body`` on a new connection, and return the answer.

        Raises:
            Unavailable: it did not arrive, or no answer came in time; ``fault_of`` says why.
            Refused: the name of the host resolves to where we may not go.
            WheelyardError: whatever the pieces raised.
        """
        fields = {
            "Accept": "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7",
            "Accept-Encoding": IDENTITY,
            "Content-Type": body.content_type,
            "Content-Length": str(body.length),
        }
        watched: _Watched | None = None
        try:
            async with asyncio.timeout(_CONNECT_SECONDS * 2) as timeout:
                watched = _Watched(body.pieces, self._upload_rules, timeout)
                request = Request(
                    self._target.url, method="POST", fresh_connection=True, body=watched.pieces()
                )
                answer = await self._sender.send(request, self._target, fields, faithful=True)
                return await self._read(answer)
        except TimeoutError as error:
            detail = "the upload stood still, or no answer came"
            raise unavailable(self._target.url, Fault.STALLED, detail) from error
        except Unavailable:
            if watched is not None and watched.failure is not None:
                raise watched.failure from None
            raise

    async def _read(self, answer: Answer) -> UploadAnswer:
        """Return the answer with the beginning of its body."""
        response, found = answer.response, bytearray()
        try:
            try:
                async for piece in Body(answer, self._rules, _READ_BYTES):
                    found += piece
            except Unavailable:  # too long, or cut: the status counts
                pass
        finally:
            answer.close()
        return UploadAnswer(
            response.status,
            response.reason or "",
            found[:_READ_BYTES].decode("utf-8", "replace"),
            response.headers.get("Location", ""),
            response.headers.get("Retry-After", ""),
        )


@dataclass(slots=True)
class _Watched:
    """Pieces on their way: each puts the deadline off, and what fails here is remembered.

    The library takes an error of the pieces for one of the connection.
    """

    source: AsyncIterator[bytes]
    rules: UploadRules
    timeout: asyncio.Timeout
    failure: WheelyardError | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        try:
            async for piece in self.source:
                self._allow(self.rules.stall_seconds)
                yield piece
        except WheelyardError as error:
            self.failure = error
            raise
        self._allow(self.rules.answer_seconds)

    def _allow(self, seconds: float) -> None:
        """Have the deadline ``seconds`` from now."""
        self.timeout.reschedule(asyncio.get_running_loop().time() + seconds)


def parse_upload_url(url: str, *, cleartext: bool = True) -> Target:
    """Return the place to upload to.

    Raises:
        BadInput: it is none, has credentials in it, or would send them in the clear to another
            machine without ``cleartext``.
    """
    bare, credentials = split_credentials(url)
    if credentials is not None:
        raise BadInput("The address must not hold a user or a password: name where the token is.")
    target = parse_target(bare)
    if target.origin.scheme == "http" and not cleartext and not is_loopback(target.origin.host):
        message = f"`{target.origin}` would get the token in the clear: use `https`."
        raise BadInput(message)
    return target
