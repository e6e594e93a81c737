"""The connections of one client: pools made when first needed, and what they report."""

import asyncio
import ssl
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TypedDict, Unpack
from weakref import WeakKeyDictionary

import aiohttp
import aiohttp.tracing
from aiohttp.client_reqrep import ClientRequest, ConnectionKey
from aiohttp.connector import Connection

from wheelyard.transport.addresses import Addresses
from wheelyard.transport.base import Fault
from wheelyard.transport.guard import Guard
from wheelyard.transport.pace import Progress
from wheelyard.transport.resolver import GuardedResolver, Lookup
from wheelyard.transport.rules import Deadlines, Limits
from wheelyard.transport.urls import Origin

__all__ = ["Connections", "host_key"]

DNS_CACHE_SECONDS = 10


class ConnectorWords(TypedDict):
    """What the pools of a client differ in."""

    resolver: GuardedResolver
    use_dns_cache: bool
    force_close: bool


Tls = ssl.SSLContext | bool
"""What TLS is spoken with, as the library takes it; True where there is none to be chosen."""
Peers = WeakKeyDictionary[ClientRequest, str]
"""To which address each request went that is still under way."""


class CleanConnector(aiohttp.TCPConnector):
    """A pool that never hands out a connection on which something came without being asked for.

    The library only looks whether it is still open; an answer that an upstream pushed ahead would
    then be taken for the answer to the next request. Nor does it lead to an address that is left
    out while others are well.
    Source: RFC 9112, 9.2 ("must close" after an unsolicited response).
    """

    def __init__(
        self,
        addresses: Addresses | None = None,
        peers: Peers | None = None,
        **words: Unpack[ConnectorWords],
    ) -> None:
        # The client's own two limits are narrower and tell pages from files.
        super().__init__(limit=0, ttl_dns_cache=DNS_CACHE_SECONDS, **words)
        self._addresses = Addresses() if addresses is None else addresses
        self._peers = Peers() if peers is None else peers
        self._keys: dict[tuple[str, int | None, Tls], ConnectionKey] = {}

    async def connect(
        self,
        req: ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (the library's name)
    ) -> Connection:
        """Return a connection, and remember where it leads."""
        connection = await super().connect(req, traces, timeout)
        key = req.connection_key
        if key.proxy is None and isinstance(key.ssl, ssl.SSLContext | bool):
            self._keys[key.host, key.port, key.ssl] = key
        if peer := _peer_of(connection):
            self._peers[req] = peer
        return connection

    async def kept(self, origin: Origin, context: Tls) -> Connection | None:
        """Return a kept connection to ``origin``, made with ``context``, or None."""
        key = self._keys.get((origin.host, origin.port, context))
        if key is None or key.is_ssl != (origin.scheme == "https"):
            return None
        return await self._get(key, [])

    async def _get(
        self, key: ConnectionKey, traces: list[aiohttp.tracing.Trace]
    ) -> Connection | None:
        """Return a kept connection that is silent, to an address that is well, or None."""
        now = asyncio.get_running_loop().time()
        host = host_key(key.host, key.port)
        while (connection := await super()._get(key, traces)) is not None:
            is_silent = connection.protocol is not None and not connection.protocol.should_close
            if is_silent and _peer_of(connection) not in self._addresses.left_out(host, now):
                return connection
            connection.close()
        return None

    async def _resolve_host(
        self, host: str, port: int, traces: Sequence[aiohttp.tracing.Trace] | None = None
    ) -> list[aiohttp.abc.ResolveResult]:
        """Return the addresses of a host without those that failed while others are well."""
        found = await super()._resolve_host(host, port, traces)
        now = asyncio.get_running_loop().time()
        texts = [each["host"] for each in found]
        chosen = self._addresses.choose(host_key(host, port), texts, now)
        return [each for each in found if each["host"] in chosen]


class Connections:
    """Up to four HTTP sessions: directly or through a proxy, kept open or made anew.

    The way to a proxy has a resolver of its own, because a proxy may be anywhere in the
    operator's network and a target may not.
    """

    def __init__(
        self, guard: Guard, deadlines: Deadlines, limits: Limits, lookup: Lookup | None = None
    ) -> None:
        self._deadlines = deadlines
        self._limits = limits
        self._direct = GuardedResolver(guard, lookup)
        self._to_proxy = GuardedResolver(None, lookup)
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}
        self._peers = Peers()
        self.addresses = Addresses()

    def session(self, *, proxied: bool, fresh: bool) -> aiohttp.ClientSession:
        """Return the session for this kind of request."""
        session = self._sessions.get((proxied, fresh))
        if session is None:
            session = self._open(proxied=proxied, fresh=fresh)
            self._sessions[proxied, fresh] = session
        return session

    async def kept(self, origin: Origin, context: Tls) -> Connection | None:
        """Return a connection to ``origin`` that is open and rests, or None; give it back."""
        session = self._sessions.get((False, False))
        connector = session.connector if session is not None else None
        if not isinstance(connector, CleanConnector):
            return None
        return await connector.kept(origin, context)

    def peer_of(self, connection: Connection) -> str:
        """Return the address at the other end; empty if it is gone already."""
        return _peer_of(connection)

    def peer(self, request: ClientRequest) -> str:
        """Return the address to which ``request`` went; empty if it got no connection."""
        return self._peers.get(request, "")

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _open(self, *, proxied: bool, fresh: bool) -> aiohttp.ClientSession:
        """Make a session that adds nothing of its own to what it is told to send."""
        connector = CleanConnector(
            None if proxied else self.addresses,
            None if proxied else self._peers,
            resolver=self._to_proxy if proxied else self._direct,
            use_dns_cache=not fresh,
            force_close=fresh,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            # Each phase has a deadline of its own, see `pace`.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=self._limits.header_bytes,
            max_field_size=self._limits.header_bytes,
            max_headers=self._limits.headers,
            trace_configs=[self._tracing()],
        )

    def _tracing(self) -> aiohttp.TraceConfig:
        """Return hooks by which the library tells a request's ``Progress`` of its phases."""
        deadlines = self._deadlines
        tracing = aiohttp.TraceConfig()

        async def resolving(_: object, context: SimpleNamespace, __: object) -> None:
            _progress(context).enter(Fault.DNS, deadlines.resolve)

        async def connecting(_: object, context: SimpleNamespace, __: object) -> None:
            _progress(context).enter(Fault.CONNECT_TIMEOUT, deadlines.connect)

        async def connected(_: object, context: SimpleNamespace, __: object) -> None:
            _progress(context).enter(Fault.SILENT, deadlines.first_byte)

        async def reused(_: object, context: SimpleNamespace, __: object) -> None:
            _progress(context).reused = True
            _progress(context).enter(Fault.SILENT, deadlines.first_byte)

        tracing.on_dns_resolvehost_start.append(resolving)
        tracing.on_dns_resolvehost_end.append(connecting)
        tracing.on_connection_create_start.append(connecting)
        tracing.on_connection_create_end.append(connected)
        tracing.on_connection_reuseconn.append(reused)
        return tracing


def host_key(host: str | None, port: int | None) -> str:
    """Return how a host's addresses are told from those of another one."""
    return f"{host}:{port}"


def _peer_of(connection: Connection) -> str:
    """Return the address at the other end; empty if it is gone already."""
    transport = connection.transport
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _progress(context: SimpleNamespace) -> Progress:
    """Return what the client handed to the library for this request."""
    progress = context.trace_request_ctx
    assert isinstance(progress, Progress)  # noqa: S101 (the library types it as `object`)
    return progress
