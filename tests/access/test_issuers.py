"""How issuers are asked, how often, and what happens when they do not answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import pytest

from support.issuer import Issuer as SigningIssuer
from support.issuer import SigningKey, make_key
from wheelyard.access.issuers import Issuer
from wheelyard.access.oidc import TokenHeader
from wheelyard.clock import FrozenClock
from wheelyard.errors import Refused, Unavailable
from wheelyard.transport import Document

pytestmark = pytest.mark.anyio

URL = "https://issuer.example/realm"
FIRST = make_key("first")
SECOND = make_key("second")


@dataclass(slots=True)
class FakeAsker:
    """Answers as an issuer does, without a network; `problem` is raised instead."""

    signer: SigningIssuer = field(default_factory=lambda: SigningIssuer(URL, [FIRST]))
    problem: Unavailable | Refused | None = None
    asked: list[str] = field(default_factory=list)
    body: bytes | None = None

    async def load(self, url: str) -> Document:
        """Return what is at ``url``."""
        self.asked.append(url)
        await anyio.lowlevel.checkpoint()
        if self.problem is not None:
            raise self.problem
        status, document = self.signer.answer(url.removeprefix(URL))
        body = json.dumps(document).encode() if self.body is None else self.body
        return Document(status, url, {}, body)


def header(key: SigningKey = FIRST) -> TokenHeader:
    """Return the header of a token that ``key`` signed."""
    return TokenHeader("ES256", key.key_id)


@pytest.fixture
def asker() -> FakeAsker:
    """Return an issuer that answers."""
    return FakeAsker()


@pytest.fixture
def issuer(asker: FakeAsker, clock: FrozenClock) -> Issuer:
    """Return what asks it."""
    return Issuer("own", URL, asker, clock)


async def test_keys_are_fetched_once_an_hour(
    issuer: Issuer, asker: FakeAsker, clock: FrozenClock
) -> None:
    """Two small documents, however many tokens come."""
    answers = [await issuer.keys(header()) for _ in range(10)]
    clock.forward(3_599)
    await issuer.keys(header())
    before = len(asker.asked)
    clock.forward(1)
    await issuer.keys(header())

    assert [[key.key_id for key in keys] for keys in answers] == [["first"]] * 10
    assert asker.asked[:before] == [
        f"{URL}/.well-known/openid-configuration",
        f"{URL}/keys",
    ]
    assert len(asker.asked) == 4


async def test_all_who_come_at_once_share_one_answer(issuer: Issuer, asker: FakeAsker) -> None:
    """A burst of tokens is no burst of questions."""
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(issuer.keys, header())

    assert len(asker.asked) == 2


async def test_new_key_is_known_at_once(
    issuer: Issuer, asker: FakeAsker, clock: FrozenClock
) -> None:
    """An issuer that has changed its keys is asked before the hour is over."""
    await issuer.keys(header())
    asker.signer.keys = [SECOND]
    clock.forward(60)

    assert [key.key_id for key in await issuer.keys(header(SECOND))] == ["second"]


async def test_unknown_keys_are_asked_for_once_a_minute(
    issuer: Issuer, asker: FakeAsker, clock: FrozenClock
) -> None:
    """Made-up tokens cannot have us ask more often."""
    for number in range(100):
        assert await issuer.keys(TokenHeader("ES256", f"made-up-{number}")) == ()
    asked = len(asker.asked)
    clock.forward(60)
    for number in range(100):
        assert await issuer.keys(TokenHeader("ES256", f"made-up-{number}")) == ()

    assert asked == 2
    assert len(asker.asked) == 4


async def test_token_without_key_id_may_be_of_any_key(issuer: Issuer) -> None:
    """Small issuers have one key and do not name it."""
    assert len(await issuer.keys(TokenHeader("ES256", None))) == 1


async def test_keys_outlive_an_outage_for_a_day(
    issuer: Issuer, asker: FakeAsker, clock: FrozenClock
) -> None:
    """Publishing goes on while the issuer is away, and ends before it gets dangerous."""
    await issuer.keys(header())
    asker.problem = Unavailable("The issuer", "it is away")
    clock.forward(86_399)
    keys = await issuer.keys(header())
    clock.forward(1)

    assert len(keys) == 1
    with pytest.raises(Unavailable, match="away"):
        await issuer.keys(header())


async def test_issuer_that_is_away_is_not_asked_by_everybody(
    issuer: Issuer, asker: FakeAsker, clock: FrozenClock
) -> None:
    """One question in two seconds, and the same answer for all who come between."""
    asker.problem = Unavailable("The issuer", "it is away")
    for _ in range(20):
        with pytest.raises(Unavailable, match="away"):
            await issuer.keys(header())
    clock.forward(2)
    asker.problem = None

    assert len(await issuer.keys(header())) == 1
    assert len(asker.asked) == 3


@pytest.mark.parametrize(
    ("documents", "body"),
    [
        ({"issuer": "https://evil.example"}, None),
        ({"jwks_uri": None}, None),
        ({"jwks_uri": f"{URL}/nothing"}, None),
        ({}, b"<html>sign in</html>"),
        ({}, b"[" * 10_000),
        ({}, b'{"issuer": 1}'),
    ],
    ids=["other-issuer", "no-keys", "keys-missing", "html", "nested", "types"],
)
async def test_answer_that_is_none_is_an_outage(
    issuer: Issuer, asker: FakeAsker, documents: Mapping[str, object], body: bytes | None
) -> None:
    """Nobody signs in on what cannot be understood."""
    asker.signer.documents, asker.body = dict(documents), body

    with pytest.raises(Unavailable, match="The issuer `own`"):
        await issuer.keys(header())


async def test_place_where_we_do_not_go_is_an_outage(issuer: Issuer, asker: FakeAsker) -> None:
    """The guard's word is passed on."""
    asker.problem = Refused("`http://127.0.0.1/keys`", "it is not of the public internet")

    with pytest.raises(Unavailable, match="public internet"):
        await issuer.discovery()


async def test_discovery_says_where_to_sign_in(issuer: Issuer) -> None:
    """The addresses that a login needs."""
    found = await issuer.discovery()

    assert found.authorization_endpoint == f"{URL}/authorize"
    assert found.token_endpoint == f"{URL}/token"
