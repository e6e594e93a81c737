"""The budget for questions that are put again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.retrying import Budget, may_ask_again, note_again, note_first


@pytest.mark.parametrize(
    ("saved", "ago", "expected"),
    [
        (10.0, 0.0, True),
        (1.0, 0.0, True),
        (0.9, 0.0, False),
        (0.0, 0.999, False),
        (0.0, 1.0, True),
        (0.0, -5.0, True),
    ],
)
def test_question_is_put_again_within_the_budget_or_after_a_rest(
    saved: float,
    ago: float,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A clock that was set back keeps nobody waiting."""
    assert may_ask_again(Budget(saved), ago) is expected


@given(st.lists(st.booleans(), max_size=500))
def test_at_once_a_tenth_is_put_again(steps: list[bool]) -> None:
    """And the few that were saved up, however first questions and failures take turns."""
    budget, first, again = Budget(), 0, 0
    for is_first in steps:
        if is_first:
            budget, first = note_first(budget), first + 1
        elif may_ask_again(budget, 0.0):
            budget, again = note_again(budget), again + 1

    assert again <= 10 + 0.1 * first + 1e-6
