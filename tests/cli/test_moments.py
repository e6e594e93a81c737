"""Moments and durations as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.cli.moments import parse_duration, parse_moment, show_moment
from wheelyard.clock import Instant
from wheelyard.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P30D", 30 * 86_400),
        ("p1y", 365 * 86_400),
        ("P6M", 180 * 86_400),
        ("P2W", 14 * 86_400),
        ("PT12H", 43_200),
        ("PT5M", 300),
        (" PT1S ", 1),
        ("P1DT2H3M4S", 93_784),
    ],
)
def test_duration_is_read(text: str, seconds: int) -> None:
    """Source: ISO 8601-1, 5.5.2."""
    assert parse_duration(text, "--expires") == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "30",
        "30D",
        "P-1D",
        "P0D",
        "PT0S",
        "P1H",
        "P1.5D",
        "P101Y",
        "P\u0661D",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Nothing at all is none either: such a token would be useless."""
    with pytest.raises(BadInput, match="`--expires`: expected a duration such as `P30D`"):
        parse_duration(text, "--expires")


@given(st.text(max_size=30))
def test_any_text_has_an_answer(text: str) -> None:
    """A number, or a sentence: nothing else is raised."""
    for parse in (parse_duration, parse_moment):
        with suppress(BadInput):
            assert parse(text, "--flag") is not None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-02", 86_400),
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01T02:00:01+02:00", 1),
        ("1970-01-01T00:00:01Z", 1),
    ],
)
def test_moment_is_read(text: str, moment: int) -> None:
    """In UTC unless it says where."""
    assert parse_moment(text, "--since") == Instant(moment)


def test_moment_is_shown_to_the_second() -> None:
    """In UTC, and in a form that sorts and that `parse_moment` reads."""
    assert show_moment(Instant(86_400.7)) == "1970-01-02T00:00:00Z"
    assert parse_moment(show_moment(Instant(86_400.7)), "--since") == Instant(86_400)
