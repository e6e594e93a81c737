"""Issuers of identities: their documents and keys, fetched when needed and kept for a while.

Keys are used for an hour before they are asked for again, and for a day if the issuer does not
answer then. A key that nobody knows is asked for at once, and at most once a minute: a stranger
with made-up tokens cannot have us ask more often.
Source: OpenID Connect Discovery 1.0, 3 and 4; RFC 7517.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import anyio
import msgspec

from wheelyard.access.oidc import (
    TokenHeader,
    VerifyingKey,
    fitting_keys,
    parse_keys,
    same_issuer,
)
from wheelyard.clock import Clock, Instant
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.transport import Document

__all__ = ["Asker", "Discovery", "Issuer"]

FRESH_SECONDS = 3_600.0
KEPT_SECONDS = 86_400.0
UNKNOWN_KEY_SECONDS = 60.0
FAILED_SECONDS = 2.0

_OK = 200
_NEVER = Instant(-1e12)
T = TypeVar("T")


class Asker(Protocol):
    """How an issuer is asked; the transport's ``IssuerClient``."""

    async def load(self, url: str) -> Document:
        """Return what is at ``url``, whatever its status."""


class Discovery(msgspec.Struct, frozen=True):
    """What an issuer says of itself. Source: OpenID Connect Discovery 1.0, 3."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _KeySet(msgspec.Struct, frozen=True):
    """A set of keys. Source: RFC 7517, 5."""

    keys: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was learned of an issuer, and when."""

    discovery: Discovery
    keys: tuple[VerifyingKey, ...]
    at: Instant


@dataclass(slots=True)
class Issuer:
    """One issuer. ``name`` is its section's in the settings, ``url`` what its tokens call it."""

    name: str
    url: str
    client: Asker
    clock: Clock
    _known: _Known | None = field(default=None, init=False)
    _tried_at: Instant = field(default=_NEVER, init=False)
    _problem: Unavailable | None = field(default=None, init=False)
    _asking: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    async def discovery(self) -> Discovery:
        """Return what the issuer says of itself.

        Raises:
            Unavailable: it cannot be had now.
        """
        return (await self._fresh()).discovery

    async def keys(self, header: TokenHeader) -> tuple[VerifyingKey, ...]:
        """Return the keys that a token with this header may be signed with; maybe none.

        Raises:
            Unavailable: they cannot be had now.
        """
        keys = fitting_keys((await self._fresh()).keys, header)
        if keys or self.clock.now() < self._tried_at + UNKNOWN_KEY_SECONDS:
            return keys
        known = await self._asked(since=self._tried_at)
        return () if known is None else fitting_keys(known.keys, header)

    async def _fresh(self) -> _Known:
        """Return what is known of the issuer, asking if that is too old."""
        known, now = self._known, self.clock.now()
        if known is not None and now < known.at + FRESH_SECONDS:
            return known
        if now >= self._tried_at + FAILED_SECONDS:
            known = await self._asked(since=self._tried_at)
        if known is not None and now < known.at + KEPT_SECONDS:
            return known
        raise self._problem or Unavailable(f"The issuer `{self.name}`", "it gave no answer.")

    async def _asked(self, since: Instant) -> _Known | None:
        """Return what is known after having asked once more; all who wait share one answer."""
        async with self._asking:
            if self._tried_at == since:
                self._tried_at = self.clock.now()
                try:
                    self._known = await self._load()
                except (Unavailable, Refused, BadInput) as error:
                    self._problem = Unavailable(f"The issuer `{self.name}`", str(error))
            return self._known

    async def _load(self) -> _Known:
        """Ask the issuer for its documents."""
        url = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        discovery = _parse(await self.client.load(url), Discovery)
        if not same_issuer(discovery.issuer, self.url):
            raise BadInput(f"its documents are those of `{discovery.issuer[:200]!a}`")
        keys = _parse(await self.client.load(discovery.jwks_uri), _KeySet).keys
        return _Known(discovery, parse_keys(keys), self.clock.now())


def _parse(document: Document, kind: type[T]) -> T:
    """Return a document of an issuer as a record.

    Raises:
        BadInput: it is none.
    """
    if document.status != _OK:
        raise BadInput(f"it answered with status {document.status}")
    try:
        return msgspec.json.decode(document.body, type=kind)
    except msgspec.MsgspecError as error:
        raise BadInput("its documents cannot be read") from error
