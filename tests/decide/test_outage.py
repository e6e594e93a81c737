"""When a door is out: a table, and promises that hold for every course of answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.outage import Decision, Outage, Row, Rules, decide, follow

NOW = Instant(1_790_000_000.0)
RULES = Rules(failures=3, failing_seconds=10, answers=3, calm_seconds=60)


def ago(seconds: float) -> Instant:
    """Return the moment ``seconds`` before now."""
    return Instant(NOW - seconds)


def bad(count: int, began: float = 3, last: float = 0) -> Row:
    """Return failures; times are seconds ago."""
    return Row(good=False, began_at=ago(began), last_at=ago(last), count=count)


def good(count: int, began: float = 3, last: float = 0) -> Row:
    """Return answers; times are seconds ago."""
    return Row(good=True, began_at=ago(began), last_at=ago(last), count=count)


LASTING = Outage(ago(100))
OVER = Outage(ago(200), ago(100))


@pytest.mark.parametrize(
    ("row", "last", "decision"),
    [
        (None, None, Decision.STAYS),
        (None, LASTING, Decision.STAYS),
        (good(1), None, Decision.STAYS),
        (good(99), OVER, Decision.STAYS),
        (bad(1), None, Decision.STAYS),
        (bad(2), None, Decision.STAYS),
        (bad(3), None, Decision.BEGINS),
        (bad(3, began=0), OVER, Decision.BEGINS),
        (bad(2, began=9.9), None, Decision.STAYS),
        (bad(2, began=10), None, Decision.BEGINS),
        (bad(1, began=5000, last=5000), None, Decision.STAYS),
        (bad(2, began=5000, last=4999), None, Decision.STAYS),
        (bad(99), LASTING, Decision.STAYS),
        (good(1), LASTING, Decision.STAYS),
        (good(2), LASTING, Decision.STAYS),
        (good(3), LASTING, Decision.ENDS),
        (good(1, began=59.9, last=59.9), LASTING, Decision.STAYS),
        (good(1, began=60, last=60), LASTING, Decision.ENDS),
        # What this process saw before another one wrote the last entry is covered by it.
        (bad(99, began=150), OVER, Decision.FORGETS),
        (good(99, began=150), LASTING, Decision.FORGETS),
        # A log from the future: the clock was set back, and counts for nothing.
        (bad(3), Outage(ago(-50), ago(-20)), Decision.BEGINS),
        (good(3), Outage(ago(-50)), Decision.ENDS),
    ],
)
def test_decision_follows_from_answers_in_a_row(
    row: Row | None, last: Outage | None, decision: Decision
) -> None:
    """Three in a row, or two over ten seconds; quiet servers need one answer and a minute."""
    assert decide(row, last, NOW, RULES) is decision


def test_answers_of_one_kind_make_a_row() -> None:
    """The row keeps its beginning, and starts anew with an answer of the other kind."""
    row = follow(follow(None, ago(9), good=False), ago(5), good=False)

    assert row == Row(good=False, began_at=ago(9), last_at=ago(5), count=2)
    assert follow(row, ago(1), good=True) == Row(good=True, began_at=ago(1), last_at=ago(1))


Answers = list[tuple[float, bool]]
ANSWERS = st.lists(st.tuples(st.floats(min_value=0.001, max_value=9.0), st.booleans()), max_size=80)


def log_of(answers: Answers) -> list[Outage]:
    """Return the outages that one process writes down; each answer has the seconds before it."""
    row, log, now = None, list[Outage](), NOW
    for seconds, is_good in answers:
        now = Instant(now + seconds)
        row = follow(row, now, good=is_good)
        match decide(row, log[-1] if log else None, now, RULES):
            case Decision.BEGINS:
                log.append(Outage(row.began_at))
            case Decision.ENDS:
                log[-1] = Outage(log[-1].started_at, row.began_at)
            case Decision.FORGETS:
                row = None
            case Decision.STAYS:
                pass
    return log


@given(answers=ANSWERS)
def test_outages_are_in_order_and_apart(answers: Answers) -> None:
    """Each ends before the next begins, and only the last may last."""
    log = log_of(answers)

    moments = [at for each in log for at in (each.started_at, each.ended_at) if at is not None]
    assert moments == sorted(set(moments))
    assert all(each.ended_at is not None for each in log[:-1])


@given(seconds=st.lists(st.floats(min_value=0.001, max_value=4.0), max_size=40))
def test_door_that_fails_every_other_time_is_never_out(seconds: list[float]) -> None:
    """No flapping: neither beginning nor end follows from a single answer."""
    assert log_of([(each, index % 2 == 0) for index, each in enumerate(seconds)]) == []


@given(answers=ANSWERS)
def test_door_that_fails_for_long_is_out_and_comes_back(answers: Answers) -> None:
    """Whatever happened before, three failures are an outage, and three answers end it."""
    failing = [*answers, *[(1.0, False)] * 3]

    assert log_of(failing)[-1].ended_at is None
    assert log_of([*failing, *[(1.0, True)] * 3])[-1].ended_at is not None
