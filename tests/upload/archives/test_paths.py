"""Paths and links of members: none leads out."""

import os.path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.upload.archives.paths import (
    clashes,
    link_problem,
    path_problem,
    shown,
    target_problem,
)


@pytest.mark.parametrize("path", ["a", "a/b.py", "a b/ü.txt", "..a/b..", "a-1.0.data/x", "CON"])
def test_plain_path_is_right(path: str) -> None:
    """Names may have anything that is a name everywhere a wheel is installed."""
    assert path_problem(path, 100) == ""


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "a//b",
        "a/./b",
        "a/../b",
        "..",
        "a\\b",
        "c:a",
        "a\nb",
        "a\x7f",
        "a\x85b",
        "a\u202eb",
    ],
)
def test_path_with_a_trick_is_refused(path: str) -> None:
    """Absolute, upwards, of another system, or not as it looks."""
    assert path_problem(path, 100)


def test_long_path_is_refused() -> None:
    """Counted in bytes, as file systems count."""
    assert path_problem("ü" * 50, 100) == ""
    assert "longer than 100 bytes" in path_problem("ü" * 51, 100)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("top/a", "b"),
        ("top/a", "./b/c"),
        ("top/x/a", "../b"),
        ("top/x/y/a", "../.."),
        ("top/x/a", "../../top/b"),
    ],
)
def test_link_inside_is_right(path: str, target: str) -> None:
    """Source archives have links to their own files."""
    assert link_problem(path, target) == ""


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("top/a", ".."),
        ("top/a", "../b"),
        ("top/a", "../../b"),
        ("top/x/a", "../../other/b"),
        ("top/x/a", "../.."),
        ("top/a", "/b"),
        ("top/a", ""),
        ("top/a", "b/../c"),
        ("top/a", "b\\c"),
        ("a", "b"),
    ],
)
def test_link_that_may_lead_out_is_refused(path: str, target: str) -> None:
    """A `..` behind a name is refused too: where it leads depends on what the name is."""
    assert link_problem(path, target)


PARTS = st.sampled_from(["..", ".", "a", "b", "top"])


@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=4), st.lists(PARTS, max_size=6))
def test_no_accepted_link_leads_out(directories: list[str], parts: list[str]) -> None:
    """Whatever the target, it stays below the one directory."""
    path, target = "/".join(["top", *directories]), "/".join(parts)
    if link_problem(path, target):
        return

    found = os.path.normpath(f"{path.rpartition('/')[0]}/{target}")

    assert found == "top" or found.startswith("top/")


def test_hard_link_is_to_a_file_before_it() -> None:
    """Anything else is not in the archive, or not yet."""
    assert target_problem("top/a", "top/b", {"top/b"}) == ""
    assert "is to no file before it" in target_problem("top/a", "/etc/passwd", {"top/b"})


def test_file_that_is_a_directory_too_is_found() -> None:
    """No installer can make both."""
    assert clashes(["a/b", "a/b/c/d"]) == "a/b"
    assert clashes(["a", "b/a", "c/a"]) == ""


def test_shown_path_is_short_and_printable() -> None:
    """Messages go to terminals and logs."""
    assert shown("a\x1b[31m") == "`a\\x1b[31m`"
    assert len(shown("x" * 10_000)) < 200
