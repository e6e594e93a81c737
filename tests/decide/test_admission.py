"""Who may still wait for an upstream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.admission import admits


@pytest.mark.parametrize(
    ("waiting", "most", "held", "expected"),
    [
        (0, 10, False, True),
        (9, 10, False, True),
        (10, 10, False, False),
        (4, 10, True, True),
        (5, 10, True, False),
        (0, 1, True, True),
        (1, 1, True, False),
        (10**9, 0, False, True),
        (10**9, 0, True, True),
    ],
)
def test_question_is_admitted_up_to_the_limit(
    waiting: int,
    most: int,
    held: bool,  # noqa: FBT001 - a column of the table
    expected: bool,  # noqa: FBT001 - the same
) -> None:
    """What is held gives way at half of it."""
    assert admits(waiting, most, is_held=held) is expected


@given(waiting=st.integers(0, 5000), most=st.integers(0, 5000))
def test_what_is_held_never_takes_the_place_of_what_is_not(waiting: int, most: int) -> None:
    """Whenever there is room for a renewal, there is room for a miss."""
    assert admits(waiting, most, is_held=False) or not admits(waiting, most, is_held=True)
