"""Signing in at an issuer: the way there and back, and every way to cheat on it."""

import base64
import http.client
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import anyio.to_thread
import pytest

from support.issuer import Issuer as SigningIssuer
from support.issuer import make_key, running_issuer
from wheelyard.access.issuers import Issuer
from wheelyard.access.login import Begun, Login, LoginParts, Returned, read_arrival
from wheelyard.catalog.arrivals import Arrival
from wheelyard.clock import FrozenClock
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.settings import OidcSettings, Secret
from wheelyard.transport import IssuerClient, IssuerRules

pytestmark = pytest.mark.anyio

KEY = bytes(32)
BACK = "https://packages.example/_/login/callback"
PERSON: dict[str, object] = {"sub": "1", "preferred_username": "Alice", "groups": ["devs"]}


@pytest.fixture(scope="module")
def running() -> Iterator[SigningIssuer]:
    """Run an issuer for all tests here."""
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def signer(running: SigningIssuer) -> SigningIssuer:
    """Return the issuer as it was at first."""
    running.person, running.documents = dict(PERSON), {}
    return running


@pytest.fixture
async def login(signer: SigningIssuer, clock: FrozenClock) -> AsyncIterator[Login]:
    """Open a login at the issuer, at the time that it is there."""
    settings = OidcSettings(
        name="own", issuer=signer.url, client_id="wheelyard", client_secret=Secret("hush")
    )
    async with IssuerClient(IssuerRules(signer.url)) as client:
        issuer = Issuer("own", signer.url, client, clock)
        yield Login(LoginParts(issuer, client, settings, KEY, clock))


@pytest.fixture(autouse=True)
def present(clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the issuer live in the same second as we."""
    monkeypatch.setattr("support.issuer.time.time", clock.now)


async def visit(begun: Begun) -> Returned:
    """Do what a browser does: go to the issuer, and come back."""
    parts = urlsplit(begun.url)

    def go() -> str:
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request("GET", f"{parts.path}?{parts.query}")
        location = connection.getresponse().getheader("Location") or ""
        connection.close()
        return location

    location = urlsplit(await anyio.to_thread.run_sync(go))
    return Returned(dict(parse_qsl(location.query)), begun.ticket, BACK)


async def test_person_is_signed_in(login: Login) -> None:
    """Who it is, in our spelling, with the groups of the claim."""
    begun = await login.begin(BACK)
    arrival = await login.finish(await visit(begun))

    assert arrival == Arrival("alice", frozenset({"devs"}))
    assert login.began(begun.ticket)


async def test_request_has_what_protects_it(login: Login) -> None:
    """PKCE, a state and a nonce, each of its own in every login."""
    urls = [(await login.begin(BACK)).url for _ in range(2)]

    first, second = (dict(parse_qsl(urlsplit(url).query)) for url in urls)
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == BACK
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43
        assert first[name] != second[name]


async def test_ticket_ends_after_ten_minutes(login: Login, clock: FrozenClock) -> None:
    """What lies around in a browser is of no use."""
    returned = await visit(await login.begin(BACK))
    clock.forward(600)

    with pytest.raises(Refused, match="too long ago"):
        await login.finish(returned)


async def test_code_is_good_once(login: Login) -> None:
    """The issuer says so, and we believe it."""
    returned = await visit(await login.begin(BACK))
    await login.finish(returned)

    with pytest.raises(Refused, match="status 400"):
        await login.finish(returned)


async def test_answer_to_another_browser_is_refused(login: Login) -> None:
    """Whoever is sent a link with somebody else's code is not signed in as them."""
    mine, yours = await login.begin(BACK), await login.begin(BACK)
    returned = await visit(yours)

    with pytest.raises(Refused, match="another login"):
        await login.finish(replace(returned, ticket=mine.ticket))


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"state": ""}, "another login"),
        ({"state": "\u00e9"}, "another login"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"code": None, "error": "access_denied"}, "access_denied"),
        ({"code": None}, "nothing"),
        ({"code": "made-up"}, "status 400"),
    ],
    ids=["no-state", "odd-state", "mix-up", "denied", "no-code", "made-up"],
)
async def test_answer_that_is_none_is_refused(
    login: Login, query: Mapping[str, str | None], problem: str
) -> None:
    """Each with a sentence for the person who tried."""
    returned = await visit(await login.begin(BACK))
    whole = {**returned.query, **query}
    changed = {name: value for name, value in whole.items() if value is not None}

    with pytest.raises(Refused, match=problem):
        await login.finish(replace(returned, query=changed))


@pytest.mark.parametrize("ticket", ["", "x", "x.y", "\u00e9", "%.%", "."])
async def test_ticket_that_we_did_not_write_is_refused(login: Login, ticket: str) -> None:
    """Made up, or of another server."""
    returned = await visit(await login.begin(BACK))

    with pytest.raises(Refused, match="did not begin"):
        await login.finish(replace(returned, ticket=ticket))


async def test_ticket_that_was_changed_is_refused(login: Login) -> None:
    """Nobody chooses a state for somebody else."""
    begun = await login.begin(BACK)
    content, _, seal = begun.ticket.partition(".")
    opened = json.loads(base64.urlsafe_b64decode(content + "=="))
    opened["state"] = "chosen"
    forged = base64.urlsafe_b64encode(json.dumps(opened).encode()).rstrip(b"=").decode()

    assert not login.began(f"{forged}.{seal}")


@pytest.mark.parametrize(
    ("person", "problem"),
    [
        ({"nonce": "other"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"aud": "other"}, "not for the audience"),
        ({"aud": ["wheelyard", "other"], "azp": "other"}, "another program"),
        ({"exp": 1}, "expired"),
        ({"preferred_username": None}, "no claim `preferred_username`"),
        ({"preferred_username": "a b"}, "not a name for a user"),
        ({"preferred_username": "publisher:1"}, "not a name for a user"),
    ],
    ids=str,
)
async def test_token_that_is_not_for_this_login_is_refused(
    login: Login, signer: SigningIssuer, person: dict[str, object], problem: str
) -> None:
    """Signed by the right issuer, and still of no use here."""
    signer.person |= person

    with pytest.raises(Refused, match=problem):
        await login.finish(await visit(await login.begin(BACK)))


async def test_token_of_a_stranger_is_refused(login: Login, signer: SigningIssuer) -> None:
    """Whoever stands between us and the issuer has no key of it."""
    begun = await login.begin(BACK)
    await login.finish(await visit(begun))  # the keys are known from here on
    own, signer.keys = signer.keys, [make_key("first")]
    try:
        with pytest.raises(Refused, match="signature"):
            await login.finish(await visit(await login.begin(BACK)))
    finally:
        signer.keys = own


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"]])
async def test_secret_goes_the_way_the_issuer_takes_it(
    login: Login, signer: SigningIssuer, methods: list[str]
) -> None:
    """In the header, unless the issuer wants it in the form; the fake one takes the header."""
    signer.documents = {"token_endpoint_auth_methods_supported": methods}
    returned = await visit(await login.begin(BACK))

    if methods == ["client_secret_basic"]:
        assert (await login.finish(returned)).user == "alice"
        return
    with pytest.raises(Refused, match="status 400"):
        await login.finish(returned)


@pytest.mark.parametrize(
    "place", ["", "javascript:alert(1)", "https://x.example/\r\nSet-Cookie: a=b", "https://\u00e9"]
)
async def test_issuer_without_a_usable_place_to_sign_in_is_an_outage(
    login: Login, signer: SigningIssuer, place: str
) -> None:
    """What it says goes into a header of ours."""
    signer.documents = {"authorization_endpoint": place}

    with pytest.raises(Unavailable, match="cannot sign in"):
        await login.begin(BACK)


def test_address_counts_if_it_was_verified() -> None:
    """Anybody can claim an address."""
    settings = OidcSettings(name="own", user_claim="email", add_users=True, groups=("devs",))
    claims = {"email": "A@b.example", "groups": "devs"}

    arrival = read_arrival({**claims, "email_verified": True}, settings)

    assert arrival == Arrival("a@b.example", frozenset({"devs"}), ("devs",), adds_user=True)
    for said in (None, False, "true", 1):
        with pytest.raises(BadInput, match="not verified"):
            read_arrival({**claims, "email_verified": said}, settings)
