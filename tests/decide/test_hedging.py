"""Hedging: for the odd slow answer, and never for more than one question in twenty."""

import pytest

from wheelyard.decide.hedging import Budget, hedge_after_seconds, note_asked, note_hedged


def test_door_of_which_little_is_known_is_waited_for() -> None:
    """Without twenty answers nobody can say what is late."""
    assert hedge_after_seconds([0.1] * 19) is None


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        pytest.param([0.2] * 20, 0.2, id="all the same"),
        pytest.param([0.1] * 95 + [3.0] * 5, 3.0, id="one in twenty is slow"),
        pytest.param([0.1] * 96 + [3.0] * 4, 0.1, id="fewer are slow"),
        pytest.param([0.001] * 100, 0.05, id="never at once"),
    ],
)
def test_late_is_what_nineteen_in_twenty_are_not(latencies: list[float], expected: float) -> None:
    """The door's own p95, whatever the order in which the answers came."""
    assert hedge_after_seconds(latencies[::-1]) == expected


def test_first_questions_allow_no_hedge() -> None:
    """The budget begins empty: a start is no reason to ask everything twice."""
    assert not Budget().allows_one


def test_hedges_are_a_twentieth_of_the_questions() -> None:
    """However many answers are late."""
    budget, hedged = Budget(), 0
    for _ in range(1_000):
        budget = note_asked(budget)
        if budget.allows_one:
            budget, hedged = note_hedged(budget), hedged + 1

    assert 45 <= hedged <= 50


def test_budget_saves_up_little() -> None:
    """A quiet day does not pay for a storm."""
    budget = Budget()
    for _ in range(100_000):
        budget = note_asked(budget)
    hedged = 0
    while budget.allows_one:
        budget, hedged = note_hedged(budget), hedged + 1

    assert hedged == 5
