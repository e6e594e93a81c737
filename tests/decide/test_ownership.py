"""Ownership: every name has exactly one owner, whatever the rules and whoever has what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.ownership import (
    Blocked,
    Hosted,
    Merged,
    Owner,
    Ownership,
    PatternSet,
    Public,
    Reserved,
    Routed,
)
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.settings import NamePattern, Route, parse_pattern

PATTERNS = st.lists(
    st.from_regex(r"[ab*](?:[ab*-]{0,4}[ab*])?", fullmatch=True).map(parse_pattern), max_size=4
)
NAMES = st.from_regex(r"[ab](?:[ab-]{0,5}[ab])?", fullmatch=True).map(parse_project_name)

RULES = Ownership(
    reserved=[parse_pattern(text) for text in ("acme-*", "house")],
    blocked=[parse_pattern(text) for text in ("acme-evil*", "malware")],
    routes=[
        Route(parse_pattern("torch*"), "pytorch"),
        Route(parse_pattern("torch-house"), "house"),
        Route(parse_pattern("*-nightly"), "nightly"),
        Route(parse_pattern("torchaudio*"), "audio"),
    ],
    merge=[ProjectName("both"), ProjectName("torch-both")],
)


def route_to(upstream: str, pattern: str) -> Routed:
    """Return the owner that a route means."""
    return Routed(upstream, parse_pattern(pattern))


@pytest.mark.parametrize(
    ("name", "is_hosted", "owner"),
    [
        ("flask", False, Public()),
        ("flask", True, Hosted()),
        ("acme-core", False, Reserved(parse_pattern("acme-*"))),
        ("acme-core", True, Hosted()),
        ("acme", False, Public()),
        ("house", False, Reserved(parse_pattern("house"))),
        ("malware", False, Blocked(parse_pattern("malware"))),
        ("malware", True, Blocked(parse_pattern("malware"))),
        ("acme-evil-twin", False, Blocked(parse_pattern("acme-evil*"))),
        ("torch", False, route_to("pytorch", "torch*")),
        ("torch", True, Hosted()),
        ("torch-house", False, route_to("house", "torch-house")),
        ("torchaudio", False, route_to("audio", "torchaudio*")),
        ("torch-nightly", False, route_to("nightly", "*-nightly")),
        ("acme-nightly", False, Reserved(parse_pattern("acme-*"))),
        ("both", False, Public()),
        ("both", True, Merged(Public())),
        ("torch-both", True, Merged(route_to("pytorch", "torch*"))),
    ],
)
def test_name_has_the_owner_that_the_rules_say(name: str, *, is_hosted: bool, owner: Owner) -> None:
    """Blocked, then ours, then reserved, then the most specific route, then public."""
    assert RULES.owner_of(ProjectName(name), is_hosted=is_hosted) == owner


def test_first_of_equally_specific_routes_counts() -> None:
    """What is written first, so that reading the configuration tells it."""
    routes = [Route(parse_pattern("ab*"), "first"), Route(parse_pattern("*bc"), "second")]

    assert Ownership(routes=routes).public_owner_of(ProjectName("abc")) == route_to("first", "ab*")
    routes.reverse()
    assert Ownership(routes=routes).public_owner_of(ProjectName("abc")) == route_to("second", "*bc")


@given(
    reserved=PATTERNS, blocked=PATTERNS, routes=PATTERNS, merge=st.sets(NAMES), name=NAMES,
    is_hosted=st.booleans(),
)  # fmt: skip
def test_name_that_is_ours_is_never_an_upstreams(
    *,
    reserved: list[NamePattern],
    blocked: list[NamePattern],
    routes: list[NamePattern],
    merge: set[ProjectName],
    name: ProjectName,
    is_hosted: bool,
) -> None:
    """What the fence stops and what the owner is agree, for all rules."""
    rules = Ownership(reserved, blocked, [Route(pattern, "other") for pattern in routes], merge)
    owner = rules.owner_of(name, is_hosted=is_hosted)

    if rules.is_ours(name, is_hosted=is_hosted):
        assert isinstance(owner, Hosted | Reserved | Blocked | Merged)
    else:
        assert not isinstance(owner, Hosted | Reserved)


@pytest.mark.parametrize(
    ("name", "is_hosted", "is_ours"),
    [
        ("flask", False, False),
        ("flask", True, True),
        ("acme-core", False, True),
        ("both", True, False),
        ("malware", False, False),
    ],
)
def test_upstream_never_hears_of_what_is_ours(name: str, *, is_hosted: bool, is_ours: bool) -> None:
    """Hosted or reserved; a merged name is asked for on purpose."""
    assert RULES.is_ours(ProjectName(name), is_hosted=is_hosted) is is_ours


@given(patterns=PATTERNS, name=NAMES)
def test_set_means_what_its_patterns_mean(patterns: list[NamePattern], name: ProjectName) -> None:
    """However they are sorted for speed."""
    meant = PatternSet(patterns)
    matching = [each for each in patterns if each.matches(name)]

    found = meant.find(name)

    assert (name in meant) is bool(matching)
    assert (found in matching) if matching else found is None
    assert bool(meant) is bool(patterns)


def test_set_names_the_name_before_a_pattern() -> None:
    """The sentence about a blocked project says what it was that blocked it."""
    patterns = PatternSet([parse_pattern("a*"), parse_pattern("abc")])

    assert patterns.find(ProjectName("abc")) == parse_pattern("abc")
    assert patterns.find(ProjectName("abd")) == parse_pattern("a*")
    assert patterns.find(ProjectName("bcd")) is None
