"""Trusted publishing: an assertion of a pipeline's issuer is exchanged for a token of 15 minutes.

The exchange is PyPI's, so that its clients work: ``decide_publisher`` says who is trusted with
what, ``TrustedPublishing.mint`` does the exchange. An assertion is good for one token.

Several projects may be published by one pipeline: publishers with the same issuer and the same
claims are one, and its token reaches the projects of all of them.
Source: PyPI, "Trusted Publishers", internals; ``standards.md`` 2.8.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wheelyard.access.base import Action
from wheelyard.access.issuers import Issuer
from wheelyard.access.oidc import (
    LEEWAY_SECONDS,
    Claims,
    Expected,
    read_header,
    read_issuer,
    same_issuer,
    verify,
)
from wheelyard.access.tokens import make_token
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.publishers import PublisherRow, Publishers, SeenAssertion
from wheelyard.catalog.tokens import PUBLISHER_PREFIX, TokenRow
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, BadInput, Conflict

__all__ = [
    "TOKEN_SECONDS",
    "MintProblem",
    "Minted",
    "TrustedPublishing",
    "decide_publisher",
    "parse_claims",
]

_LOG = logging.getLogger(__name__)

TOKEN_SECONDS = 900.0
MARGIN_SECONDS = 300.0
"""How much longer than it could be used an assertion is remembered; clocks are set back, too."""

MAX_NUMBER_LENGTH = 255
MAX_CLAIMS = 16
MAX_CLAIM_LENGTH = 512
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
_RESERVED = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_IDENTIFYING = (
    *("sub", "repository", "repository_id", "workflow_ref", "job_workflow_ref"),
    *("project_path", "project_id", "ci_config_ref_uri", "email"),
)
"""Claims that tell one pipeline from all others of an issuer that serves the whole world."""
_TOLD = (
    *("sub", "repository", "project_path", "ref", "sha", "workflow_ref", "job_workflow_ref"),
    *("run_id", "pipeline_id", "actor", "user_login", "environment", "email"),
)
"""Claims that the audit log keeps."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A token that was just made; ``text`` is shown once."""

    text: str = field(repr=False)
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class MintProblem:
    """Why there is no token, with PyPI's name for it."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class TrustedPublishing:
    """The exchange. Without any issuer it is off. ``key`` is that of the data directory."""

    publishers: Publishers
    issuers: tuple[Issuer, ...]
    audience: str
    key: bytes = field(repr=False)
    clock: Clock

    @property
    def is_on(self) -> bool:
        """Whether there is anybody whose assertions could be taken."""
        return bool(self.issuers)

    async def mint(self, assertion: str, origin: str) -> Minted | MintProblem:
        """Return a token for the publisher that ``assertion`` proves to be there, or why not.

        ``origin`` is the client's address, for the audit log.

        Raises:
            Unavailable: the issuer's keys, or the catalog, cannot be had now.
        """
        try:
            issuer = self._issuer(read_issuer(assertion))
            keys = await issuer.keys(read_header(assertion))
            expected = Expected(issuer.url, self.audience)
            claims = verify(assertion, keys, expected, self.clock.now())
            number = _number(claims)
        except BadInput as error:
            return self._refused(origin, MintProblem("invalid-token", f"{error}."))
        rows = await self.publishers.load(issuer.name)
        trusted = decide_publisher(claims, rows)
        if not trusted:
            sentence = (
                "the token is good, and no publisher of this server has its claims: "
                "`wheelyard publisher list` shows what is trusted."
            )
            return self._refused(origin, MintProblem("invalid-publisher", sentence))
        seen = SeenAssertion(issuer.url, number, _end(claims), _told(claims))
        return await self._exchange(seen, trusted, origin)

    async def _exchange(
        self, seen: SeenAssertion, trusted: Sequence[PublisherRow], origin: str
    ) -> Minted | MintProblem:
        """Use the assertion up, and make a token for who is ``trusted``."""
        first, only = trusted[0], len(trusted) == 1
        made = make_token(self.key)
        expires_at = Instant(self.clock.now() + TOKEN_SECONDS)
        user = f"{PUBLISHER_PREFIX}{first.id}"
        token = TokenRow(
            made.id,
            user,
            made.digest,
            label="trusted publishing",
            index_name=first.index_name if only else "",
            project=first.project if only else "",
            actions=(Action.UPLOAD.value,),
            expires_at=expires_at,
        )
        try:
            await self.publishers.mint(seen, token, Actor(user, origin))
        except Conflict:
            sentence = "the token was used before: each is good for one exchange."
            return self._refused(origin, MintProblem("invalid-reuse-token", sentence))
        except Absent:
            sentence = "the publisher was removed a moment ago."
            return self._refused(origin, MintProblem("invalid-publisher", sentence))
        return Minted(made.text, expires_at)

    def _issuer(self, url: str) -> Issuer:
        """Return the issuer that a token names.

        Raises:
            BadInput: it is none of ours.
        """
        for issuer in self.issuers:
            if same_issuer(issuer.url, url):
                return issuer
        raise BadInput(f"the issuer `{url[:200]!a}` is not one of this server's `[oidc.NAME]`")

    def _refused(self, origin: str, problem: MintProblem) -> MintProblem:
        """Write down that somebody was sent away, without anything of the token."""
        _LOG.info(
            "No token for a publisher at %s: %s",
            origin,
            problem.description,
            extra={"code": problem.code},
        )
        return problem


def decide_publisher(claims: Claims, rows: Sequence[PublisherRow]) -> tuple[PublisherRow, ...]:
    """Return the publishers that a token with ``claims`` stands for; none if nobody trusts it.

    Where several sets of claims fit, the one that asks for most counts.
    """
    fitting = [row for row in rows if _fits(claims, row.claims)]
    if not fitting:
        return ()
    best = max(fitting, key=lambda row: (len(row.claims), row.id))
    return tuple(row for row in fitting if row.claims == best.claims)


def parse_claims(pairs: Sequence[str]) -> Mapping[str, str]:
    """Return claims out of ``NAME=VALUE``; in a value ``*`` stands for any characters.

    Raises:
        BadInput: with everything that is wrong; or the claims would fit strangers.
    """
    claims: dict[str, str] = {}
    problems = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not _NAME.fullmatch(name) or not 0 < len(value) <= MAX_CLAIM_LENGTH:
            problems.append(f"`--claim {pair[:80]}`: write it as `NAME=VALUE`.")
        elif name in _RESERVED:
            problems.append(f"`--claim {name}=...`: this claim is always checked; leave it out.")
        elif claims.setdefault(name, value) != value:
            problems.append(f"`--claim {name}=...` is given twice.")
    if not problems and not any(_identifies(claims, name) for name in _IDENTIFYING):
        names = ", ".join(f"`{name}`" for name in _IDENTIFYING)
        problems.append(
            f"these claims fit strangers as well: give at least one of {names}, with a value "
            "that does not begin with `*`."
        )
    if len(claims) > MAX_CLAIMS:
        problems.append(f"these are more than {MAX_CLAIMS} claims.")
    if problems:
        raise BadInput(*problems)
    return claims


def _identifies(claims: Mapping[str, str], name: str) -> bool:
    """Say whether a claim tells who it is."""
    return not claims.get(name, "*").startswith("*")


def _fits(claims: Claims, wanted: Mapping[str, str]) -> bool:
    """Say whether a token claims all that is wanted."""
    return bool(wanted) and all(
        name in claims and _matches(_text(claims[name]), pattern)
        for name, pattern in wanted.items()
    )


def _matches(text: str | None, pattern: str) -> bool:
    """Say whether ``text`` is what ``pattern`` means; linear in its length."""
    if text is None:
        return False
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *middle, last = others
    at, end = len(first), len(text) - len(last)
    if end < at or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _text(value: object) -> str | None:
    """Return a claim as people write it; None if it is neither text, a number nor a switch."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case _:
            return None


def _number(claims: Claims) -> str:
    """Return the number of an assertion, without which it could be used twice."""
    number = claims.get("jti")
    if not isinstance(number, str) or not 0 < len(number) <= MAX_NUMBER_LENGTH:
        raise BadInput("the token has no usable claim `jti`")
    return number


def _end(claims: Claims) -> Instant:
    """Return when an assertion may be forgotten; ``verify`` has seen that its end is a time."""
    ends = claims["exp"]
    assert isinstance(ends, int | float)  # noqa: S101 - see above
    return Instant(ends + LEEWAY_SECONDS + MARGIN_SECONDS)


def _told(claims: Claims) -> Mapping[str, str]:
    """Return what the audit log keeps of the claims."""
    texts = {name: _text(claims.get(name)) for name in _TOLD}
    return {name: text[:MAX_CLAIM_LENGTH] for name, text in texts.items() if text is not None}
