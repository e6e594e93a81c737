"""What a client says of itself in its ``Authorization`` header: text in, one of three records out.

Clients differ in everything but the idea: a token comes as ``Bearer``, as ``token``, as the
password of ``__token__``, or as the password of the user whose token it is.
Source: RFC 7617 (Basic), RFC 6750, 2.1 (Bearer).
"""

import binascii
import unicodedata
from dataclasses import dataclass, field
from typing import Final

__all__ = ["ByPassword", "ByToken", "Shown", "Unusable", "parse_authorization"]

MAX_HEADER_LENGTH = 32 * 1024
TOKEN_USER: Final = "__token__"  # noqa: S105 - a name that PyPI has made common
TOKEN_PREFIX: Final = "wyd_"  # noqa: S105 - what all of ours begin with


@dataclass(frozen=True, slots=True)
class ByToken:
    """A token was shown. ``owner`` is the user name that came with it, or empty."""

    token: str = field(repr=False)
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ByPassword:
    """A user's name and password were shown."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something was shown that nobody can be recognised by."""


Shown = ByToken | ByPassword | Unusable


def parse_authorization(header: str) -> Shown:
    """Return what the header shows. White space round a token is no part of it."""
    if len(header) > MAX_HEADER_LENGTH:
        return Unusable()
    scheme, _, content = header.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return _parse_basic(content.strip())
        case "bearer" | "token":
            token = content.strip()
            return ByToken(token) if token else Unusable()
        case _:
            return Unusable()


def _parse_basic(content: str) -> Shown:
    """Return what a pair of user name and password shows."""
    pair = _decode(content)
    if pair is None:
        return Unusable()
    user, colon, password = pair.partition(":")
    user = user.strip()
    token = password.strip()
    if user == TOKEN_USER and token:
        return ByToken(token)
    if user and token.startswith(TOKEN_PREFIX):
        return ByToken(token, user)
    # A NUL would end the password early for whoever checks it elsewhere.
    if not colon or not user or not password or "\0" in pair:
        return Unusable()
    return ByPassword(user, unicodedata.normalize("NFC", password))


def _decode(content: str) -> str | None:
    """Return the text behind the Base64, which is UTF-8 or, from pip, perhaps Latin-1."""
    try:
        # Some clients leave the padding out; too much of it does no harm.
        data = binascii.a2b_base64(content + "==")
    except (binascii.Error, ValueError):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
