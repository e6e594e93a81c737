"""What is typed into a login means nothing else in a directory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.ldap_names import (
    escape_dn_value,
    escape_filter_value,
    fill,
    group_name,
    parse_dn,
)

BASE = "ou=groups,dc=example"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_value_in_a_name_is_read_back(text: str) -> None:
    """Whatever it is, it stays one value of one step; spaces round it never count."""
    steps = parse_dn(f"uid={escape_dn_value(text)},ou=people")

    assert steps[1:] == (frozenset({("ou", "people")}),)
    [(kind, value)] = steps[0]
    assert kind == "uid"
    assert value.strip().lower() == text.lower().strip()


@given(st.text())
def test_value_in_a_filter_has_nothing_that_a_filter_is_made_of(text: str) -> None:
    """Letters and digits, and bytes in hexadecimal. Source: RFC 4515, 3."""
    escaped = escape_filter_value(text)

    assert escaped.isascii()
    assert not set(escaped) & set("*()\0 =&|!~<>:")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("alice", "alice"),
        ("James 'Jim', Jr.", "James 'Jim'\\, Jr."),
        ("#1 ", "\\#1\\ "),
        (" ", "\\ "),
        ('a+b"<c>;d=e\\f\0', 'a\\+b\\"\\<c\\>\\;d\\=e\\\\f\\00'),
    ],
)
def test_value_in_a_name_is_escaped(text: str, escaped: str) -> None:
    """As the standard has it. Source: RFC 4514, 2.4."""
    assert escape_dn_value(text) == escaped


def test_value_in_a_filter_is_escaped() -> None:
    """By its bytes. Source: RFC 4515, 4."""
    assert escape_filter_value("a*(é)\\") == "a\\2a\\28\\c3\\a9\\29\\5c"


def test_placeholders_are_filled_once() -> None:
    """A value that looks like one is a value; what is unknown stays."""
    values = {"user": "{dn}", "dn": "X"}

    assert fill("(a={user})(b={dn})(c={other})", values, str) == "(a={dn})(b=X)(c={other})"


@pytest.mark.parametrize(
    ("dn", "name"),
    [
        ("cn=release,ou=groups,dc=example", "release"),
        ("CN=Release , OU=Groups, DC=Example", "release"),
        ("cn=re\\6cease,ou=groups,dc=example", "release"),
        ("cn=release,ou=more,ou=groups,dc=example", "release"),
        ("cn=a\\,b,ou=groups,dc=example", "a,b"),
        ("cn=release,ou=clubs,dc=example", ""),
        ("cn=release\\,ou=groups,dc=example", ""),
        ("cn=release,ou=x\\,ou=groups,dc=example", ""),
        ("cn=release+uid=x,ou=groups,dc=example", ""),
        ("uid=release,ou=groups,dc=example", ""),
        ("cn=\u212aernel,ou=groups,dc=example", ""),
        ("cn=relé,ou=groups,dc=example", ""),
        (BASE, ""),
        ("dc=example", ""),
        ("", ""),
    ],
)
def test_group_is_named_by_its_entry(dn: str, name: str) -> None:
    """Below the base and nowhere else, however it is spelled."""
    assert group_name(dn, BASE) == name
