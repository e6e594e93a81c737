"""Single values in the columns of a log."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.values import parse_method, parse_number, parse_status


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_number_is_read(text: str, number: int) -> None:
    """Of digits alone."""
    assert parse_number(text, "x") == number


@pytest.mark.parametrize("text", ["", "-", "-1", "1.5", "1e3", "9" * 19, "\u0663", "1_0", " 1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """With the name of the column."""
    with pytest.raises(BadInput, match="a number in `sc-bytes`"):
        parse_number(text, "sc-bytes")


@pytest.mark.parametrize(("text", "status"), [("200", 200), ("000", 0), ("", 0)])
def test_status_is_read(text: str, status: int) -> None:
    """None is 0."""
    assert parse_status(text) == status


def test_status_has_three_digits() -> None:
    """More than that is something else."""
    with pytest.raises(BadInput, match="three digits, got `1000`"):
        parse_status("1000")


def test_method_is_the_first_word() -> None:
    """There are logs that have the whole line there."""
    assert parse_method("GET") == "GET"
    assert parse_method(" GET / HTTP/1.1") == "GET"
