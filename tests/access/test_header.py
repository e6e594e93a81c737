"""The `Authorization` header, as each client writes it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.place import basic
from wheelyard.access.header import ByPassword, ByToken, Unusable, parse_authorization

TOKEN = f"wyd_{'a' * 16}_{'b' * 64}"


@pytest.mark.parametrize(
    "header",
    [
        basic("__token__", TOKEN),
        basic("__token__", f"  {TOKEN}\n"),
        basic(" __token__ ", TOKEN),
        f"Bearer {TOKEN}",
        f"bearer   {TOKEN}  ",
        f"token {TOKEN}",
        f"Token {TOKEN}",
        f"  Bearer {TOKEN}",
    ],
)
def test_token_is_found_wherever_clients_put_it(header: str) -> None:
    """twine, uv, poetry, pdm, curl and PyPI's own way; white space round it is no part of it."""
    assert parse_authorization(header) == ByToken(TOKEN)


def test_token_of_a_user_names_its_owner() -> None:
    """Old clients insist on a user name; the token must be that user's."""
    assert parse_authorization(basic("alice", TOKEN)) == ByToken(TOKEN, "alice")


@pytest.mark.parametrize(
    ("header", "user", "password"),
    [
        (basic("alice", "rosebud"), "alice", "rosebud"),
        (basic("alice", "a:b:c"), "alice", "a:b:c"),
        (basic("alice", " spaces "), "alice", " spaces "),
        (basic("alice", "pässword"), "alice", "pässword"),
        (basic("alice", "pässword", "latin-1"), "alice", "pässword"),
        (basic("alice", "pa\u0308ssword"), "alice", "pässword"),
        ("basic " + base64.b64encode(b"alice:rosebud").decode().rstrip("="), "alice", "rosebud"),
    ],
    ids=["plain", "colons", "spaces", "utf-8", "latin-1", "decomposed", "no padding"],
)
def test_password_is_read_as_it_was_typed(header: str, user: str, password: str) -> None:
    """Source: RFC 7617, 2; the same text in another encoding or form is the same password."""
    assert parse_authorization(header) == ByPassword(user, password)


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "Basic", "Basic ", "Bearer", "Bearer  ", "token", "Digest abc", TOKEN),
        *("Basic \u2603", "Basic a", "Negotiate YII="),
        basic("", ""),
        basic("alice", ""),
        basic("", "rosebud"),
        basic("__token__", ""),
        basic("alice", "rose\0bud"),
        "Basic " + base64.b64encode(b"alice").decode(),
        "Bearer " + "x" * 32 * 1024,
    ],
    ids=lambda header: repr(header[:30]),
)
def test_header_that_shows_nobody_is_unusable(header: str) -> None:
    """And never an error: what is wrong is not told."""
    assert parse_authorization(header) == Unusable()


def test_header_of_almost_32_kib_is_read() -> None:
    """PyPI's own tokens may be that long. Source: the upload API, tokens with caveats."""
    token = "x" * (32 * 1024 - len("Bearer "))

    assert parse_authorization(f"Bearer {token}") == ByToken(token)


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    """Nobody gets a traceback by inventing a header."""
    for header in (text, f"Basic {text}", f"Bearer {text}"):
        assert isinstance(parse_authorization(header), ByToken | ByPassword | Unusable)


def test_secrets_are_not_shown() -> None:
    """A record that ends up in a message or a traceback gives nothing away."""
    shown = [parse_authorization(basic("alice", text)) for text in ("rosebud", TOKEN)]

    assert "rosebud" not in repr(shown)
    assert TOKEN not in repr(shown)
