"""Signing in with a browser: the whole way, and what a page of another site cannot do."""

import http.client
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import anyio.to_thread
import pytest

from server.asgi import Call
from support.catalogs import new_catalog
from support.issuer import Issuer, running_issuer
from wheelyard.access.elsewhere import ElsewhereRules, open_elsewhere
from wheelyard.access.tokens import read_token_id
from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import NewUser
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused
from wheelyard.server.address import Addresses
from wheelyard.server.sign_in import SignIn
from wheelyard.settings import AccessSettings, OidcSettings, Secret

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="looks sessions up in place, as requests do"),
]

BASE = "https://packages.example/root"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Run an issuer whose person is Alice."""
    with running_issuer() as running:
        running.person = {"preferred_username": "alice"}
        yield running


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with new_catalog(tmp_path, clock) as opened:
        yield opened


def settings(issuer: Issuer, name: str = "own") -> OidcSettings:
    """Return an issuer where people sign in."""
    return OidcSettings(
        name=name, issuer=issuer.url, client_id="wheelyard", client_secret=Secret("hush")
    )


@pytest.fixture
async def sign_in(
    catalog: Catalog, clock: FrozenClock, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SignIn]:
    """Open the routes on a catalog that knows Alice."""
    monkeypatch.setattr("support.issuer.time.time", clock.now)
    await catalog.people.add_user(NewUser("alice"), Actor("root"))
    rules = ElsewhereRules((settings(issuer),), AccessSettings(), BASE, bytes(32))
    async with open_elsewhere(catalog, clock, rules) as opened:
        yield SignIn(opened.logins, opened.sessions, Addresses(BASE))


@dataclass(slots=True)
class Browser:
    """Keeps cookies, and goes where it is sent."""

    sign_in: SignIn
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, method: str = "GET", **fields: str) -> Call:
        """Send a request below `/_/` with the cookies that there are."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        call = Call(f"/_/{path}", {"Cookie": cookie, **fields}, method)
        await self.sign_in(call.exchange, path.partition("?")[0].split("/"))
        for name, value in call.messages[0]["headers"]:
            if name == b"set-cookie":
                key, _, content = value.decode().partition("=")
                self.cookies[key] = content.partition(";")[0]
        return call

    async def post(self, path: str, fields: dict[str, str]) -> Call:
        """Send a form."""
        return await self.ask(path, "POST", **fields)

    async def sign_up_to_the_issuer(self) -> str:
        """Go to the issuer, and return the way back that it sends to."""
        begun = await self.ask("login")
        assert begun.status == 303
        parts = urlsplit(dict(begun.messages[0]["headers"])[b"location"].decode())

        def go() -> str:
            connection = http.client.HTTPConnection(parts.netloc)
            connection.request("GET", f"{parts.path}?{parts.query}")
            location = connection.getresponse().getheader("Location") or ""
            connection.close()
            return location

        location = await anyio.to_thread.run_sync(go)
        assert location.startswith(f"{BASE}/_/login/callback?")
        return f"login/callback?{urlsplit(location).query}"

    async def arrive(self) -> Call:
        """Sign in, all the way."""
        return await self.ask(await self.sign_up_to_the_issuer())


def set_cookies(call: Call) -> list[str]:
    """Return what the browser is told to keep."""
    headers = call.messages[0]["headers"]
    return [value.decode() for name, value in headers if name == b"set-cookie"]


async def test_person_signs_in_takes_a_token_and_signs_out(
    sign_in: SignIn, catalog: Catalog
) -> None:
    """The whole way, with a browser that runs no script."""
    browser = Browser(sign_in)
    back = await browser.arrive()
    page = await browser.ask("login")
    handed = await browser.post("login/token", OURS)
    out = await browser.post("logout", OURS)
    after = await browser.ask("login")

    assert (back.status, dict(back.messages[0]["headers"])[b"location"]) == (303, b"../login")
    assert b"signed in as <b>alice</b>" in page.body
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert handed.headers["content-type"] == "text/plain; charset=utf-8"
    token = handed.body.decode().splitlines()[0]
    assert read_token_id(token) in {row.id for row in await catalog.tokens.load("alice")}
    assert out.status == 200
    assert after.status == 303  # to the issuer again: nobody is signed in


async def test_cookies_are_as_safe_as_they_get(sign_in: SignIn) -> None:
    """Not for scripts, not for other sites, not in the clear, and not from another host."""
    browser = Browser(sign_in)
    begun = await browser.ask("login")
    back = await browser.arrive()

    (ticket,) = set_cookies(begun)
    session, cleared = set_cookies(back)
    assert ticket.startswith("__Host-wheelyard-login=")
    assert session.startswith("__Host-wheelyard-session=wyd_")
    assert cleared.startswith("__Host-wheelyard-login=; Path=/; Max-Age=0;")
    for cookie in (ticket, session):
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert "Max-Age=43200" in session


async def test_pages_are_for_one_person_and_run_nothing(sign_in: SignIn) -> None:
    """No cache keeps them, no frame shows them, no script runs in them."""
    browser = Browser(sign_in)
    await browser.arrive()

    for call in (await browser.ask("login"), await browser.post("login/token", OURS)):
        assert call.headers["cache-control"] == "private, no-store"
        policy = call.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert call.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Host": "packages.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://packages.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["login/token", "logout"])
async def test_request_of_another_site_is_refused(
    sign_in: SignIn, catalog: Catalog, path: str, fields: dict[str, str]
) -> None:
    """Even if a browser sent the cookie along."""
    browser = Browser(sign_in)
    await browser.arrive()
    before = await catalog.tokens.load()

    with pytest.raises(Refused, match="another site"):
        await browser.post(path, fields)

    assert await catalog.tokens.load() == before


@pytest.mark.parametrize("host", ["packages.example", "inside.example:8765"])
async def test_older_browser_says_where_a_form_came_from(sign_in: SignIn, host: str) -> None:
    """The address of the page is ours: the configured one, or the one that was asked."""
    browser = Browser(sign_in)
    await browser.arrive()
    fields = {"Origin": f"https://{host}", "Host": host}

    assert (await browser.post("login/token", fields)).status == 200


async def test_nobody_gets_no_token(sign_in: SignIn) -> None:
    """Without a cookie, with one that is made up, and with two."""
    browser = Browser(sign_in)
    await browser.arrive()
    own = browser.cookies["__Host-wheelyard-session"]
    made_up = {"Cookie": "__Host-wheelyard-session=wyd_x"}
    twice = {"Cookie": f"__Host-wheelyard-session={own}; __Host-wheelyard-session={own}"}

    for cookies in ({"Cookie": ""}, made_up, twice, {"Cookie": f"wheelyard-session={own}"}):
        call = Call("/_/login/token", {**OURS, **cookies}, "POST")
        with pytest.raises(Refused, match="nobody is signed in"):
            await sign_in(call.exchange, ["login", "token"])


async def test_answer_without_a_beginning_is_refused(sign_in: SignIn) -> None:
    """A link with somebody else's code signs nobody in."""
    back = await Browser(sign_in).sign_up_to_the_issuer()

    with pytest.raises(Refused, match="did not begin"):
        await Browser(sign_in).ask(back)


async def test_stranger_is_told_that_they_are_none_of_ours(
    sign_in: SignIn, catalog: Catalog
) -> None:
    """The issuer knows them, and we do not."""
    await catalog.people.remove_user("alice", Actor("root"))

    with pytest.raises(Refused, match="`alice` is no user of this server"):
        await Browser(sign_in).arrive()


async def test_several_issuers_are_a_choice(
    catalog: Catalog, clock: FrozenClock, issuer: Issuer
) -> None:
    """A page with a link for each."""
    rules = ElsewhereRules(
        (settings(issuer), settings(issuer, "other")), AccessSettings(), BASE, bytes(32)
    )
    async with open_elsewhere(catalog, clock, rules) as opened:
        browser = Browser(SignIn(opened.logins, opened.sessions, Addresses(BASE)))
        page = await browser.ask("login")
        chosen = await browser.ask("login?with=other")
        unknown = await browser.ask("login?with=nobody")

    assert b'<a href="login?with=own">' in page.body
    assert b'<a href="login?with=other">' in page.body
    assert chosen.status == 303
    assert unknown.body == page.body


async def test_cookies_work_on_this_machine_without_https(
    catalog: Catalog, clock: FrozenClock, issuer: Issuer
) -> None:
    """There the names are plain, because the strict ones need HTTPS."""
    rules = ElsewhereRules((settings(issuer),), AccessSettings(), "", bytes(32))
    async with open_elsewhere(catalog, clock, rules) as opened:
        begun = await Browser(SignIn(opened.logins, opened.sessions, Addresses(""))).ask("login")

    (cookie,) = set_cookies(begun)
    assert cookie.startswith("wheelyard-login=")
    assert "Secure" not in cookie


async def test_server_that_is_read_only_opens_no_session(sign_in: SignIn) -> None:
    """A session is a row."""
    closed = SignIn(sign_in.logins, sign_in.sessions, sign_in.addresses, read_only=True)

    with pytest.raises(Refused, match="read-only"):
        await Browser(closed).ask("login")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "login"), ("HEAD", "login/callback"), ("GET", "login/token"), ("GET", "logout")],
)
async def test_other_methods_are_405(sign_in: SignIn, method: str, path: str) -> None:
    """Nothing changes by following a link."""
    assert (await Browser(sign_in).ask(path, method)).status == 405


async def test_other_addresses_are_absent(sign_in: SignIn) -> None:
    """And without an issuer for people, all of them are."""
    with pytest.raises(Absent):
        await Browser(sign_in).ask("login/x")
    with pytest.raises(Absent, match="client_id"):
        await Browser(SignIn((), sign_in.sessions, sign_in.addresses)).ask("login")
