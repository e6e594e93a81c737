"""One request to one place: the proxy, the credentials, the certificates, the deadlines."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import aiohttp
import yarl
from aiohttp.client_reqrep import ClientRequest, ClientResponse

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Fault, Request
from wheelyard.transport.chain import render_via
from wheelyard.transport.connections import Connections, host_key
from wheelyard.transport.credentials import Credentials
from wheelyard.transport.faults import FAILURES, Attempt, unavailable
from wheelyard.transport.headers import user_agent
from wheelyard.transport.line import Line
from wheelyard.transport.pace import Progress
from wheelyard.transport.proxies import Proxy
from wheelyard.transport.rules import ClientRules
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Origin, Target

__all__ = ["Answer", "Sender"]

FIRST_FINAL_STATUS = 200
PROXY_AUTHENTICATION_REQUIRED = 407


BLAMED = frozenset({Fault.RESET, Fault.FRAMING, Fault.SLOW, Fault.STALLED, Fault.TRUNCATED})
"""What is wrong with the machine that answers, and not with what is asked for or with us."""
SICK = frozenset({500, 502, 503, 504, *range(520, 531)})


def _blame_nobody() -> None:
    """Do nothing: it is not known which address answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose header is there, and how to tell what goes wrong with its body."""

    response: ClientResponse
    attempt: Attempt
    line: Line
    blame: Callable[[], None] = _blame_nobody
    """Notes that something is wrong with the address that answered."""

    @property
    def is_sick(self) -> bool:
        """Whether the machine that answered says that it cannot, and does not ask for patience."""
        return self.response.status in SICK and "Retry-After" not in self.response.headers

    def close(self) -> None:
        """Give the connection up, unless the body was read to its end."""
        self.line.release()
        self.response.close()

    def failure(self, fault: Fault, detail: str) -> Unavailable:
        """Return the error for this answer, whose connection is then of no more use."""
        if fault in BLAMED:
            self.blame()
        self.close()
        return unavailable(self.attempt.target.url, fault, detail)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends one request to one place. Credentials and the certificate go to ``origin`` alone."""

    rules: ClientRules
    origin: Origin
    connections: Connections
    contexts: LazyContexts
    credentials: Credentials | None

    async def send(
        self, request: Request, target: Target, headers: dict[str, str], *, faithful: bool
    ) -> Answer:
        """Return when the header of the answer is there; the caller closes it.

        ``faithful`` says that no redirect has left the upstream's origin so far: only then do our
        credentials go along, even if a stranger sends us back.
        """
        proxy = self.rules.proxies.choose(target)
        own = faithful and target.origin == self.origin
        context = await self.context(target, proxy, own=own)
        timeout = asyncio.timeout(self.rules.deadlines.connect)
        progress = Progress(timeout, seconds=self.rules.deadlines.connect)
        attempt = Attempt(target, progress, proxied=proxy is not None)
        session = self.connections.session(
            proxied=proxy is not None, fresh=request.fresh_connection
        )
        watched = _Watched(attempt, self.connections)
        blame = partial(self._blame, target, watched)
        try:
            async with timeout:
                response = await session.request(
                    request.method,
                    _wire_url(target),
                    data=request.body,
                    headers=headers | self.extra_headers(target, proxy, own=own),
                    allow_redirects=False,
                    ssl=context,
                    proxy=None if proxy is None else proxy.url,
                    proxy_headers=None if proxy is None else self._tunnel_headers(proxy),
                    trace_request_ctx=progress,
                    middlewares=[watched],
                )
        except aiohttp.ClientResponseError as error:
            blame()
            # These carry our request's header, so they are not kept as the cause.
            raise attempt.failure(error) from None
        except FAILURES as error:
            blame()
            raise attempt.failure(error) from error
        except Unavailable:
            blame()
            raise
        finally:
            progress.over = True
        progress.enter_body(self.rules.deadlines.between_chunks)
        answer = Answer(response, attempt, watched.line or Line.watch(response), blame)
        if answer.is_sick:
            blame()
        else:
            self.praise(target, watched.peer)
        if response.status < FIRST_FINAL_STATUS:
            raise answer.failure(Fault.FRAMING, f"status {response.status} was not asked for")
        if proxy is not None and response.status == PROXY_AUTHENTICATION_REQUIRED:
            raise answer.failure(Fault.PROXY, "the proxy wants other credentials")
        return answer

    def has_other_address(self, target: Target) -> bool:
        """Say whether a new connection leads elsewhere than to where something just failed."""
        now = asyncio.get_running_loop().time()
        return self.connections.addresses.has_other(_key(target), now)

    def blame(self, target: Target, peer: str) -> None:
        """Note that the address to which a request went did not answer as it should."""
        if peer:
            now = asyncio.get_running_loop().time()
            self.connections.addresses.failed(_key(target), peer, now)

    def praise(self, target: Target, peer: str) -> None:
        """Note that the address to which a request went answered as it should."""
        if peer:
            self.connections.addresses.answered(_key(target), peer)

    def _blame(self, target: Target, watched: "_Watched") -> None:
        """Do as ``blame`` for the address that turned out to be the one."""
        self.blame(target, watched.peer)

    async def context(
        self, target: Target, proxy: Proxy | None, *, own: bool
    ) -> ssl.SSLContext | bool:
        """Return what TLS on the way is spoken with; True is the library's "verify"."""
        if target.origin.scheme == "http" and (proxy is None or proxy.url.startswith("http:")):
            return True
        contexts = await self.contexts.get()
        return contexts.own if own else contexts.others

    def extra_headers(self, target: Target, proxy: Proxy | None, *, own: bool) -> dict[str, str]:
        """Return the fields that depend on where the request goes."""
        extra = {"User-Agent": user_agent(self.rules.contact)}
        if self.rules.via is not None:
            extra["Via"] = render_via(self.rules.via)
        if own and self.credentials is not None:
            extra["Authorization"] = self.credentials.header()
        # A tunnel has a header of its own; without one the proxy reads that of the request.
        if proxy is not None and proxy.credentials is not None and target.origin.scheme == "http":
            extra["Proxy-Authorization"] = proxy.credentials.header()
        return extra

    def _tunnel_headers(self, proxy: Proxy) -> dict[str, str]:
        """Return the fields of the request for a tunnel."""
        tunnel = {"User-Agent": user_agent(self.rules.contact)}
        if proxy.credentials is not None:
            tunnel["Proxy-Authorization"] = proxy.credentials.header()
        return tunnel


@dataclass(slots=True)
class _Watched:
    """Stands between the library and its connection: watches the line, and fails at once.

    The library repeats a request whose connection broke. That is right for a kept connection,
    which the other side may close at any time (RFC 9112, 9.3.1), and not for one made a moment
    ago: whether to ask a failing upstream again is decided by those who count retries.
    """

    attempt: Attempt
    connections: Connections
    line: Line | None = None
    peer: str = ""

    async def __call__(
        self, request: ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> ClientResponse:
        """Pass ``request`` on; a failure on a new connection is final."""
        progress = self.attempt.progress
        try:
            response = await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if progress.reused:
                progress.reused = False
                raise
            raise self.attempt.failure(error) from error
        finally:
            self.peer = self.connections.peer(request)
        self.line = Line.watch(response)
        return response


def _key(target: Target) -> str:
    """Return under which name the addresses of a place are known."""
    return host_key(target.origin.host, target.origin.port)


def _wire_url(target: Target) -> yarl.URL:
    """Return the checked parts as the library's own type, so that it parses nothing again."""
    return yarl.URL.build(
        scheme=target.origin.scheme,
        host=target.origin.host,
        port=target.origin.port,
        path=target.path,
        query_string=target.query,
        encoded=True,
    )
