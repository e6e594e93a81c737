"""When the scrubber reads what, and when it rests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.scrub import SHELVES, Course, Pace, Work, begin, is_busy, pause, step, wait

DAY = 86_400.0
PACE = Pace(days=256, bytes_per_second=1000)
"""A shelf a day."""


@pytest.mark.parametrize(
    ("shelf", "now", "seconds"),
    [
        pytest.param(0, 0.0, 0.0, id="the first one at once"),
        pytest.param(1, 0.0, DAY, id="the next one in its turn"),
        pytest.param(1, DAY - 10, 10.0, id="soon"),
        pytest.param(1, DAY, 0.0, id="now"),
        pytest.param(3, 100 * DAY, 0.0, id="late: no waiting"),
        pytest.param(200, -1000 * DAY, DAY, id="the clock went back: a turn at most"),
    ],
)
def test_shelf_is_due_in_its_part_of_the_pass(shelf: int, now: float, seconds: float) -> None:
    """Evenly over the days, whatever the size of the store."""
    assert wait(Course(0.0, shelf), PACE, Instant(now)) == seconds


def test_pass_that_ends_in_time_is_followed_by_one_that_begins_when_it_is_due() -> None:
    """Once in so many days means not twice."""
    course = Course(0.0, SHELVES - 1, files=9, bytes=90, wrong=2, total_wrong=5, total_bytes=900)

    after = step(course, PACE, Instant(255.5 * DAY))

    assert after == Course(
        256 * DAY, ended_at=255.5 * DAY, last_wrong=2, total_wrong=5, total_bytes=900
    )


@pytest.mark.parametrize("now", [300 * DAY, -5 * DAY])
def test_pass_that_is_late_is_followed_by_one_from_now_on(now: float) -> None:
    """What was missed while the server was off is not made up for twice."""
    assert step(Course(0.0, SHELVES - 1), PACE, Instant(now)).began_at == now


def test_shelf_that_is_done_is_followed_by_the_next() -> None:
    """What was found so far is kept."""
    assert step(Course(0.0, 3, wrong=1), PACE, Instant(0.0)) == Course(0.0, 4, wrong=1)


@given(st.integers(0, 255), st.floats(-1e9, 1e9), st.floats(0, 1e4))
def test_waiting_is_bounded(shelf: int, now: float, days: float) -> None:
    """No clock and no setting makes the scrubber sleep for ever."""
    pace = Pace(days, 1)

    assert 0 <= wait(begin(Instant(0.0)), pace, Instant(now)) <= pace.shelf_seconds
    assert 0 <= wait(Course(0.0, shelf), pace, Instant(now)) <= pace.shelf_seconds


def test_position_is_the_part_that_is_done() -> None:
    """For people."""
    assert Course(0.0, 64).position == 0.25


@pytest.mark.parametrize(
    ("byte_count", "spent", "seconds"),
    [(1000, 0.0, 1.0), (1000, 0.25, 0.75), (1000, 5.0, 0.0), (0, 0.0, 0.0)],
)
def test_pause_makes_up_for_what_was_read_too_fast(
    byte_count: int, spent: float, seconds: float
) -> None:
    """Never more bytes per second than allowed."""
    assert pause(byte_count, spent, PACE) == seconds


def test_speed_of_nothing_is_not_divided_by() -> None:
    """0 bytes per second is a setting that somebody will try."""
    assert pause(1000, 0.0, Pace(1, 0)) == 1000


@pytest.mark.parametrize(
    ("now", "seconds", "busy"),
    [
        (Work(100, 0), 1.0, False),
        (Work(151, 0), 1.0, True),
        (Work(151, 0), 10.0, False),
        (Work(100, 1), 1.0, True),
        (Work(200, 0), 0.0, True),
    ],
)
def test_clients_come_first(now: Work, seconds: float, busy: bool) -> None:  # noqa: FBT001  a case
    """A download that runs, or many requests."""
    assert is_busy(Work(100, 0), now, seconds) is busy
