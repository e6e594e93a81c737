"""Identity tokens: is this one of that issuer, for us, and good now? Pure, with ``now`` handed in.

Rules for changing it:

- The algorithm is chosen by the key and a list of ours, never by the token alone: there is no
  ``none``, and no HMAC, with which a public key would be the password.
- Keys come from the issuer's own documents. What a token says about where its key is (``jku``,
  ``x5u``, ``jwk``) is not looked at.
- Whatever is missing, odd or not understood is refused.

Source: RFC 7519 (claims), RFC 7515, 4.1 (header), RFC 8725 (what goes wrong), OpenID Connect Core,
3.1.3.7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.types import Options

from wheelyard.clock import Instant
from wheelyard.errors import BadInput

__all__ = [
    "LEEWAY_SECONDS",
    "MAX_LIFETIME_SECONDS",
    "Claims",
    "Expected",
    "TokenHeader",
    "VerifyingKey",
    "fitting_keys",
    "parse_keys",
    "read_header",
    "read_issuer",
    "same_issuer",
    "verify",
]

Claims = Mapping[str, object]

LEEWAY_SECONDS = 60.0
"""How far the issuer's clock and ours may be apart."""
MAX_LIFETIME_SECONDS = 86_400.0
MAX_TOKEN_LENGTH = 16 * 1024
MAX_KEYS = 64
LEAST_RSA_BITS = 2048
_NO_TIME = 1e12
"""Seconds, in no century of ours: some write milliseconds."""

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
_KINDS = ["RSA", "EC", "OKP"]
_TYPES = {"", "jwt", "application/jwt"}
_UNCHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
"""What is checked here instead, at a time that is handed in."""
_UNPROVEN: Options = {**_UNCHECKED, "verify_signature": False}

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class TokenHeader:
    """What the header of a token says of itself; none of it is proven."""

    algorithm: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key of an issuer, and what it may have signed with."""

    key_id: str | None
    algorithms: tuple[str, ...]
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to be: of this issuer, and for this audience."""

    issuer: str
    audience: str


def read_header(token: str) -> TokenHeader:
    """Return the header of a token that may be looked at further.

    Raises:
        BadInput: it is no token, or one of a kind that is not taken.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise BadInput("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise BadInput("the token is malformed") from error
    if "crit" in header:
        raise BadInput("the token has extensions that are not understood")
    kind, key_id, algorithm = header.get("typ", ""), header.get("kid"), header.get("alg")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise BadInput("the token is of another type")
    if not isinstance(algorithm, str) or not isinstance(key_id, str | None):
        raise BadInput("the token is malformed")
    return TokenHeader(algorithm, key_id)


def read_issuer(token: str) -> str:
    """Return whom a token claims to be of: what to check it against, and not yet true.

    Raises:
        BadInput: it is no token, or names nobody.
    """
    read_header(token)
    try:
        claims = jwt.decode(token, options=_UNPROVEN)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise BadInput("the token is malformed") from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise BadInput("the token names no issuer")
    return issuer


def same_issuer(one: str, other: str) -> bool:
    """Say whether two texts are the same issuer; settings lose a slash at the end."""
    return one.rstrip("/") == other.rstrip("/")


def parse_keys(documents: Sequence[Mapping[str, object]]) -> tuple[VerifyingKey, ...]:
    """Return those keys of a key set that can verify; others are left out. Source: RFC 7517, 5."""
    keys = [_parse_key(document) for document in documents[:MAX_KEYS]]
    return tuple(key for key in keys if key is not None)


def fitting_keys(keys: Sequence[VerifyingKey], header: TokenHeader) -> tuple[VerifyingKey, ...]:
    """Return the keys that ``header`` may mean: one by its id, or any if it names none."""
    if header.key_id is None:
        return tuple(keys)
    return tuple(key for key in keys if key.key_id == header.key_id)


def verify(token: str, keys: Sequence[VerifyingKey], expected: Expected, now: Instant) -> Claims:
    """Return the claims of a token that one of ``keys`` signed, that is for us, and good now.

    Raises:
        BadInput: with what is wrong, in words that give nothing of the token away.
    """
    header = read_header(token)
    fitting = [key for key in fitting_keys(keys, header) if header.algorithm in key.algorithms]
    if not fitting:
        raise BadInput("the token is signed with a key or an algorithm that is not trusted")
    for key in fitting:
        try:
            claims = jwt.decode(token, key.key, algorithms=[header.algorithm], options=_UNCHECKED)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise BadInput("the token is malformed") from error
        _check(claims, expected, now)
        return claims
    raise BadInput("the signature of the token is wrong")


def _parse_key(document: Mapping[str, object]) -> VerifyingKey | None:
    """Return a key that can verify; None if it is of another kind, weak or broken."""
    if document.get("kty") not in _KINDS or document.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(document)).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    fitting = _algorithms_of(key)
    stated = document.get("alg")
    algorithms = tuple(name for name in fitting if stated in (None, name))
    key_id = document.get("kid")
    if not algorithms or not isinstance(key_id, str | None):
        return None
    return VerifyingKey(key_id, algorithms, key)


def _algorithms_of(key: object) -> tuple[str, ...]:
    """Return what a public key may sign with."""
    match key:
        case rsa.RSAPublicKey():
            return _RSA if key.key_size >= LEAST_RSA_BITS else ()
        case ec.EllipticCurvePublicKey():
            return _CURVES.get(key.curve.name, ())
        case ed25519.Ed25519PublicKey():
            return ("EdDSA",)
        case _:
            return ()


def _check(claims: Claims, expected: Expected, now: Instant) -> None:
    """Refuse claims that are not for us, or not good at ``now``."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not same_issuer(issuer, expected.issuer):
        raise BadInput("the token is of another issuer")
    audience = claims.get("aud")
    if expected.audience not in (audience if isinstance(audience, list) else [audience]):
        raise BadInput(f"the token is not for the audience `{expected.audience}`")
    ends = _moment(claims, "exp")
    begins = _moment(claims, "iat")
    if now >= ends + LEEWAY_SECONDS:
        raise BadInput("the token has expired")
    if ends > now + MAX_LIFETIME_SECONDS:
        raise BadInput("the token is good for longer than a day")
    if "nbf" in claims:
        begins = max(begins, _moment(claims, "nbf"))
    if begins > now + LEEWAY_SECONDS:
        raise BadInput("the token is not good yet: check the clocks")


def _moment(claims: Claims, name: str) -> float:
    """Return a claim that is a time, in seconds since the Unix epoch."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _NO_TIME:
        raise BadInput(f"the token has no usable claim `{name}`")
    return value
