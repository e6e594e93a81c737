"""How many questions an upstream is asked at the same time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.pacing import (
    Pace,
    Rules,
    allowed,
    note_answer,
    note_trouble,
    seconds_until_asked,
)

RULES = Rules(most=32, first=4)
NOW = Instant(1_790_000_000.0)


def answers(pace: Pace, *latencies: float, now: Instant = NOW) -> Pace:
    """Return the pace after answers that took so long, ten milliseconds apart."""
    for number, seconds in enumerate(latencies):
        pace = note_answer(pace, seconds, Instant(now + number * 0.01), RULES)
    return pace


@pytest.mark.parametrize(
    ("rules", "first"),
    [(RULES, 4), (Rules(most=2, first=8), 2), (Rules(most=1, first=8), 1)],
)
def test_first_questions_are_few_and_never_more_than_allowed(rules: Rules, first: int) -> None:
    """Nobody is known to bear much before it was asked anything."""
    assert allowed(Pace.begin(rules), NOW) == first


def test_quick_answers_let_it_grow_up_to_the_cap() -> None:
    """By one with every answer at first, and never beyond what the setting says."""
    pace = Pace.begin(RULES)

    assert allowed(answers(pace, *[0.02] * 5), NOW) == 9
    assert allowed(answers(pace, *[0.02] * 500), NOW) == 32


def test_trouble_halves_and_growth_is_slow_from_then_on() -> None:
    """One more per round trip: as many answers as there are questions under way."""
    pace = note_trouble(answers(Pace.begin(RULES), *[0.02] * 100), None, NOW, RULES)
    later = Instant(NOW + 5)

    assert allowed(pace, NOW) == 16
    assert allowed(answers(pace, *[0.02] * 15, now=later), later) == 16
    assert allowed(answers(pace, *[0.02] * 18, now=later), later) == 17


def test_failures_of_one_moment_halve_once() -> None:
    """What was under way when it became too much failed for the same reason."""
    pace = answers(Pace.begin(RULES), *[0.02] * 100)
    for _ in range(16):
        pace = note_trouble(pace, None, NOW, RULES)

    assert allowed(pace, NOW) == 16


def test_trouble_that_lasts_leaves_one() -> None:
    """Somebody has to find out that it is over."""
    pace = Pace.begin(RULES)
    for second in range(100):
        pace = note_trouble(pace, None, Instant(NOW + second), RULES)

    assert allowed(pace, Instant(NOW + 200)) == RULES.fewest


@pytest.mark.parametrize(
    ("asked", "after", "left"),
    [
        (30.0, 0.0, 30.0),
        (30.0, 29.0, 1.0),
        (30.0, 30.0, 0.0),
        (None, 0.0, 0.0),
        (1e9, 0.0, 600.0),
        (30.0, -1.0, 0.0),
    ],
    ids=["now", "nearly", "over", "not-asked", "bounded", "clock-set-back"],
)
def test_retry_after_is_obeyed(asked: float | None, after: float, left: float) -> None:
    """Nobody asks before it is over; a slip in a header is not obeyed for ever."""
    pace = note_trouble(Pace.begin(RULES), asked, NOW, RULES)
    now = Instant(NOW + after)

    assert seconds_until_asked(pace, now) == left
    assert (allowed(pace, now) == 0) is (left > 0)


def test_shorter_rest_does_not_end_a_longer_one() -> None:
    """Of several answers that ask for patience the most patient counts."""
    pace = note_trouble(Pace.begin(RULES), 30.0, NOW, RULES)
    pace = note_trouble(pace, 1.0, Instant(NOW + 1), RULES)

    assert seconds_until_asked(pace, Instant(NOW + 1)) == 29.0


def test_answers_from_a_queue_end_the_growth() -> None:
    """More questions would only wait longer."""
    pace = answers(Pace.begin(RULES), 0.02)
    pace = answers(pace, *[0.4] * 60)

    assert 4 < allowed(pace, NOW) < RULES.most
    assert not pace.is_growing


def test_answers_from_a_long_queue_shrink_it() -> None:
    """Slowly: it says less than an error."""
    pace = answers(Pace.begin(RULES), *[0.02] * 100)
    shrunk = answers(pace, *[3.0] * 100, now=Instant(NOW + 2))

    assert RULES.fewest <= allowed(shrunk, Instant(NOW + 4)) < 32


def test_few_milliseconds_more_are_no_queue() -> None:
    """An upstream in the same rack answers in one millisecond, or in ten."""
    pace = answers(Pace.begin(RULES), 0.001)

    assert allowed(answers(pace, *[0.012] * 200), NOW) == 32


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["answer", "trouble"]),
            st.floats(0, 100),
            st.floats(-10, 100),
        ),
        max_size=200,
    )
)
def test_limit_stays_between_its_bounds(steps: list[tuple[str, float, float]]) -> None:
    """Whatever comes, and however the clock is set."""
    pace, now = Pace.begin(RULES), NOW
    for kind, seconds, forward in steps:
        now = Instant(now + forward)
        if kind == "answer":
            pace = note_answer(pace, seconds, now, RULES)
        else:
            pace = note_trouble(pace, seconds, now, RULES)

        assert RULES.fewest <= int(pace.limit) <= RULES.most
        assert 0 <= seconds_until_asked(pace, now) <= 600
