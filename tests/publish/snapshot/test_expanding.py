"""Texts of pages, spelled out for SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.publish.snapshot.expanding import expand_pythons, expand_tags
from wheelyard.requirements import parse_wheel_name


@pytest.mark.parametrize(
    "tags",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp38-abi3-macosx_11_0_arm64.macosx_10_9_x86_64",
    ],
)
def test_tags_are_those_of_packaging(tags: str) -> None:
    """Each triple once."""
    rows = list(expand_tags(tags))

    assert {"-".join(row[1:]) for row in rows} == parse_wheel_name(f"a-1-{tags}.whl").tags
    assert len(rows) == len(set(rows))
    assert {row[0] for row in rows} == {tags}


@pytest.mark.parametrize("tags", ["", "py3-none", "a-b-c-d", ".".join(["x"] * 2_000) + "-y-z"])
def test_tags_that_are_none_or_repeat_have_few_rows(tags: str) -> None:
    """Whatever an upstream lists."""
    assert len(list(expand_tags(tags))) <= 1


def test_tags_by_the_million_have_no_rows() -> None:
    """A name of a file cannot fill the snapshot."""
    many = ".".join(f"x{number}" for number in range(60))

    assert list(expand_tags(f"{many}-{many}-any")) == []


@given(st.text(max_size=50))
def test_any_tags_are_expanded_or_left_out(tags: str) -> None:
    """Nothing is raised, and the key of the table is unique."""
    rows = list(expand_tags(tags))

    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(
    ("requires", "has", "lacks"),
    [
        (">=3.8,<3.12", {"3.8", "3.11"}, {"2.7", "3.7", "3.12"}),
        ("==3.11.4", {"3.11"}, {"3.10", "3.12"}),
        ("!=3.11.*", {"3.10", "3.12", "2.7"}, {"3.11"}),
        ("what cannot be read forbids nothing", {"2.7", "3.20"}, set()),
        ("<3", {"2.7"}, {"3.3"}),
    ],
)
def test_pythons_are_those_that_are_allowed(requires: str, has: set[str], lacks: set[str]) -> None:
    """In any of their patch releases, as installers read it."""
    found = {python for _, python in expand_pythons(requires)}

    assert has <= found
    assert not lacks & found
