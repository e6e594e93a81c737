"""The connections of one client: pools made when first needed, and what they report."""

from types import SimpleNamespace

import aiohttp
import aiohttp.tracing
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection

from wheelyard.transport.base import Fault
from wheelyard.transport.guard import Guard
from wheelyard.transport.pace import Progress
from wheelyard.transport.resolver import GuardedResolver, Lookup
from wheelyard.transport.rules import Deadlines, Limits

__all__ = ["Connections"]

DNS_CACHE_SECONDS = 10


class CleanConnector(aiohttp.TCPConnector):
    """A pool that never hands out a connection on which something came without being asked for.

    The library only looks whether it is still open; an answer that an upstream pushed ahead would
    then be taken for the answer to the next request.
    Source: RFC 9112, 9.2 ("must close" after an unsolicited response).
    """

    async def _get(
        self, key: ConnectionKey, traces: list[aiohttp.tracing.Trace]
    ) -> Connection | None:
        """Return a kept connection that is silent, or None."""
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None


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

    def session(self, *, proxied: bool, fresh: bool) -> aiohttp.ClientSession:
        """Return the session for this kind of request."""
        session = self._sessions.get((proxied, fresh))
        if session is None:
            session = self._open(proxied=proxied, fresh=fresh)
            self._sessions[proxied, fresh] = session
        return session

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _open(self, *, proxied: bool, fresh: bool) -> aiohttp.ClientSession:
        """Make a session that adds nothing of its own to what it is told to send."""
        connector = CleanConnector(
            resolver=self._to_proxy if proxied else self._direct,
            use_dns_cache=not fresh,
            ttl_dns_cache=DNS_CACHE_SECONDS,
            force_close=fresh,
            # The client's own two limits are narrower and tell pages from files.
            limit=0,
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


def _progress(context: SimpleNamespace) -> Progress:
    """Return what the client handed to the library for this request."""
    progress = context.trace_request_ctx
    assert isinstance(progress, Progress)  # noqa: S101 (the library types it as `object`)
    return progress
