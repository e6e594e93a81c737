"""Small questions to an issuer of identities: its documents, its keys, and a code for a token.

The same guard, certificates, proxies and deadlines as for an upstream, and stricter in what comes
back: no redirect is followed, and nothing but a small document is taken. An issuer's documents may
name other hosts for its keys; those have to be on the public internet and speak HTTPS. Who runs the
issuer on this network is free to name the same host again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from wheelyard.errors import BadInput, ConfigError, Refused
from wheelyard.transport.base import Document, Fault, Request
from wheelyard.transport.body import Body, read_document
from wheelyard.transport.connections import Connections
from wheelyard.transport.credentials import Credentials
from wheelyard.transport.faults import unavailable
from wheelyard.transport.guard import Guard
from wheelyard.transport.headers import IDENTITY, header_table
from wheelyard.transport.proxies import Proxies
from wheelyard.transport.resolver import Lookup
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.sender import Sender
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Target, display_url, parse_target

__all__ = ["IssuerClient", "IssuerRules"]

_MAX_BYTES = 512 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class IssuerRules:
    """Where an issuer is, whom to believe about that, and how long an answer may take."""

    url: str
    name: str = "NAME"
    ca: Path | None = None
    proxies: Proxies = field(default_factory=Proxies)
    total_seconds: float = 5.0


class IssuerClient:
    """Asks one issuer; use it as a context manager, which closes what is open.

    ``lookup`` replaces this machine's resolver.

    Raises:
        ConfigError: the address is none, or plain HTTP to another machine; at once.
    """

    def __init__(self, rules: IssuerRules, lookup: Lookup | None = None) -> None:
        origin = _parse(rules).origin
        self._seconds = seconds = rules.total_seconds
        deadlines = Deadlines(seconds, seconds, seconds, seconds)
        self._rules = ClientRules(
            origin=rules.url,
            certificates=Certificates(ca=rules.ca),
            proxies=rules.proxies,
            deadlines=deadlines,
        )
        self._guard = Guard(origin, None, rules.name)
        self._connections = Connections(self._guard, deadlines, Limits(), lookup)
        self._sender = Sender(
            self._rules,
            origin,
            self._connections,
            LazyContexts(self._rules.certificates),
            None,
        )

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

    async def load(self, url: str) -> Document:
        """Return what is at ``url``, whatever its status.

        Raises:
            Unavailable: nothing complete came in time.
            Refused: we do not go there for this issuer.
        """
        return await self._ask(Request(url, accept="application/json"), {})

    async def send_form(
        self, url: str, fields: Mapping[str, str], credentials: Credentials | None = None
    ) -> Document:
        """Post ``fields`` to ``url`` and return the answer, whatever its status.

        Raises:
            Unavailable: nothing complete came in time.
            Refused: we do not go there for this issuer.
        """
        body = urlencode(fields).encode()
        request = Request(url, "application/json", method="POST", fresh_connection=True, body=body)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if credentials is not None:
            headers["Authorization"] = credentials.header()
        return await self._ask(request, headers)

    async def _ask(self, request: Request, headers: dict[str, str]) -> Document:
        """Ask, all in all within the deadline."""
        target = self._admit(request.url)
        fields = {"Accept": request.accept, "Accept-Encoding": IDENTITY, **headers}
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answer(replace(request, url=target.url), target, fields)
        except TimeoutError as error:
            detail = f"no complete answer within {self._seconds:g} s"
            raise unavailable(request.url, Fault.SLOW, detail) from error

    async def _answer(self, request: Request, target: Target, fields: dict[str, str]) -> Document:
        """Send one request and read what comes back."""
        answer = await self._sender.send(request, target, fields, faithful=True)
        try:
            headers = header_table(answer.response.headers)
            body = Body(answer, self._rules, _MAX_BYTES)
            content = await read_document(body, headers.get("content-encoding"), _MAX_BYTES)
            return Document(answer.response.status, target.url, headers, content)
        finally:
            answer.close()

    def _admit(self, url: str) -> Target:
        """Return the place to ask.

        Raises:
            Refused: we do not go there for this issuer.
        """
        try:
            return self._guard.admit(url)
        except Refused as error:
            reason = error.reason.partition(";")[0].rstrip(".")
            raise Refused(
                f"`{display_url(url)}`", f"an issuer may not send us there: {reason}."
            ) from None


def _parse(rules: IssuerRules) -> Target:
    """Return the address of an issuer.

    Raises:
        ConfigError: it is none, or anybody on the way could give us keys of their own.
    """
    try:
        target = parse_target(rules.url)
    except BadInput as error:
        sentence = (
            f"`[oidc.{rules.name}] issuer` cannot be used, because {error}: "
            "write it like `https://issuer.example`."
        )
        raise ConfigError(sentence) from error
    if target.origin.scheme != "https" and target.origin.host not in _LOOPBACK:
        message = (
            f"`[oidc.{rules.name}] issuer` is plain HTTP: anybody on the way could sign in as "
            "anyone. Use its `https://` address."
        )
        raise ConfigError(message)
    return target
