"""Which paths are refused, whoever is asked for them."""

import pytest

from wheelyard.decide.paths import path_problem


@pytest.mark.parametrize(
    "path",
    ["/", "/simple/demo/", "/a/..b/c..", "/a/.../b", "/a%20b", "/a%2Bb", "/a+b", "/%c3%a9", "/;.."],
)
def test_ordinary_path_is_fine(path: str) -> None:
    """Names may have dots, and escapes of what is not a separator."""
    assert path_problem(path) == ""


@pytest.mark.parametrize(
    "path",
    [
        *("/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e/a", "/.%2e/a", "/a%2fb", "/a%5Cb", "/a\\b"),
        *("/a%00b", "/a%0d%0ab", "/a%7f", "/a\x01b"),
    ],
)
def test_ambiguous_path_is_refused(path: str) -> None:
    """However it is spelled."""
    assert path_problem(path).startswith("The path holds")
