"""Below ``/_/``: trusted publishing as PyPI speaks it, and signing in at an issuer.

``GET /_/oidc/audience``, ``POST /_/oidc/mint-token``. Clients build these from scheme and host of
the upload address alone, so they are at the root of the host, whatever the index.
Source: PyPI, "Trusted Publishers", internals; ``standards.md`` 2.8.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import msgspec

from wheelyard.access.publishing import Minted, MintProblem, TrustedPublishing
from wheelyard.app import App
from wheelyard.errors import Absent, BadInput
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange
from wheelyard.server.problems import method_not_allowed, mint_status
from wheelyard.server.sign_in import SignIn
from wheelyard.server.small_body import read_small_body

__all__ = ["Oidc", "oidc_routes"]

_MAX_BYTES: Final = 32 * 1024
_FAILED: Final = "Token request failed"


class _Request(msgspec.Struct, frozen=True):
    """What is sent to be exchanged."""

    token: str


@dataclass(frozen=True, slots=True)
class Oidc:
    """Answers everything below ``/_/``. With ``read_only`` no token is made by anybody."""

    publishing: TrustedPublishing
    sign_in: SignIn
    addresses: Addresses
    read_only: bool = False
    methods: frozenset[str] = frozenset({"GET", "HEAD", "POST"})

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``_`` in the path."""
        match parts:
            case ["oidc", "audience"]:
                await self._audience(exchange)
            case ["oidc", "mint-token"] | ["oidc", "github", "mint-token"]:
                await self._mint(exchange)
            case ["login" | "logout", *_]:
                await self.sign_in(exchange, parts)
            case _:
                path = "/".join(parts)[:100]
                raise Absent(f"`/_/{path}`")

    @property
    def _is_on(self) -> bool:
        return self.publishing.is_on and not self.read_only

    async def _audience(self, exchange: Exchange) -> None:
        """Say what assertions have to be made for."""
        if exchange.scope["method"] not in {"GET", "HEAD"}:
            await exchange.problem(method_not_allowed("GET, HEAD"))
        elif not self._is_on:
            await _send_off(exchange)
        else:
            await _send(exchange, HTTPStatus.OK, {"audience": self.publishing.audience})

    async def _mint(self, exchange: Exchange) -> None:
        """Exchange an assertion for a token."""
        if exchange.scope["method"] != "POST":
            await exchange.problem(method_not_allowed("POST"))
            return
        if not self._is_on:
            await _send_off(exchange)
            return
        try:
            body = await read_small_body(exchange, _MAX_BYTES)
            token = msgspec.json.decode(body, type=_Request).token
        except (msgspec.MsgspecError, BadInput):
            sentence = 'the body is not JSON such as {"token": "..."}.'
            await _send_problem(exchange, MintProblem("invalid-payload", sentence))
            return
        origin = self.addresses.client_of(exchange.scope)
        match await self.publishing.mint(token, origin):
            case Minted() as minted:
                document = {
                    "success": True,
                    "token": minted.text,
                    "expires": int(minted.expires_at),
                }
                await _send(exchange, HTTPStatus.OK, document)
            case MintProblem() as problem:
                await _send_problem(exchange, problem)


def oidc_routes(app: App, addresses: Addresses) -> Oidc:
    """Return what answers below ``/_/`` of a running program."""
    elsewhere, read_only = app.elsewhere, app.settings.server.read_only
    sign_in = SignIn(elsewhere.logins, elsewhere.sessions, addresses, read_only)
    return Oidc(elsewhere.publishing, sign_in, addresses, read_only)


async def _send_off(exchange: Exchange) -> None:
    """Say that nobody is trusted here."""
    sentence = "Trusted publishing is off: this server has no `[oidc.NAME]`, or is read-only."
    await _send_problem(exchange, MintProblem("not-enabled", sentence))


async def _send_problem(exchange: Exchange, problem: MintProblem) -> None:
    """Say why there is no token."""
    errors = [{"code": problem.code, "description": problem.description}]
    document = {"message": _FAILED, "errors": errors}
    await _send(exchange, mint_status(problem.code), document)


async def _send(exchange: Exchange, status: HTTPStatus, document: object) -> None:
    """Send a document that nobody may keep."""
    body = msgspec.json.encode(document)
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"private, no-store"),
        (b"x-content-type-options", b"nosniff"),
    )
    await exchange.answer(status, headers, body)
