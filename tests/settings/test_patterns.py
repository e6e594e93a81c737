"""Patterns of project names: what they mean, in whatever spelling, and what is refused."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.settings.kinds import Place
from wheelyard.settings.patterns import (
    NAME_PATTERNS,
    PROJECTS,
    ROUTES,
    WORDS,
    NamePattern,
    Route,
    parse_pattern,
)
from wheelyard.spelling import ProjectName

HERE = Place(Path("/etc"), {})
TEXTS = st.from_regex(r"[ab*](?:[ab*-]{0,6}[ab*])?", fullmatch=True)
NAMES = st.from_regex(r"[ab](?:[ab-]{0,8}[ab])?", fullmatch=True)


@pytest.mark.parametrize(
    ("pattern", "name", "means"),
    [
        ("acme", "acme", True),
        ("acme", "acme-core", False),
        ("acme-*", "acme-core", True),
        ("Acme_*", "acme-core", True),
        ("acme.*", "acme-core", True),
        ("acme--*", "acme-core", True),
        ("acme-*", "acme", False),
        ("acme-*", "acmecore", False),
        ("acme*", "acmecore", True),
        ("acme*", "acme", True),
        ("*-acme", "core-acme", True),
        ("*-acme", "acme", False),
        ("*acme*", "the-acme-core", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "a-c", False),
        ("a*ba", "aba", True),
        ("aba*aba", "aba", False),
        ("aba*aba", "ababa", False),
        ("*", "anything", True),
    ],
)
def test_pattern_means_the_names_that_it_looks_like(
    pattern: str, name: str, *, means: bool
) -> None:
    """A star stands for any characters, none included; a dash before it is part of the name."""
    assert parse_pattern(pattern).matches(ProjectName(name)) is means


@given(pattern=TEXTS, name=NAMES)
def test_pattern_means_what_the_expression_does(pattern: str, name: str) -> None:
    """The same as a regular expression, in linear time."""
    parsed = parse_pattern(pattern)
    expression = ".*".join(re.escape(part) for part in parsed.text.split("*"))

    assert parsed.matches(ProjectName(name)) is (re.fullmatch(expression, name) is not None)


@given(wide=TEXTS, narrow=TEXTS, name=NAMES)
def test_pattern_that_covers_another_means_all_of_its_names(
    wide: str, narrow: str, name: str
) -> None:
    """Never says so of a pattern that means something else as well."""
    outer, inner = parse_pattern(wide), parse_pattern(narrow)

    if outer.covers(inner) and inner.matches(ProjectName(name)):
        assert outer.matches(ProjectName(name))


def test_pattern_is_found_in_a_long_name_at_once() -> None:
    """No pattern and no name can keep a request waiting."""
    pattern = parse_pattern("a*" * 90 + "b")

    assert not pattern.matches(ProjectName("a" * 200))


@pytest.mark.parametrize(
    ("narrower", "wider"), [("abc", "abcdef*"), ("abc*", "ab*"), ("ab*", "*a"), ("*-abc", "a*b*")]
)
def test_more_specific_pattern_has_a_name_or_more_letters(narrower: str, wider: str) -> None:
    """A name before every pattern, and then who says more of it."""
    assert parse_pattern(narrower).specificity > parse_pattern(wider).specificity


@pytest.mark.parametrize(
    "text", ["", " ", "-a", "a-", "a b", "acme-?", "a/b", "ä*", "acme-*\n", "[a]*", "a" * 201]
)
def test_text_that_no_name_can_match_is_refused(text: str) -> None:
    """A typing error in a protection must not protect nothing."""
    with pytest.raises(BadInput) as caught:
        parse_pattern(text)

    assert "is no pattern of project names: use letters" in caught.value.problems[1]


def test_lists_are_read_normalised() -> None:
    """However the names are spelled in the file."""
    assert NAME_PATTERNS.read(["Acme_*", "x"], HERE) == (NamePattern("acme-*"), NamePattern("x"))
    assert PROJECTS.read(["Foo.Bar"], HERE) == ("foo-bar",)
    assert WORDS.read(["main", "staging-2"], HERE) == ("main", "staging-2")


def test_routes_are_read_in_their_order() -> None:
    """It counts where two are equally specific."""
    read = ROUTES.read({"Torch*": "pytorch", "a": "b"}, HERE)

    assert read == (Route(NamePattern("torch*"), "pytorch"), Route(NamePattern("a"), "b"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (NAME_PATTERNS, "acme-*"),
        (NAME_PATTERNS, [1]),
        (NAME_PATTERNS, ["a b"]),
        (PROJECTS, ["acme-*"]),
        (WORDS, ["Main"]),
        (WORDS, "main"),
        (ROUTES, ["torch*"]),
        (ROUTES, {"torch*": 1}),
        (ROUTES, {"torch*": "No Upstream"}),
        (ROUTES, {"tor ch": "pytorch"}),
        (ROUTES, {"Torch*": "a", "torch*": "b"}),
    ],
)
def test_other_values_are_refused(kind: object, value: object) -> None:
    """Merging by pattern, two upstreams for one pattern, and all that is no list or table."""
    with pytest.raises(BadInput):
        kind.read(value, HERE)  # type: ignore[attr-defined]  # one of the kinds


@pytest.mark.parametrize("text", ['["a", "acme-*"]', "a,acme-*", "a acme-*", " a ,  acme-* "])
def test_list_is_given_as_text(text: str) -> None:
    """In an environment variable: a TOML array, or words."""
    assert NAME_PATTERNS.from_text(text) == ["a", "acme-*"]


@pytest.mark.parametrize(
    "text", ['{ "torch*" = "pytorch", "a" = "b" }', "torch*=pytorch,a=b", "torch*=pytorch a=b"]
)
def test_routes_are_given_as_text(text: str) -> None:
    """In an environment variable: a TOML table, or pairs."""
    assert ROUTES.from_text(text) == {"torch*": "pytorch", "a": "b"}


@pytest.mark.parametrize("text", ["{ torch", "torch*", "torch*=a,torch*=b"])
def test_text_that_is_no_table_of_routes_is_refused(text: str) -> None:
    """Rather than read as something that was not written."""
    with pytest.raises(BadInput):
        ROUTES.read(ROUTES.from_text(text), HERE)
