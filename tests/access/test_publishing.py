"""Trusted publishing: whose assertions are exchanged for a token, and how often."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from support.catalogs import new_catalog
from support.issuer import Issuer as SigningIssuer
from support.issuer import make_key, running_issuer
from wheelyard.access.base import Action, Identity, IndexRules
from wheelyard.access.issuers import Issuer
from wheelyard.access.oidc import LEEWAY_SECONDS, Claims
from wheelyard.access.publishing import (
    TOKEN_SECONDS,
    Minted,
    MintProblem,
    TrustedPublishing,
    decide_publisher,
    parse_claims,
)
from wheelyard.access.rights import may
from wheelyard.access.signing_in import make_identity
from wheelyard.access.tokens import is_token, read_token_id
from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.publishers import NewPublisher, PublisherRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import IndexName, ProjectName
from wheelyard.transport import IssuerClient, IssuerRules

pytestmark = pytest.mark.anyio

ACTOR = Actor("root", "command line")
KEY = bytes(32)
CLAIMS = {"repository": "acme/app", "workflow_ref": "acme/app/.github/workflows/r.yml@refs/tags/*"}
RUN = {
    "aud": "wheelyard",
    "sub": "repo:acme/app:ref:refs/tags/v1",
    "repository": "acme/app",
    "workflow_ref": "acme/app/.github/workflows/r.yml@refs/tags/v1",
}


@pytest.fixture(scope="module")
def signer() -> Iterator[SigningIssuer]:
    """Run an issuer for all tests here."""
    with running_issuer() as issuer:
        yield issuer


@dataclass(frozen=True, slots=True)
class Exchange:
    """A catalog, an issuer, and the exchange between them."""

    catalog: Catalog
    signer: SigningIssuer
    issuer: Issuer
    clock: FrozenClock

    @property
    def publishing(self) -> TrustedPublishing:
        """The exchange."""
        return TrustedPublishing(
            self.catalog.publishers, (self.issuer,), "wheelyard", KEY, self.clock
        )

    def sign(self, **claims: object) -> str:
        """Return an assertion of a run that is trusted, except for what is changed."""
        return self.signer.sign({**RUN, **claims}, now=self.clock.now())

    async def trust(self, project: str = "app", claims: dict[str, str] | None = None) -> str:
        """Have a publisher trusted, and return its id."""
        new = NewPublisher(
            IndexName("main"), ProjectName(project), "own", CLAIMS if claims is None else claims
        )
        return (await self.catalog.publishers.add(new, ACTOR)).id

    async def mint(self, assertion: str) -> Minted | MintProblem:
        """Exchange an assertion, on a connection of its own."""
        rules = IssuerRules(self.signer.url)
        async with IssuerClient(rules) as client:
            self.issuer.client = client
            return await self.publishing.mint(assertion, "192.0.2.1")


@pytest.fixture
def exchange(tmp_path: Path, clock: FrozenClock, signer: SigningIssuer) -> Iterator[Exchange]:
    """Return an exchange on an empty catalog."""
    issuer = Issuer("own", signer.url, IssuerClient(IssuerRules(signer.url)), clock)
    with new_catalog(tmp_path, clock) as catalog:
        yield Exchange(catalog, signer, issuer, clock)


async def test_assertion_becomes_a_token_for_its_project(exchange: Exchange) -> None:
    """Fifteen minutes, upload alone, one project of one index; it need not exist yet."""
    publisher = await exchange.trust()

    minted = await exchange.mint(exchange.sign())

    assert isinstance(minted, Minted)
    assert minted.expires_at == exchange.clock.now() + TOKEN_SECONDS
    (row,) = await exchange.catalog.tokens.load()
    assert is_token(KEY, minted.text, row.digest)
    assert row.id == read_token_id(minted.text)
    assert row.user_name == f"publisher:{publisher}"
    assert (row.index_name, row.project, row.actions) == ("main", "app", ("upload",))
    assert row.expires_at == minted.expires_at


@pytest.mark.blocking(reason="looks tokens up in place, as requests do")
async def test_token_may_upload_its_project_and_nothing_else(exchange: Exchange) -> None:
    """What the rest of the program makes of it: `publisher:ID`, with one right."""
    publisher = await exchange.trust()
    minted = await exchange.mint(exchange.sign())
    assert isinstance(minted, Minted)

    identity = identity_of(exchange, minted)

    rules = IndexRules(read="members")
    assert identity.name == f"publisher:{publisher}"
    allowed = {
        (action, index, project)
        for action in Action
        for index in ("main", "other")
        for project in ("app", "else", "")
        if may(identity, action, index, project, rules)
    }
    assert allowed == {(Action.UPLOAD, "main", "app")}


@pytest.mark.blocking(reason="looks tokens up in place, as requests do")
async def test_one_pipeline_may_publish_several_projects(exchange: Exchange) -> None:
    """Publishers with the same claims are one: its token reaches the projects of all of them."""
    await exchange.trust("app")
    await exchange.trust("app-tools")
    await exchange.trust("other", {"repository": "acme/other"})

    minted = await exchange.mint(exchange.sign())

    assert isinstance(minted, Minted)
    identity = identity_of(exchange, minted)
    rules = IndexRules()
    reached = {
        name
        for name in ("app", "app-tools", "other", "")
        if may(identity, Action.UPLOAD, "main", name, rules)
    }
    assert reached == {"app", "app-tools"}


def identity_of(exchange: Exchange, minted: Minted) -> Identity:
    """Return who a token makes its bearer."""
    shown = exchange.catalog.bearers.token_now(read_token_id(minted.text) or "")
    assert shown is not None
    return make_identity(shown.person, shown)


async def test_exchange_is_in_the_audit_log_without_its_secrets(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    """Which run it was, and from where; neither the assertion nor the token."""
    caplog.set_level(logging.DEBUG)
    await exchange.trust()
    assertion = exchange.sign(ref="refs/tags/v1", run_id="4711")

    minted = await exchange.mint(assertion)
    await exchange.mint(assertion)

    assert isinstance(minted, Minted)
    rows = [row for row in await exchange.catalog.audit.since() if row.action != "publisher.add"]
    assert [row.action for row in rows] == ["publisher.mint", "token.add"]
    assert {row.origin for row in rows} == {"192.0.2.1"}
    assert rows[0].detail["claims"] == {
        **{name: value for name, value in RUN.items() if name != "aud"},
        "ref": "refs/tags/v1",
        "run_id": "4711",
    }
    said = f"{rows} {caplog.text}"
    assert minted.text not in said
    assert assertion.rpartition(".")[2] not in said


async def test_t45_of_200_exchanges_at_once_one_succeeds(exchange: Exchange) -> None:
    """One assertion, one token, however fast and often it is shown."""
    await exchange.trust()
    assertion = exchange.sign()
    outcomes: list[Minted | MintProblem] = []

    async def use(publishing: TrustedPublishing) -> None:
        outcomes.append(await publishing.mint(assertion, "192.0.2.1"))

    async with IssuerClient(IssuerRules(exchange.signer.url)) as client:
        exchange.issuer.client = client
        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                tasks.start_soon(use, exchange.publishing)

    codes = sorted("" if isinstance(each, Minted) else each.code for each in outcomes)
    assert codes == ["", *["invalid-reuse-token"] * 199]


async def test_t45_assertion_is_refused_again_until_it_has_expired(exchange: Exchange) -> None:
    """Up to the last second in which it would be good, it is known; then it is expired."""
    await exchange.trust()
    now = exchange.clock.now()
    assertion = exchange.sign(exp=int(now) + 300)
    await exchange.mint(assertion)

    exchange.clock.forward(300 + LEEWAY_SECONDS - 1)
    last = await exchange.mint(assertion)
    exchange.clock.forward(1)
    later = await exchange.mint(assertion)

    assert isinstance(last, MintProblem)
    assert isinstance(later, MintProblem)
    assert last.code == "invalid-reuse-token"
    assert (later.code, later.description) == ("invalid-token", "the token has expired.")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://evil.example"}, "invalid-token"),
        ({"aud": "another"}, "invalid-token"),
        ({"jti": None}, "invalid-token"),
        ({"jti": ""}, "invalid-token"),
        ({"jti": "x" * 256}, "invalid-token"),
        ({"jti": 7}, "invalid-token"),
        ({"repository": "evil/app"}, "invalid-publisher"),
        ({"repository": None}, "invalid-publisher"),
        ({"workflow_ref": "acme/app/.github/workflows/r.yml@refs/heads/x"}, "invalid-publisher"),
    ],
    ids=str,
)
async def test_assertion_that_is_not_trusted_is_refused(
    exchange: Exchange, claims: dict[str, object], code: str
) -> None:
    """With PyPI's code, and nothing is used up or written down."""
    await exchange.trust()

    problem = await exchange.mint(exchange.sign(**claims))

    assert isinstance(problem, MintProblem)
    assert problem.code == code
    assert await exchange.catalog.tokens.load() == ()


async def test_removed_publisher_is_trusted_no_longer(exchange: Exchange) -> None:
    """At once, and by a sentence that says where to look."""
    number = await exchange.trust()
    await exchange.catalog.publishers.remove(number, ACTOR)

    problem = await exchange.mint(exchange.sign())

    assert isinstance(problem, MintProblem)
    assert problem.code == "invalid-publisher"
    assert "publisher list" in problem.description


async def test_stranger_who_signs_with_a_key_of_the_same_name_is_refused(
    exchange: Exchange,
) -> None:
    """The name of a key proves nothing."""
    await exchange.trust()
    assertion = exchange.signer.sign(RUN, key=make_key("first"), now=exchange.clock.now())

    problem = await exchange.mint(assertion)

    assert problem == MintProblem("invalid-token", "the signature of the token is wrong.")


async def test_issuer_that_is_away_lets_nobody_in(exchange: Exchange) -> None:
    """No answer is no proof."""
    await exchange.trust()
    exchange.signer.down = True
    try:
        with pytest.raises(Unavailable, match="503"):
            await exchange.mint(exchange.sign())
    finally:
        exchange.signer.down = False


def row(number: str, claims: dict[str, str]) -> PublisherRow:
    """Return a publisher."""
    return PublisherRow(
        number, IndexName("main"), ProjectName("app"), "own", claims, Instant(0), "root"
    )


@pytest.mark.parametrize(
    ("claims", "wanted", "fits"),
    [
        ({"sub": "a"}, {"sub": "a"}, True),
        ({"sub": "a"}, {"sub": "A"}, False),
        ({"sub": "ab"}, {"sub": "a"}, False),
        ({"sub": "ab"}, {"sub": "a*"}, True),
        ({"sub": "a"}, {"sub": "a*a"}, False),
        ({"sub": "aXbYc"}, {"sub": "a*b*c"}, True),
        ({"sub": "aXcYb"}, {"sub": "a*b*c"}, False),
        ({"sub": "a", "x": "y"}, {"sub": "a"}, True),
        ({"x": "y"}, {"sub": "*"}, False),
        ({"sub": ["a"]}, {"sub": "a"}, False),
        ({"sub": None}, {"sub": "None"}, False),
        ({"sub": 7}, {"sub": "7"}, True),
        ({"sub": True}, {"sub": "true"}, True),
        ({"sub": True}, {"sub": "1"}, False),
        ({"sub": "a"}, {}, False),
        ({"sub": "a\n"}, {"sub": "a"}, False),
    ],
    ids=str,
)
def test_publisher_fits_if_every_claim_does(
    claims: Claims, wanted: dict[str, str], *, fits: bool
) -> None:
    """Exactly, but for what a star stands for; nothing wanted fits nobody."""
    assert bool(decide_publisher(claims, [row("1", wanted)])) is fits


def test_publisher_that_asks_for_most_counts() -> None:
    """A looser one beside it gives nothing and takes nothing."""
    loose = row("9", {"repository": "acme/app"})
    strict = [row(number, {"repository": "acme/app", "ref": "*"}) for number in "12"]

    chosen = decide_publisher({"repository": "acme/app", "ref": "x"}, [loose, *strict])

    assert [each.id for each in chosen] == ["1", "2"]


def test_claims_are_parsed_from_pairs() -> None:
    """A value may have any sign in it, also another `=`."""
    assert parse_claims(["sub=repo:a/b:x=y", "ref=refs/tags/*"]) == {
        "sub": "repo:a/b:x=y",
        "ref": "refs/tags/*",
    }


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ([], "fit strangers"),
        (["event_name=push"], "fit strangers"),
        (["repository=*"], "fit strangers"),
        (["sub=*acme*"], "fit strangers"),
        (["repository"], "NAME=VALUE"),
        (["repository="], "NAME=VALUE"),
        (["=x"], "NAME=VALUE"),
        (["a b=x"], "NAME=VALUE"),
        (["aud=x", "sub=y"], "always checked"),
        (["sub=x", "sub=y"], "given twice"),
        ([f"sub={'x' * 600}"], "NAME=VALUE"),
        ([*(f"c{number}=x" for number in range(17)), "sub=x"], "more than 16"),
    ],
    ids=str,
)
def test_claims_that_would_trust_anybody_are_refused(pairs: list[str], problem: str) -> None:
    """GitHub signs for the whole world: a publisher without a repository is everybody."""
    with pytest.raises(BadInput, match=problem):
        parse_claims(pairs)
