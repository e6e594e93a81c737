"""Tokens as text and as digests."""

import hashlib
import hmac
import re

import pytest

from access.place import KEY
from wheelyard.access.tokens import (
    NO_DIGEST,
    digest_token,
    is_token,
    make_token,
    read_token_id,
)


def test_token_has_a_prefix_an_id_and_256_random_bits() -> None:
    """Scanners find a leaked one by its form; the id may be shown."""
    new = make_token(KEY)

    assert re.fullmatch(r"wyd_[0-9a-f]{16}_[0-9a-f]{64}", new.text)
    assert read_token_id(new.text) == new.id
    assert len({make_token(KEY).text for _ in range(100)}) == 100


def test_digest_is_keyed_blake2() -> None:
    """Whoever has the catalog and not the key can check nothing. Source: RFC 7693, 2.9."""
    new = make_token(KEY)
    expected = hashlib.blake2b(
        new.text.encode(), digest_size=32, key=KEY, person=b"wheelyard token"
    ).hexdigest()

    assert new.digest == expected
    assert digest_token(bytes(32), new.text) != new.digest
    assert len(NO_DIGEST) == len(new.digest)


def test_only_the_token_itself_is_right() -> None:
    """Neither one bit less, nor another token, nor another key."""
    new = make_token(KEY)
    other = new.text[:-1] + ("0" if new.text[-1] != "0" else "1")

    assert is_token(KEY, new.text, new.digest)
    assert not is_token(KEY, other, new.digest)
    assert not is_token(bytes(32), new.text, new.digest)
    assert not is_token(KEY, new.text, NO_DIGEST)


def test_digests_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much of a guess is right must not show in the time: threat T40."""
    compared: list[tuple[str, str]] = []
    compare_digest = hmac.compare_digest

    def compare(first: str, second: str) -> bool:
        compared.append((first, second))
        return compare_digest(first, second)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    new = make_token(KEY)

    assert is_token(KEY, new.text, new.digest)
    assert compared == [(new.digest, new.digest)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "wyd_", "pypi-AgEIcHlwaS5vcmc", f"wyd_{'a' * 16}_{'b' * 63}"),
        *(f"wyd_{'A' * 16}_{'b' * 64}", f"wyd_{'a' * 16}_{'b' * 64}\n", f"x{'a' * 16}_{'b' * 64}"),
        f"wyd_{'a' * 16}_" + "\u0663" * 64,
    ],
)
def test_text_of_another_form_is_no_token(text: str) -> None:
    """It is not even looked up."""
    assert read_token_id(text) is None


def test_new_token_does_not_show_itself() -> None:
    """Only whoever asks for its text gets it."""
    new = make_token(KEY)

    assert new.text not in repr(new)
    assert new.digest not in repr(new)
