"""Trusted publishing over HTTP, as PyPI's clients expect it."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.asgi import Call
from support.catalogs import new_catalog
from support.issuer import Issuer, running_issuer
from wheelyard.access.elsewhere import Elsewhere, ElsewhereRules, open_elsewhere
from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.publishers import NewPublisher
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import IndexName, ProjectName
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange, Message
from wheelyard.server.oidc import Oidc
from wheelyard.server.sign_in import SignIn
from wheelyard.settings import AccessSettings, OidcSettings

pytestmark = pytest.mark.anyio

BASE = "https://packages.example"
AUDIENCE = "packages.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Run an issuer."""
    with running_issuer() as running:
        yield running


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with new_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def elsewhere(
    catalog: Catalog, clock: FrozenClock, issuer: Issuer
) -> AsyncIterator[tuple[Catalog, Elsewhere]]:
    """Open a catalog that trusts the issuer's runs of one repository."""
    settings = OidcSettings(name="own", issuer=issuer.url)
    rules = ElsewhereRules((settings,), AccessSettings(), BASE, bytes(32))
    publisher = NewPublisher(
        IndexName("main"), ProjectName("app"), "own", {"repository": "acme/app"}
    )
    await catalog.publishers.add(publisher, Actor("root"))
    async with open_elsewhere(catalog, clock, rules) as opened:
        yield catalog, opened


def handler(opened: Elsewhere, *, read_only: bool = False) -> Oidc:
    """Return what answers below `/_/`."""
    addresses = Addresses(BASE)
    sign_in = SignIn(opened.logins, opened.sessions, addresses)
    return Oidc(opened.publishing, sign_in, addresses, read_only)


@dataclass(slots=True)
class Post(Call):
    """A request with a body."""

    content: bytes = b""
    sent: list[Message] = field(default_factory=list)

    @property
    def exchange(self) -> Exchange:
        """The request as handlers see it."""
        return Exchange(self.scope, self.receive, self.send, self.target.removeprefix("/"))

    async def receive(self) -> Message:
        """Return the body."""
        return {"type": "http.request", "body": self.content, "more_body": False}


async def mint(oidc: Oidc, content: bytes, path: str = "oidc/mint-token") -> Post:
    """Ask for a token, and return the call."""
    call = Post(f"/_/{path}", method="POST", content=content)
    await oidc(call.exchange, path.split("/"))
    return call


def assertion(issuer: Issuer, clock: FrozenClock, **claims: object) -> bytes:
    """Return a request with an assertion that is trusted, except for what is changed in it."""
    whole = {"aud": AUDIENCE, "repository": "acme/app", **claims}
    return json.dumps({"token": issuer.sign(whole, now=clock.now())}).encode()


async def test_audience_is_told(elsewhere: tuple[Catalog, Elsewhere]) -> None:
    """Clients ask for it before they ask their issuer."""
    call = Call("/_/oidc/audience")
    await handler(elsewhere[1])(call.exchange, ["oidc", "audience"])

    assert call.status == 200
    assert json.loads(call.body) == {"audience": AUDIENCE}


@pytest.mark.parametrize("path", ["oidc/mint-token", "oidc/github/mint-token"])
async def test_assertion_is_exchanged_as_pypi_does(
    elsewhere: tuple[Catalog, Elsewhere], issuer: Issuer, clock: FrozenClock, path: str
) -> None:
    """200 with `success`, `token` and `expires` in whole seconds; at the older address too."""
    call = await mint(handler(elsewhere[1]), assertion(issuer, clock), path)

    answer = json.loads(call.body)
    assert call.status == 200
    assert set(answer) == {"success", "token", "expires"}
    assert answer["success"] is True
    assert answer["token"].startswith("wyd_")
    assert answer["expires"] == int(clock.now()) + 900
    assert call.headers["cache-control"] == "private, no-store"
    log = await elsewhere[0].audit.since()
    assert {row.origin for row in log if row.action == "publisher.mint"} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid-payload"),
        (b"token=x", "invalid-payload"),
        (b"{}", "invalid-payload"),
        (b'{"token": 7}', "invalid-payload"),
        (b'["token"]', "invalid-payload"),
        (b'{"token": "' + b"x" * 40_000 + b'"}', "invalid-payload"),
        (b'{"token": "x"}', "invalid-token"),
        (b'{"token": ""}', "invalid-token"),
    ],
    ids=["empty", "form", "nothing", "number", "list", "huge", "no-token", "empty-token"],
)
async def test_request_that_is_none_is_422_with_a_code(
    elsewhere: tuple[Catalog, Elsewhere], content: bytes, code: str
) -> None:
    """`message` and a list of `errors`, without which twine fails in its own way."""
    call = await mint(handler(elsewhere[1]), content)

    answer = json.loads(call.body)
    assert call.status == 422
    assert answer["message"] == "Token request failed"
    assert [error["code"] for error in answer["errors"]] == [code]
    assert answer["errors"][0]["description"]


async def test_second_use_and_strangers_are_422_with_a_code(
    elsewhere: tuple[Catalog, Elsewhere], issuer: Issuer, clock: FrozenClock
) -> None:
    """The codes are PyPI's."""
    oidc, content = handler(elsewhere[1]), assertion(issuer, clock)
    await mint(oidc, content)

    again = await mint(oidc, content)
    stranger = await mint(oidc, assertion(issuer, clock, repository="evil/app"))

    calls = (again, stranger)
    assert [call.status for call in calls] == [422, 422]
    assert [json.loads(call.body)["errors"][0]["code"] for call in calls] == [
        "invalid-reuse-token",
        "invalid-publisher",
    ]


@pytest.mark.parametrize("way", ["no-issuer", "read-only", "offline"])
async def test_feature_that_is_off_is_403(
    catalog: Catalog, clock: FrozenClock, issuer: Issuer, way: str
) -> None:
    """For both addresses, with PyPI's code."""
    settings = () if way == "no-issuer" else (OidcSettings(name="own", issuer=issuer.url),)
    rules = ElsewhereRules(settings, AccessSettings(), BASE, bytes(32), is_offline=way == "offline")
    call = Call("/_/oidc/audience")
    async with open_elsewhere(catalog, clock, rules) as opened:
        oidc = handler(opened, read_only=way == "read-only")
        minted = await mint(oidc, assertion(issuer, clock))
        await oidc(call.exchange, ["oidc", "audience"])

    assert (minted.status, call.status) == (403, 403)
    assert json.loads(minted.body)["errors"][0]["code"] == "not-enabled"


async def test_issuer_that_is_away_is_an_outage(
    elsewhere: tuple[Catalog, Elsewhere], issuer: Issuer, clock: FrozenClock
) -> None:
    """503 from the edge, and a client may try again: the assertion is not used up."""
    oidc, content = handler(elsewhere[1]), assertion(issuer, clock)
    issuer.down = True
    try:
        with pytest.raises(Unavailable):
            await mint(oidc, content)
    finally:
        issuer.down = False
    clock.forward(2)

    assert (await mint(oidc, content)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "oidc/audience", "GET, HEAD"), ("GET", "oidc/mint-token", "POST")],
)
async def test_other_methods_are_405(
    elsewhere: tuple[Catalog, Elsewhere], method: str, path: str, allowed: str
) -> None:
    """A token is never made by following a link."""
    call = Call(f"/_/{path}", method=method)
    await handler(elsewhere[1])(call.exchange, path.split("/"))

    assert call.status == 405
    assert call.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["", "oidc", "oidc/x", "oidc/mint-token/", "x"])
async def test_other_addresses_are_absent(elsewhere: tuple[Catalog, Elsewhere], path: str) -> None:
    """Nothing else lives below `/_/`."""
    with pytest.raises(Absent):
        await handler(elsewhere[1])(Call(f"/_/{path}").exchange, path.split("/"))
