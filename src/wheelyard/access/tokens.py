"""API tokens as text: made once, shown once, and recognised by a keyed digest.

``wyd_ID_SECRET``: a prefix by which scanners find a leaked one, an id that may be shown, and 256
random bits.  Random bits cannot be guessed, so a fast digest does; it is keyed, so that a stolen
catalog does not even tell whether a token found elsewhere belongs to it.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from wheelyard.access.header import TOKEN_PREFIX

__all__ = ["NO_DIGEST", "NewToken", "digest_token", "is_token", "make_token", "read_token_id"]

_TOKEN = re.compile(rf"{TOKEN_PREFIX}(?P<id>[0-9a-f]{{16}})_[0-9a-f]{{64}}")
_PURPOSE: Final = b"wheelyard token"

NO_DIGEST = "0" * 64
"""What an unknown token is compared with, so that it takes the same steps as a known one."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. ``text`` is shown to its user, and kept nowhere."""

    id: str
    text: str = field(repr=False)
    digest: str = field(repr=False)


def make_token(key: bytes) -> NewToken:
    """Return a new token and its digest under ``key``."""
    number = secrets.token_hex(8)
    text = f"{TOKEN_PREFIX}{number}_{secrets.token_hex(32)}"
    return NewToken(number, text, digest_token(key, text))


def read_token_id(text: str) -> str | None:
    """Return the public id of a token, or None if ``text`` cannot be one."""
    found = _TOKEN.fullmatch(text)
    return found["id"] if found else None


def digest_token(key: bytes, text: str) -> str:
    """Return the digest of a token as 64 hex digits. Source: RFC 7693, 2.9 (keyed BLAKE2b)."""
    data = text.encode()
    return hashlib.blake2b(data, digest_size=32, key=key, person=_PURPOSE).hexdigest()


def is_token(key: bytes, text: str, digest: str) -> bool:
    """Say whether ``text`` is the token of that digest; takes the same time either way."""
    return hmac.compare_digest(digest_token(key, text), digest)
