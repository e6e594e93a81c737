"""Numbers, sizes and times as people read them."""

import pytest

from wheelyard.cli.amounts import count, duration, size


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 files"), (1, "1 file"), (1_234, "1,234 files")]
)
def test_number_of_things(number: int, expected: str) -> None:
    """One is one thing."""
    assert count(number, "file") == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 bytes"), (1_023, "1,023 bytes"), (1_024, "1.0 KiB"), (5 * 1024**4, "5.0 TiB")],
)
def test_size_is_in_the_unit_that_suits_it(number: int, expected: str) -> None:
    """Powers of 1,024."""
    assert size(number) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (61, "1 min 1 s"), (90_000, "1 d 1 h")]
)
def test_time_is_in_its_two_largest_units(seconds: float, expected: str) -> None:
    """More nobody wants to know."""
    assert duration(seconds) == expected
