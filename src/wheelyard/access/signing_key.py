"""The key that signs manifests: Ed25519, in a file of its own, made when first needed.

Who has the private key can vouch for any page and any file, so it is readable by this program's
user alone and never leaves the data directory. Its public half is for everybody, and written as
one line: `ed25519 NAME BASE64`, where the name is the start of the SHA-256 of the key.
Source: RFC 8032.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wheelyard.access.secret_file import ONLY_OWNER, make_secret
from wheelyard.errors import BadInput, ConfigError

__all__ = [
    "SIGNING_KEY_NAME",
    "PublicKey",
    "SigningKey",
    "load_signing_key",
    "parse_public_keys",
    "rotate_signing_key",
]

SIGNING_KEY_NAME: Final = "manifest.key"
_KEY_BYTES: Final = 32
_NAME_DIGITS: Final = 16
_LINE = re.compile(r"ed25519 ([0-9a-f]{16}) ([A-Za-z0-9+/]{43}=)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key that checks; 32 bytes."""

    content: bytes

    @property
    def name(self) -> str:
        """What a manifest calls it: 16 hex digits."""
        return hashlib.sha256(self.content).hexdigest()[:_NAME_DIGITS]

    @property
    def line(self) -> str:
        """The line by which it is given to others."""
        return f"ed25519 {self.name} {base64.b64encode(self.content).decode()}"

    def has_signed(self, content: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` is one of ``content`` by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.content).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The half of a key that signs. It is never shown."""

    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The half for everybody."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """Return the signature of ``content``: 64 bytes, the same each time."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(content)


def load_signing_key(directory: Path) -> SigningKey:
    """Return the key of the data directory ``directory``, making one if there is none.

    Of two processes that try at the same time both end up with the same one.

    Raises:
        ConfigError: it is damaged, or cannot be read or made.
    """
    path = directory / SIGNING_KEY_NAME
    try:
        if not path.exists():
            make_secret(path, _KEY_BYTES)
        seed = path.read_bytes()
        if path.stat().st_mode & 0o777 & ~ONLY_OWNER:
            path.chmod(ONLY_OWNER)  # a copy tool may have let others in
    except OSError as error:
        raise _unusable(path, error) from error
    if len(seed) != _KEY_BYTES:
        raise ConfigError(
            f"The key file `{path}` is damaged: bring it back from a backup, or make a new key "
            "with `wheelyard manifest key --rotate` and give it to everybody who checks."
        )
    return SigningKey(seed)


def rotate_signing_key(directory: Path) -> SigningKey:
    """Return a new key for the data directory, which replaces the one it had.

    Raises:
        ConfigError: it cannot be made.
    """
    path = directory / SIGNING_KEY_NAME
    try:
        make_secret(path, _KEY_BYTES, replaces=True)
    except OSError as error:
        raise _unusable(path, error) from error
    return load_signing_key(directory)


def parse_public_keys(text: str) -> Mapping[str, PublicKey]:
    """Return the public keys in ``text`` by their names: one in a line, `#` begins a remark.

    Raises:
        BadInput: a line is no key, or there is none.
    """
    found: dict[str, PublicKey] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = _parse_key(line.strip())
        if key is None:
            raise BadInput(
                f"Line {number} is no public key: expected `ed25519 NAME BASE64`, as "
                "`wheelyard manifest key` writes it."
            )
        found[key.name] = key
    if not found:
        raise BadInput("There is no public key in it: `wheelyard manifest key` writes one.")
    return found


def _parse_key(line: str) -> PublicKey | None:
    """Return the key in a line, or None if it is none, or not the one it says it is."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    try:
        key = PublicKey(base64.b64decode(found[2], validate=True))
    except binascii.Error:
        return None
    return key if len(key.content) == _KEY_BYTES and key.name == found[1] else None


def _unusable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"The key file `{path}` cannot be used ({error.strerror}): let this program's user read "
        "and write it."
    )
