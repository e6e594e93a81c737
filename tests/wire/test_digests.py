"""Digests: which are some, which is the best, and how they stand in a URL."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.digests import (
    FRAGMENT_ORDER,
    HEX_DIGITS,
    parse_fragment,
    parse_hashes,
    render_fragment,
    strongest,
)

SHA256 = "ab" * 32
MD5 = "ef" * 16


@pytest.mark.parametrize(("algorithm", "digits"), HEX_DIGITS.items())
def test_every_algorithm_is_one_of_hashlib_with_its_length(algorithm: str, digits: int) -> None:
    """The standard allows what ``hashlib`` guarantees; lengths are not typed from memory."""
    assert algorithm in hashlib.algorithms_guaranteed
    assert hashlib.new(algorithm, usedforsecurity=False).digest_size * 2 == digits


def test_every_algorithm_of_a_fragment_is_known() -> None:
    """What we may write we can read."""
    assert set(FRAGMENT_ORDER) <= set(HEX_DIGITS)


@pytest.mark.parametrize(
    ("pairs", "kept"),
    [
        ({}, ()),
        ({"sha256": SHA256}, (("sha256", SHA256),)),
        ({"Sha256": SHA256.upper()}, (("sha256", SHA256),)),
        ({"md5": MD5, "sha256": SHA256}, (("md5", MD5), ("sha256", SHA256))),
        ({"sha256": SHA256[1:]}, ()),
        ({"sha256": SHA256 + "0"}, ()),
        ({"sha256": "g" * 64}, ()),
        ({"sha256": SHA256 + "\n"}, ()),
        ({"crc32": "ab" * 4}, ()),
        ({"SHA256": SHA256, "sha256": "cd" * 32}, (("sha256", SHA256),)),
    ],
)
def test_only_digests_that_are_some_are_kept(
    pairs: dict[str, str], kept: tuple[tuple[str, str], ...]
) -> None:
    """Known algorithm, right length, lower-case hex; the first of two spellings counts."""
    assert parse_hashes(pairs) == kept


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("", ()),
        (f"sha256={SHA256}", (("sha256", SHA256),)),
        (f"SHA256={SHA256.upper()}", (("sha256", SHA256),)),
        (f"md5={MD5}", (("md5", MD5),)),
        (f"egg=foo-1.0&md5={MD5}", (("md5", MD5),)),
        (f"md5={MD5}&egg=foo", (("md5", MD5),)),
        (f"notmd5={MD5}", ()),
        (f"egg=md5={MD5}", ()),
        ("sha256=", ()),
        ("true", ()),
    ],
)
def test_fragment_is_read_as_clients_read_it(
    fragment: str, kept: tuple[tuple[str, str], ...]
) -> None:
    """``#sha256=…``, and what easy_install wrote."""
    assert parse_fragment(fragment) == kept


@pytest.mark.parametrize(
    ("hashes", "best"),
    [
        ((), None),
        ((("md5", MD5), ("sha256", SHA256)), ("sha256", SHA256)),
        ((("md5", MD5), ("sha512", SHA256 * 2)), ("sha512", SHA256 * 2)),
        ((("sha1", "ab" * 20), ("md5", MD5)), ("md5", MD5)),
        ((("sha3_256", SHA256),), None),
    ],
)
def test_strongest_is_one_that_every_client_knows(
    hashes: tuple[tuple[str, str], ...], best: tuple[str, str] | None
) -> None:
    """SHA-256 first; an algorithm that uv refuses is no choice at all."""
    assert strongest(hashes) == best
    assert render_fragment(hashes) == (f"#{best[0]}={best[1]}" if best else "")


@given(st.text(max_size=200))
def test_any_fragment_is_read(fragment: str) -> None:
    """No text is an error, and only digests come out."""
    for name, digest in parse_fragment(fragment):
        assert len(digest) == HEX_DIGITS[name]
