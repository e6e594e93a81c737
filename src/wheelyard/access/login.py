"""Signing people in at an issuer: the authorization code flow, with PKCE, a state and a nonce.

What has to survive the way there and back is in a ticket, which the browser keeps and which only
this data directory can have written. It binds the answer to the browser that asked: who is sent a
link with somebody else's code has no ticket for it.
A session is a token that is good for nothing but being a session; it ends like any other.
Source: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9207 (issuer in the answer); RFC 9700.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote, urlencode

import anyio
import msgspec

from wheelyard.access.issuers import Asker, Discovery, Issuer
from wheelyard.access.naming import parse_person_name
from wheelyard.access.oidc import Claims, Expected, read_header, same_issuer, verify
from wheelyard.catalog.arrivals import Arrival
from wheelyard.clock import Clock, Instant
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.settings import OidcSettings, Secret
from wheelyard.transport import Credentials, Document

__all__ = ["Begun", "Exchanger", "Login", "LoginParts", "Returned", "read_arrival"]

TICKET_SECONDS = 600.0
_PURPOSE = b"wheelyard login"
_OK = 200
_FLIGHTS = 8
_PLACE = re.compile(r"https?://[\x21-\x7e]{1,2000}")


class Exchanger(Asker, Protocol):
    """How an issuer is asked; the transport's ``IssuerClient``."""

    async def send_form(
        self, url: str, fields: Mapping[str, str], credentials: Credentials | None = None
    ) -> Document:
        """Post ``fields`` to ``url`` and return the answer, whatever its status."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun: where to send the browser, and what it has to bring back."""

    url: str
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a browser came back with: the query of the address, and its ticket."""

    query: Mapping[str, str] = field(repr=False)
    ticket: str = field(repr=False)
    redirect_uri: str


class _Ticket(msgspec.Struct, frozen=True):
    """What the browser keeps for us in the meantime."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    ends_at: float


class _Answer(msgspec.Struct, frozen=True):
    """What a code is exchanged for; the rest is of no use here."""

    id_token: str


@dataclass(frozen=True, slots=True)
class LoginParts:
    """What a login works with. ``key`` is that of the data directory."""

    issuer: Issuer
    client: Exchanger
    settings: OidcSettings
    key: bytes = field(repr=False)
    clock: Clock


@dataclass(frozen=True, slots=True)
class Login:
    """The login at one issuer."""

    parts: LoginParts
    _flights: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_FLIGHTS))

    @property
    def name(self) -> str:
        """The issuer's name in the settings."""
        return self.parts.issuer.name

    def began(self, ticket: str) -> bool:
        """Say whether a ticket is of a login here, good or not any more."""
        found = _open(ticket, self.parts.key)
        return found is not None and found.issuer == self.name

    async def begin(self, redirect_uri: str) -> Begun:
        """Return where to send a browser that wants to sign in.

        Raises:
            Unavailable: the issuer does not say.
        """
        endpoint = (await self._discovery()).authorization_endpoint
        ends_at = self.parts.clock.now() + TICKET_SECONDS
        ticket = _Ticket(self.name, _random(), _random(), _random(), ends_at)
        wanted = {
            "response_type": "code",
            "client_id": self.parts.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": _challenge(ticket.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoint else "?"
        return Begun(f"{endpoint}{joint}{urlencode(wanted)}", _seal(ticket, self.parts.key))

    async def finish(self, returned: Returned) -> Arrival:
        """Return who was signed in at the issuer.

        Raises:
            Refused: nobody was, or it is not to be believed.
            Unavailable: the issuer gave no usable answer.
        """
        now = self.parts.clock.now()
        ticket = _open(returned.ticket, self.parts.key)
        if ticket is None or ticket.issuer != self.name or now >= ticket.ends_at:
            raise _refused("this browser did not begin to, or too long ago. Begin again")
        query = returned.query
        if not hmac.compare_digest(query.get("state", "").encode(), ticket.state.encode()):
            raise _refused("the answer belongs to another login. Begin again")
        if "iss" in query and not same_issuer(query["iss"], self.parts.issuer.url):
            raise _refused("the answer is of another issuer")
        if "code" not in query:
            raise _refused(f"the issuer said {query.get('error', 'nothing')[:100]!a}")
        token = await self._exchange(query["code"], ticket, returned.redirect_uri)
        try:
            claims = await self._verify(token, ticket.nonce, now)
            return read_arrival(claims, self.parts.settings)
        except BadInput as error:
            raise _refused(f"{error}") from error

    async def _exchange(self, code: str, ticket: _Ticket, redirect_uri: str) -> str:
        """Return the identity token that the issuer gives for a code."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": ticket.verifier,
        }
        discovery, settings = await self._discovery(), self.parts.settings
        credentials: Credentials | None = None
        secret = settings.client_secret
        if secret is None:
            fields["client_id"] = settings.client_id
        elif "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            # Both are encoded first. Source: RFC 6749, 2.3.1.
            hidden = Secret(quote(secret.reveal(), safe=""))
            credentials = Credentials(quote(settings.client_id, safe=""), hidden)
        else:
            fields |= {"client_id": settings.client_id, "client_secret": secret.reveal()}
        async with self._flights:
            answer = await self.parts.client.send_form(
                discovery.token_endpoint, fields, credentials
            )
        if answer.status != _OK:
            raise _refused(f"the issuer answered the code with status {answer.status}")
        try:
            return msgspec.json.decode(answer.body, type=_Answer).id_token
        except msgspec.MsgspecError:
            # Its text may be a part of the answer, which has tokens in it.
            raise Unavailable(
                f"The issuer `{self.name}`", "its answer to the code cannot be read."
            ) from None

    async def _verify(self, token: str, nonce: str, now: Instant) -> Claims:
        """Return the claims of an identity token that was made for this login."""
        keys = await self.parts.issuer.keys(read_header(token))
        client_id = self.parts.settings.client_id
        claims = verify(token, keys, Expected(self.parts.issuer.url, client_id), now)
        said = claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
            raise BadInput("the token was made for another login")
        if claims.get("azp", client_id) != client_id:
            raise BadInput("the token was made for another program")
        return claims

    async def _discovery(self) -> Discovery:
        """Return what the issuer says of itself, if people can sign in there."""
        found = await self.parts.issuer.discovery()
        places = (found.authorization_endpoint, found.token_endpoint)
        if not all(_PLACE.fullmatch(place) for place in places):
            raise Unavailable(f"The issuer `{self.name}`", "people cannot sign in there.")
        return found


def read_arrival(claims: Claims, settings: OidcSettings) -> Arrival:
    """Return who the claims of a proven token are about.

    Raises:
        BadInput: the claim that is the name is missing, unproven, or no name for a user.
    """
    name = claims.get(settings.user_claim)
    if not isinstance(name, str):
        raise BadInput(f"the token has no claim `{settings.user_claim}` with a name")
    if settings.user_claim == "email" and claims.get("email_verified") is not True:
        raise BadInput("the issuer has not verified the e-mail address")
    said = claims.get(settings.groups_claim)
    listed = said if isinstance(said, list) else [said]
    return Arrival(
        parse_person_name(name),
        frozenset(each for each in listed if isinstance(each, str)),
        settings.groups,
        adds_user=settings.add_users,
        links_any=settings.link_users,
    )


def _random() -> str:
    """Return 256 random bits that may stand in an address. Source: RFC 7636, 4.1."""
    return secrets.token_urlsafe(32)


def _challenge(verifier: str) -> str:
    """Return what proves later that we know ``verifier``. Source: RFC 7636, 4.2."""
    return _text(hashlib.sha256(verifier.encode()).digest())


def _seal(ticket: _Ticket, key: bytes) -> str:
    """Return a ticket as text that nobody else can write."""
    content = msgspec.json.encode(ticket)
    return f"{_text(content)}.{_text(_seal_of(content, key))}"


def _open(text: str, key: bytes) -> _Ticket | None:
    """Return the ticket that we wrote; None if it is none of ours."""
    content, _, seal = text.partition(".")
    try:
        data = base64.urlsafe_b64decode(content + "==")
        shown = base64.urlsafe_b64decode(seal + "==")
    except ValueError:
        return None
    if not hmac.compare_digest(shown, _seal_of(data, key)):
        return None
    return msgspec.json.decode(data, type=_Ticket)


def _seal_of(content: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=32, key=key, person=_PURPOSE).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _refused(reason: str) -> Refused:
    return Refused("Signing in", f"{reason}.")
