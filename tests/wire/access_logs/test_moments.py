"""Moments of logs: read with any zone, written in UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.moments import (
    parse_clf_moment,
    parse_epoch,
    parse_iso_moment,
    render_clf_moment,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
SECONDS = st.integers(0, 253_402_300_799)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("31/Jan/2026:12:00:00 +0000", 0),
        ("31/Jan/2026:05:00:00 -0700", 0),
        ("31/Jan/2026:17:30:01 +0530", 1),
        ("31/Jan/2026:12:00:00.125", 0.125),
        ("31/Jan/2026:11:59:60 +0000", 0),
    ],
)
def test_moment_of_a_web_server_has_a_zone_or_none(text: str, second: float) -> None:
    """Without one it is UTC; a leap second is the next minute's first."""
    assert parse_clf_moment(text) == NOON + second


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31T13:00:00+0100",
     "2026-01-31T07:00:00-05:00", "2026-01-31T12:00:00.000000Z"],
)  # fmt: skip
def test_moment_of_a_cdn_is_written_in_several_ways(text: str) -> None:
    """ISO 8601, with a zone or without."""
    assert parse_iso_moment(text) == NOON


@pytest.mark.parametrize("text", ["1769860800", "1769860800.000", "1769860800000"])
def test_number_is_of_seconds_or_of_milliseconds(text: str) -> None:
    """A number of seconds that large would be in the far future."""
    assert parse_epoch(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "31/Foo/2026:12:00:00 +0000", "31/Feb/2026:12:00:00 +0000", "31/Jan/2026:24:00:00 +0000",
     "31/Jan/1969:00:00:00 +0000", "31/Jan/2026:12:00:00 +00", "\u0663\u0661/Jan/2026:12:00:00"],
)  # fmt: skip
def test_no_moment_of_a_web_server_is_refused(text: str) -> None:
    """No day, no time, or no digits of ours."""
    with pytest.raises(BadInput):
        parse_clf_moment(text)


@pytest.mark.parametrize("text", ["", "-", "2026-02-30T00:00:00", "2026-01-31", "2026-01-31T1:1:1"])
def test_no_moment_of_a_cdn_is_refused(text: str) -> None:
    """What is no day is not guessed."""
    with pytest.raises(BadInput):
        parse_iso_moment(text)


@pytest.mark.parametrize("text", ["", "-1", "1e9", "nan", "9" * 15, "9" * 99, "\u0663"])
def test_no_number_of_seconds_is_refused(text: str) -> None:
    """Nor is a moment that no calendar has."""
    with pytest.raises(BadInput):
        parse_epoch(text)


@given(SECONDS)
def test_written_moment_is_read_again(seconds: int) -> None:
    """To the second."""
    assert float(parse_clf_moment(render_clf_moment(Instant(seconds)))) == seconds
