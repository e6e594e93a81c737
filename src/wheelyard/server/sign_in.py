"""Signing in with a browser: ``/_/login`` and below, ``/_/logout``.

What changes something is a POST from a page of ours: the cookie does not come along from elsewhere
(``SameSite``), and where the request comes from is looked at besides. No page runs a script.
Source: RFC 6265bis, 4.1.3 and 5.8 (cookies); Fetch Metadata; RFC 9700 (OAuth security).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from wheelyard.access.login import Login, Returned
from wheelyard.access.sessions import Session, Sessions
from wheelyard.catalog.audit import Actor
from wheelyard.errors import Absent, Refused
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange, Header
from wheelyard.server.problems import method_not_allowed

__all__ = ["SignIn"]

SESSION_COOKIE: Final = "wheelyard-session"
TICKET_COOKIE: Final = "wheelyard-login"
TICKET_SECONDS: Final = 600
_MAX_QUERY: Final = 16 * 1024
_MAX_FIELDS: Final = 20

_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Wheelyard</title></head>
<body>
<h1>Wheelyard</h1>
{content}
</body>
</html>
"""
_SIGNED_IN: Final = """\
<p>You are signed in as <b>{user}</b>, until {until}.</p>
<form method="post" action="login/token"><button>Make a token</button></form>
<p>A token is the password of the user <code>__token__</code>, for pip, uv and twine.</p>
<form method="post" action="logout"><button>Sign out</button></form>"""
_HANDED_OUT: Final = """\
{text}

This token is shown once. It is good for installing and uploading as {user}, until {until}.
Use it as the password of the user `__token__`.
"""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The routes of signing in. With ``read_only`` no session and no token is made."""

    logins: tuple[Login, ...]
    sessions: Sessions
    addresses: Addresses
    read_only: bool = False

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``_`` in the path."""
        if not self.logins:
            raise Absent("A login with a browser", "this server: it has no `[oidc.NAME] client_id`")
        method = exchange.scope["method"]
        match method, parts:
            case "GET", ["login"]:
                await self._show(exchange)
            case "GET", ["login", "callback"]:
                await self._come_back(exchange)
            case "POST", ["login", "token"]:
                await self._hand_out(exchange)
            case "POST", ["logout"]:
                await self._sign_out(exchange)
            case _, ["login"] | ["login", "callback"]:
                await exchange.problem(method_not_allowed("GET"))
            case _, ["login", "token"] | ["logout"]:
                await exchange.problem(method_not_allowed("POST"))
            case _:
                raise Absent(f"`/_/{'/'.join(parts)[:100]}`")

    def session_of(self, exchange: Exchange) -> Session | None:
        """Return the session that a request shows, if it is good now."""
        text = self._cookie(exchange, SESSION_COOKIE)
        return self.sessions.find(text) if text else None

    async def _show(self, exchange: Exchange) -> None:
        """Show who is signed in; or begin, where there is no choice."""
        session = self.session_of(exchange)
        wanted = _query(exchange).get("with")
        chosen = [login for login in self.logins if wanted in {None, login.name}]
        if session is not None and wanted is None:
            until = _moment(session.expires_at)
            await _send_page(exchange, _SIGNED_IN.format(user=escape(session.user), until=until))
        elif len(chosen) == 1:
            await self._begin(exchange, chosen[0])
        else:
            links = "\n".join(
                f'<p><a href="login?with={quote(login.name)}">Sign in with {escape(login.name)}'
                "</a></p>"
                for login in self.logins
            )
            await _send_page(exchange, links)

    async def _begin(self, exchange: Exchange, login: Login) -> None:
        """Send the browser to the issuer."""
        self._refuse_read_only()
        begun = await login.begin(self._callback(exchange))
        cookie = self._set_cookie(exchange, TICKET_COOKIE, begun.ticket, TICKET_SECONDS)
        await _redirect(exchange, begun.url, [cookie])

    async def _come_back(self, exchange: Exchange) -> None:
        """Take the issuer's answer, and open a session."""
        self._refuse_read_only()
        ticket = self._cookie(exchange, TICKET_COOKIE)
        returned = Returned(_query(exchange), ticket, self._callback(exchange))
        login = next((each for each in self.logins if each.began(ticket)), None)
        if login is None:
            raise Refused("Signing in", "this browser did not begin to. Begin at `/_/login`.")
        arrival = await login.finish(returned)
        actor = Actor(arrival.user, self.addresses.client_of(exchange.scope))
        issued = await self.sessions.open(arrival, actor)
        seconds = int(self.sessions.parts.seconds)
        cookies = [
            self._set_cookie(exchange, SESSION_COOKIE, issued.text, seconds),
            self._set_cookie(exchange, TICKET_COOKIE, "", 0),
        ]
        await _redirect(exchange, "../login", cookies)

    async def _hand_out(self, exchange: Exchange) -> None:
        """Show a new token of whoever is signed in, once."""
        self._refuse_read_only()
        session = self._asked_by(exchange)
        issued = await self.sessions.hand_out(session, self.addresses.client_of(exchange.scope))
        until = _moment(issued.expires_at)
        text = _HANDED_OUT.format(text=issued.text, user=issued.user, until=until)
        await _send(exchange, b"text/plain; charset=utf-8", text.encode())

    async def _sign_out(self, exchange: Exchange) -> None:
        """End the session, here and in the browser."""
        session = self._asked_by(exchange)
        await self.sessions.close(session, self.addresses.client_of(exchange.scope))
        cookie = self._set_cookie(exchange, SESSION_COOKIE, "", 0)
        await _send(exchange, b"text/plain; charset=utf-8", b"You are signed out.\n", [cookie])

    def _asked_by(self, exchange: Exchange) -> Session:
        """Return the session of a request that a page of ours has sent.

        Raises:
            Refused: another page sent it, or nobody is signed in.
        """
        if not self._is_ours(exchange):
            raise Refused("This request", "it was sent by a page of another site.")
        session = self.session_of(exchange)
        if session is None:
            raise Refused("This request", "nobody is signed in; begin at `/_/login`.")
        return session

    def _is_ours(self, exchange: Exchange) -> bool:
        """Say whether a page of ours sent this request, by what browsers say of it."""
        site = exchange.header(b"sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        place = urlsplit(exchange.header(b"origin") or "").netloc
        base = urlsplit(self.addresses.base_of(exchange.scope)).netloc
        return bool(place) and place in {base, exchange.header(b"host")}

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise Refused("Signing in", "this server is read-only.")

    def _callback(self, exchange: Exchange) -> str:
        return f"{self.addresses.base_of(exchange.scope)}_/login/callback"

    def _is_secure(self, exchange: Exchange) -> bool:
        return self.addresses.base_of(exchange.scope).startswith("https:")

    def _cookie_name(self, exchange: Exchange, name: str) -> str:
        """Return a name that, over HTTPS, no other host and no plain page can set."""
        return f"__Host-{name}" if self._is_secure(exchange) else name

    def _cookie(self, exchange: Exchange, name: str) -> str:
        """Return a cookie of the request; empty if there is none, or more than one."""
        wanted = self._cookie_name(exchange, name)
        header = (exchange.header(b"cookie") or "").replace(",", ";")
        pairs = [part.strip().partition("=") for part in header.split(";")]
        values = [value for key, _, value in pairs if key == wanted]
        return values[0] if len(values) == 1 else ""

    def _set_cookie(self, exchange: Exchange, name: str, value: str, seconds: int) -> Header:
        """Return the header that has the browser keep a cookie, or forget it."""
        secure = "; Secure" if self._is_secure(exchange) else ""
        text = (
            f"{self._cookie_name(exchange, name)}={value}; Path=/; Max-Age={seconds}; HttpOnly; "
            f"SameSite=Lax{secure}"
        )
        return b"set-cookie", text.encode("ascii")


def _query(exchange: Exchange) -> Mapping[str, str]:
    """Return the query of a request; of fields that come twice, none."""
    text = exchange.scope.get("query_string", b"").decode("latin-1")[:_MAX_QUERY]
    try:
        pairs = parse_qsl(text, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M} UTC"


async def _send_page(exchange: Exchange, content: str) -> None:
    body = _PAGE.format(content=content).encode()
    await _send(exchange, b"text/html; charset=utf-8", body)


async def _send(
    exchange: Exchange, content_type: bytes, body: bytes, more: list[Header] | None = None
) -> None:
    """Send what is for one person and for this moment."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await exchange.answer(HTTPStatus.OK, [*headers, *_PRIVATE, *(more or [])], body)


async def _redirect(exchange: Exchange, location: str, cookies: list[Header]) -> None:
    headers = [(b"location", location.encode("ascii")), (b"content-length", b"0")]
    await exchange.answer(HTTPStatus.SEE_OTHER, [*headers, *_PRIVATE, *cookies])


_PRIVATE: Final = (
    (b"cache-control", b"private, no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)
