"""A look at whether an address answers as it should: one small GET, and nothing that hides much.

The same guard, certificates, proxies and deadlines as for an upstream. No redirect is followed, as
who answers with one is not who was asked; no connection is kept, so each look finds out whether new
ones are taken, with the name resolved anew. Nothing is tried twice: that is for whoever counts.
"""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from wheelyard.errors import BadInput, ConfigError
from wheelyard.transport.base import Document, Fault, Request
from wheelyard.transport.body import Body, read_document
from wheelyard.transport.connections import Connections
from wheelyard.transport.faults import unavailable
from wheelyard.transport.guard import Guard
from wheelyard.transport.headers import IDENTITY, header_table
from wheelyard.transport.proxies import Proxies
from wheelyard.transport.resolver import Lookup
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.sender import Sender
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Target, display_url, parse_target

__all__ = ["ProbeClient", "ProbeRules"]

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ProbeRules:
    """What to look at, whom to believe besides this machine's authorities, and how long to wait."""

    url: str
    ca: Path | None = None
    proxies: Proxies = field(default_factory=Proxies)
    total_seconds: float = 3.0


class ProbeClient:
    """Looks at one address; use it as a context manager, which closes what is open.

    ``lookup`` replaces this machine's resolver.

    Raises:
        ConfigError: the address is none (at once), or the certificates cannot be read (on
            entering).
    """

    def __init__(self, rules: ProbeRules, lookup: Lookup | None = None) -> None:
        self._target = _parse(rules.url)
        self._seconds = seconds = rules.total_seconds
        deadlines = Deadlines(seconds, seconds, seconds, seconds)
        self._rules = ClientRules(
            origin=str(self._target.origin),
            certificates=Certificates(ca=rules.ca),
            proxies=rules.proxies,
            deadlines=deadlines,
        )
        guard = Guard(self._target.origin, (), "redirect")
        self._connections = Connections(guard, deadlines, Limits(), lookup)
        self._contexts = LazyContexts(self._rules.certificates)
        self._sender = Sender(
            self._rules, self._target.origin, self._connections, self._contexts, None
        )

    async def __aenter__(self) -> Self:
        """Read the certificates, if any were named: a slip in a path is found now."""
        if self._rules.certificates != Certificates():
            await self._contexts.get()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._connections.close()

    async def look(self) -> Document:
        """Return what is there, whatever its status.

        Raises:
            Unavailable: nothing complete came in time, or too much.
            Refused: the name of the host resolves to where we may not go.
        """
        request = Request(self._target.url, fresh_connection=True)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._ask(request)
        except TimeoutError as error:
            detail = f"no complete answer within {self._seconds:g} s"
            raise unavailable(self._target.url, Fault.SLOW, detail) from error

    async def _ask(self, request: Request) -> Document:
        """Send the request and read what comes back."""
        fields = {"Accept": "*/*", "Accept-Encoding": IDENTITY}
        answer = await self._sender.send(request, self._target, fields, faithful=True)
        try:
            headers = header_table(answer.response.headers)
            body = Body(answer, self._rules, _MAX_BYTES)
            content = await read_document(body, headers.get("content-encoding"), _MAX_BYTES)
            return Document(answer.response.status, self._target.url, headers, content)
        finally:
            answer.close()


def _parse(url: str) -> Target:
    """Return the place to look at; a path is always there.

    Raises:
        ConfigError: it is none.
    """
    try:
        target = parse_target(url)
    except BadInput as error:
        message = f"`{display_url(url)}` cannot be checked, because {error}: correct the address."
        raise ConfigError(message) from error
    return replace(target, path=target.path or "/")
