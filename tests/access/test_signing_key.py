"""The key that signs manifests."""

import base64
from pathlib import Path

import pytest

from wheelyard.access.signing_key import (
    SIGNING_KEY_NAME,
    PublicKey,
    SigningKey,
    load_signing_key,
    parse_public_keys,
    rotate_signing_key,
)
from wheelyard.errors import BadInput, ConfigError

KEY = SigningKey(bytes(range(32)))


def test_signature_is_that_of_the_standard() -> None:
    """RFC 8032, 7.1, test 2."""
    key = SigningKey(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )

    assert (
        key.public.content.hex()
        == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_signature_is_of_these_bytes_by_this_key() -> None:
    """Of no others, and by no other."""
    signature = KEY.sign(b"content")

    assert KEY.public.has_signed(b"content", signature)
    assert not KEY.public.has_signed(b"Content", signature)
    assert not KEY.public.has_signed(b"content", signature[:-1])
    assert not SigningKey(bytes(32)).public.has_signed(b"content", signature)


def test_private_key_is_never_shown() -> None:
    """Neither in a log nor in a dump."""
    assert KEY.seed.hex() not in repr(KEY)
    assert str(KEY.seed) not in f"{KEY!r}{KEY}"


def test_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """And stays what it is."""
    key = load_signing_key(tmp_path)

    assert load_signing_key(tmp_path) == key
    assert (tmp_path / SIGNING_KEY_NAME).stat().st_mode & 0o777 == 0o600


def test_key_that_others_could_read_is_closed(tmp_path: Path) -> None:
    """A copy tool may have let them in."""
    load_signing_key(tmp_path)
    (tmp_path / SIGNING_KEY_NAME).chmod(0o644)

    load_signing_key(tmp_path)

    assert (tmp_path / SIGNING_KEY_NAME).stat().st_mode & 0o777 == 0o600


def test_rotated_key_is_another_one(tmp_path: Path) -> None:
    """From then on."""
    before = load_signing_key(tmp_path)

    after = rotate_signing_key(tmp_path)

    assert after != before
    assert load_signing_key(tmp_path) == after


def test_damaged_key_is_refused(tmp_path: Path) -> None:
    """Never replaced by itself: nobody would trust what it signs."""
    (tmp_path / SIGNING_KEY_NAME).write_bytes(b"short")

    with pytest.raises(ConfigError, match="is damaged"):
        load_signing_key(tmp_path)


@pytest.mark.parametrize("make", [load_signing_key, rotate_signing_key])
def test_key_that_cannot_be_made_is_said(tmp_path: Path, make: object) -> None:
    """Which file it is."""
    assert callable(make)
    with pytest.raises(ConfigError, match=r"`.*manifest\.key` cannot be used"):
        make(tmp_path / "missing")


def test_public_keys_are_read_from_lines() -> None:
    """Several of them while a key is being changed; remarks and empty lines beside them."""
    other = SigningKey(bytes(32)).public
    text = f"# ours\n\n{KEY.public.line}\n  {other.line}  \n"

    assert parse_public_keys(text) == {KEY.public.name: KEY.public, other.name: other}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "There is no public key in it"),
        ("# only a remark", "There is no public key in it"),
        ("ssh-ed25519 AAAA", "Line 1 is no public key"),
        (f"\n{KEY.public.line[:-3]}=", "Line 2 is no public key"),
        (f"ed25519 {'0' * 16} {base64.b64encode(KEY.public.content).decode()}", "Line 1 is no"),
    ],
)
def test_what_is_no_public_key_is_refused(text: str, why: str) -> None:
    """With its line; a key that is not the one it says it is counts as none."""
    with pytest.raises(BadInput, match=why):
        parse_public_keys(text)


def test_name_of_a_key_depends_on_the_key() -> None:
    """Sixteen hex digits."""
    assert KEY.public.name != PublicKey(bytes(32)).name
    assert len(KEY.public.name) == 16
