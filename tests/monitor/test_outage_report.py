"""The outage log for people: what is shown, and months by a hand count."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.catalog import OutageRow
from wheelyard.clock import Instant
from wheelyard.monitor.outage_report import (
    MAX_SHOWN,
    OutageStatus,
    availability,
    months_before,
    report_outages,
)

HOUR = 3600.0
DAY = 24 * HOUR
DOOR = "https://index.example/simple/"


def at(month: int, day: int, hour: int = 0) -> Instant:
    """Return a moment of the year 2026, in UTC."""
    return Instant(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())


def outage(started_at: Instant, ended_at: Instant | None = None) -> OutageRow:
    """Return a row of the log."""
    return OutageRow("main", DOOR, started_at, ended_at, "refused", "refused: nobody", 4, 2)


def test_a15_availability_equals_a_hand_count() -> None:
    """An outage over the turn of a month counts for both; the present month counts until now."""
    rows = [
        outage(at(9, 10), at(9, 13)),  # 3 of the 30 days of September
        outage(at(9, 30, 12), at(10, 1, 12)),  # half a day of each
        outage(at(11, 9)),  # the last of the 9 days of November until now
    ]

    shares = availability(rows, at(9, 1), Instant(at(11, 10)))

    assert shares == {
        "2026-09": round(100 * (1 - 3.5 / 30), 3),
        "2026-10": round(100 * (1 - 0.5 / 31), 3),
        "2026-11": round(100 * (1 - 1 / 9), 3),
    }


def test_first_month_counts_from_the_beginning() -> None:
    """What was before the data directory, nobody can tell: 1 of 10 days is missing, not of 30."""
    shares = availability([outage(at(9, 25), at(9, 26))], at(9, 21), at(10, 1))

    assert shares == {"2026-09": 90.0}


def test_months_of_a_year_are_told() -> None:
    """Twelve, with the present one, over the turn of the year."""
    shares = availability([], Instant(0.0), at(3, 15))

    assert list(shares) == [f"2025-{n:02d}" for n in range(4, 13)] + [
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    assert months_before(at(3, 15)) == datetime(2025, 4, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("now", [at(1, 1), at(12, 31, 23), at(2, 28)])
def test_door_without_outages_was_always_there(now: Instant) -> None:
    """100 percent, also at the very edges of months."""
    assert set(availability([], now - 40 * DAY, now).values()) == {100.0}


def test_clock_that_was_set_back_makes_no_nonsense() -> None:
    """An outage that ends before it began counts for nothing; a beginning in the future neither."""
    assert availability([outage(at(9, 10), at(9, 9))], at(9, 1), at(9, 20)) == {"2026-09": 100.0}
    assert availability([], at(9, 20), at(9, 1)) == {}


@given(
    spans=st.lists(
        st.tuples(st.integers(0, 400), st.one_of(st.none(), st.integers(0, 400))), max_size=20
    ),
    since=st.integers(0, 300),
)
def test_share_is_a_percentage(spans: list[tuple[int, int | None]], since: int) -> None:
    """Whatever the log says."""
    start = at(1, 1)
    rows = [
        outage(Instant(start + a * DAY), None if b is None else Instant(start + b * DAY))
        for a, b in spans
    ]

    shares = availability(rows, start + since * DAY, start + 400 * DAY)

    assert all(0 <= share <= 100 for share in shares.values())


def test_outages_are_shown_newest_first() -> None:
    """One that lasts has lasted until now."""
    now = at(11, 10)
    over, lasting = outage(at(9, 10), at(9, 11)), outage(Instant(now - 90.04))

    shown = report_outages([over, lasting], now)

    assert shown[1] == OutageStatus(
        "main",
        DOOR,
        datetime(2026, 9, 10, tzinfo=UTC),
        datetime(2026, 9, 11, tzinfo=UTC),
        DAY,
        "refused",
        "refused: nobody",
        4,
        2,
    )
    assert (shown[0].ended_at, shown[0].seconds) == (None, 90.0)


def test_a_few_are_enough() -> None:
    """A door that is out every minute does not make the document endless."""
    rows = [outage(Instant(n), Instant(n + 1)) for n in range(MAX_SHOWN * 3)]

    assert len(report_outages(rows, at(9, 1))) == MAX_SHOWN
