"""Markers and Python ranges: what holds in an environment, for any choice of extras and groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.markers import parse_condition
from wheelyard.tags import Platform, marker_values

LINUX = marker_values("3.11", Platform("manylinux_2_28_x86_64"))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("sys_platform == 'linux'", True),
        ("sys_platform == 'win32'", False),
        ("python_full_version < '3.11.1'", True),
        ("extra == 'fast'", True),
        ("extra == 'fast' and sys_platform == 'win32'", False),
        ("extra != 'fast'", True),
        ("'fast' == extra", True),
        ("platform_release >= '10'", False),
        ("platform_release ~= 'x'", False),
    ],
)
def test_condition_holds_for_any_extra_that_it_names(*, text: str, holds: bool) -> None:
    """What some choice of extras would bring is wanted."""
    assert parse_condition(text).holds(LINUX) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("'fast' in extras", True),
        ("'other' in extras", False),
        ("'dev' in dependency_groups and sys_platform == 'linux'", True),
        ("'dev' in dependency_groups and sys_platform == 'win32'", False),
        ("'dev' not in dependency_groups", True),
        ("'fast' in extras and 'dev' not in dependency_groups", True),
        ("sys_platform == 'linux'", True),
    ],
)
def test_condition_of_a_lock_holds_for_any_of_its_extras_and_groups(
    *, text: str, holds: bool
) -> None:
    """All, none, or one of them: each is somebody's choice."""
    assert parse_condition(text).holds_in_lock(LINUX, ["fast"], ["dev"]) is holds


@pytest.mark.parametrize("text", ["", "nonsense", "python_version", "'a' ==", "(" * 5_000])
def test_what_is_no_marker_is_refused(text: str) -> None:
    """The message says where it stops being one."""
    with pytest.raises(BadInput):
        parse_condition(text)


def test_marker_that_is_too_long_is_refused() -> None:
    """There is a limit to what is parsed."""
    with pytest.raises(BadInput, match="longer than 8192 characters"):
        parse_condition("a" * 8_193)


def test_marker_comes_out_as_text() -> None:
    """Two spellings of one marker come to the same."""
    assert str(parse_condition("sys_platform=='linux'")) == 'sys_platform == "linux"'


@given(text=st.text(max_size=60))
def test_any_text_is_a_marker_or_refused(text: str) -> None:
    """The parser raises nothing else."""
    try:
        condition = parse_condition(text)
    except BadInput:
        return
    assert condition.holds(LINUX) in {True, False}
    assert condition.holds_in_lock(LINUX, ["a"], ["b"]) in {True, False}


def test_extra_has_no_meaning_in_a_lock() -> None:
    """Whoever writes it there means nothing that holds. Source: PEP 751."""
    assert not parse_condition("extra == 'fast'").holds_in_lock(LINUX, ["fast"], [])
