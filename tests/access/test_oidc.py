"""Which identity tokens are taken, and which are not."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import hypothesis
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import strategies

from support.issuer import Issuer, SigningKey, make_key
from wheelyard.access.oidc import (
    Expected,
    TokenHeader,
    parse_keys,
    read_header,
    read_issuer,
    verify,
)
from wheelyard.clock import Instant
from wheelyard.errors import BadInput

NOW = Instant(1_790_000_000)
URL = "https://issuer.example"
EXPECTED = Expected(URL, "wheelyard")
ISSUER = Issuer(URL, [make_key("curve"), make_key("rsa", "RS256")])
KEYS = parse_keys([key.public for key in ISSUER.keys])
CURVE, RSA = ISSUER.keys


def token(
    key: SigningKey = CURVE, header: dict[str, object] | None = None, **claims: object
) -> str:
    """Return a token of the issuer that is good now, except for what is changed in it."""
    return ISSUER.sign({"aud": "wheelyard", **claims}, key=key, header=header, now=NOW)


def token_with(claims: dict[str, object]) -> str:
    """Return a token of the issuer that is good now, except for ``claims``."""
    return ISSUER.sign({"aud": "wheelyard", **claims}, now=NOW)


def plain_token(header: dict[str, object], key: bytes = b"") -> str:
    """Return a token with any header, signed by HMAC if there is a key."""
    claims = {"iss": URL, "aud": "wheelyard", "iat": NOW, "exp": NOW + 300, "jti": "a"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, claims)
    ]
    text = ".".join(parts)
    signature = hmac.new(key, text.encode(), hashlib.sha256).digest() if key else b""
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _public_text(key: SigningKey) -> bytes:
    """Return a public key as everybody can read it."""
    from cryptography.hazmat.primitives import serialization

    return key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def tampered_token() -> str:
    """Return a token whose claims were changed after it was signed."""
    head, _, tail = token(sub="me").split(".")
    body = token(sub="you").split(".")[1]
    return f"{head}.{body}.{tail}"


@pytest.mark.parametrize("key", [CURVE, RSA], ids=["ES256", "RS256"])
def test_good_token_gives_its_claims(key: SigningKey) -> None:
    """Elliptic curves and RSA, as issuers have them."""
    claims = verify(token(key, sub="repo:acme/app"), KEYS, EXPECTED, NOW)

    assert claims["sub"] == "repo:acme/app"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["other", "wheelyard"]},
        {"iss": f"{URL}/"},
        {"exp": NOW - 59},
        {"iat": NOW + 59, "nbf": NOW + 59},
        {"nbf": None},
        {"exp": NOW + 86_400},
        {"iat": NOW - 0.5},
    ],
    ids=str,
)
def test_token_within_the_limits_is_good(claims: dict[str, object]) -> None:
    """Clocks differ by a minute, audiences are lists, and settings lose a final slash."""
    assert verify(token_with(claims), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "other"}, "not for the audience `wheelyard`"),
        ({"aud": ["other"]}, "not for the audience"),
        ({"aud": "wheelyard-too"}, "not for the audience"),
        ({"aud": {"wheelyard": 1}}, "not for the audience"),
        ({"aud": None}, "not for the audience"),
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "no usable claim `exp`"),
        ({"exp": "2030"}, "no usable claim `exp`"),
        ({"exp": True}, "no usable claim `exp`"),
        ({"exp": 10**400}, "claim `exp`|malformed"),
        ({"exp": NOW * 1000}, "no usable claim `exp`"),
        ({"exp": NOW + 86_401}, "longer than a day"),
        ({"iat": None}, "no usable claim `iat`"),
        ({"iat": NOW + 61}, "not good yet"),
        ({"nbf": NOW + 61}, "not good yet"),
        ({"nbf": "soon"}, "no usable claim `nbf`"),
    ],
    ids=str,
)
def test_claims_that_are_not_for_us_or_now_are_refused(
    claims: dict[str, object], problem: str
) -> None:
    """Each check fails by itself, and says which it was."""
    with pytest.raises(BadInput, match=problem):
        verify(token_with(claims), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    "make",
    [
        lambda: plain_token({"alg": "none", "typ": "JWT"}),
        lambda: plain_token({"alg": "None", "kid": "curve"}),
        lambda: plain_token({"alg": "HS256", "kid": "rsa"}, _public_text(RSA)),
        lambda: plain_token({"alg": "HS256", "kid": "curve"}, b"guess"),
        lambda: token(SigningKey("curve", "RS256", RSA.private)),
        lambda: token(SigningKey("rsa", "RS512", RSA.private)),
        lambda: token(make_key("curve")),
        lambda: token(header={"crit": ["exp"]}),
        lambda: token(header={"typ": "at+jwt"}),
        lambda: token(header={"typ": "logout+jwt"}),
        tampered_token,
        lambda: f"{token()}x.y",
        lambda: token(sub="x" * 20_000),
        lambda: "",
        lambda: "a.b.c",
        lambda: "\ud800.b.c",
    ],
    ids=[
        *("none", "None", "public-key-as-password", "hmac", "other-algorithm", "not-the-keys"),
        *("stranger", "critical", "access-token", "logout-token", "tampered", "longer"),
        *("huge", "empty", "letters", "surrogate"),
    ],
)
def test_token_that_is_not_properly_signed_is_refused(make: Callable[[], str]) -> None:
    """Whatever the header says: the algorithms are ours, and the keys the issuer's."""
    with pytest.raises(BadInput):
        verify(make(), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk", "x5c"])
def test_key_that_a_token_brings_along_is_not_looked_at(header: str) -> None:
    """A stranger's token that says where its key is stays a stranger's."""
    stranger = make_key("mine")
    brought: object = stranger.public if header == "jwk" else "https://evil.example/keys"

    with pytest.raises(BadInput, match=r"signature|not trusted"):
        verify(token(stranger, header={header: brought}), KEYS, EXPECTED, NOW)


def test_keys_that_cannot_verify_are_left_out() -> None:
    """Passwords, keys for encryption, weak, unknown and broken ones; the good one stays."""
    good = CURVE.public
    weak = SigningKey("weak", "RS256", rsa.generate_private_key(65537, 1024))  # noqa: S505 - the point
    documents: list[dict[str, object]] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "curve"},
        {**RSA.public, "use": "enc"},
        {**RSA.public, "alg": "HS256"},
        {**RSA.public, "n": "!"},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {**good, "crv": "P-000"},
        {**good, "kid": 7},
        weak.public,
        {},
        good,
    ]

    keys = parse_keys(documents)

    assert [key.key_id for key in keys] == ["curve"]
    assert keys[0].algorithms == ("ES256",)


def test_key_without_algorithm_may_sign_with_those_of_its_kind() -> None:
    """RSA keys serve several algorithms, and a curve only its own."""
    documents = [{k: v for k, v in key.public.items() if k != "alg"} for key in ISSUER.keys]

    curve, rsa_key = parse_keys(documents)

    assert curve.algorithms == ("ES256",)
    assert {"RS256", "PS512"} <= set(rsa_key.algorithms)


def test_header_names_algorithm_and_key() -> None:
    """What is needed to find the key."""
    assert read_header(token()) == TokenHeader("ES256", "curve")


def test_issuer_is_read_before_it_is_proven() -> None:
    """Only to know whose keys to ask for."""
    assert read_issuer(token()) == URL
    with pytest.raises(BadInput, match="no issuer"):
        read_issuer(token(iss=None))


@hypothesis.given(strategies.text(max_size=200))
def test_text_that_is_no_token_is_bad_input_and_nothing_else(text: str) -> None:
    """Strangers may send anything."""
    with pytest.raises(BadInput):
        verify(text, KEYS, EXPECTED, NOW)


@hypothesis.given(strategies.binary(max_size=60), strategies.binary(max_size=60))
def test_parts_that_are_no_token_are_bad_input_and_nothing_else(one: bytes, two: bytes) -> None:
    """Nor does the inside of a token crash anybody."""
    text = ".".join(base64.urlsafe_b64encode(part).decode() for part in (one, two, b"x"))

    with pytest.raises(BadInput):
        read_issuer(text)


def test_fake_issuer_signs_what_the_library_accepts() -> None:
    """The tests' own issuer is sound: its tokens pass a library's checks too."""
    key = KEYS[0].key

    claims = jwt.decode(
        token(),
        key,
        ["ES256"],
        audience="wheelyard",
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )

    assert claims["iss"] == URL
