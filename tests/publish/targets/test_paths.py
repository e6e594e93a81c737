"""Which paths an object may have; the refusals are in ``test_target_conformance.py``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.publish.targets.paths import HIDDEN, check_path


@pytest.mark.parametrize(
    "path",
    [
        "wheelyard.json",
        "-/manifest",
        "simple/flask/index.html.gz",
        "packages/ab/Flask-1!3.0+local.1-py3-none-any.whl.metadata",
        "simple/.wheelyard/index.html",
        "a/...",
        "naïve/ß",
    ],
)
def test_path_of_a_tree_is_taken_as_it_is(path: str) -> None:
    """Nothing of a path is changed."""
    assert check_path(path) == path


@given(st.text(max_size=30))
def test_path_that_is_taken_stays_below_its_root(path: str) -> None:
    """Whatever is asked for, it is inside and not among the drafts, or it is refused."""
    try:
        parts = check_path(path).split("/")
    except BadInput:
        return

    assert all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    assert parts[0] != HIDDEN


def test_refusal_shows_the_path_on_one_line() -> None:
    """What somebody else chose is not printed as it is."""
    with pytest.raises(BadInput) as caught:
        check_path("a\n\x1b[31m" + "b" * 500)

    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300
