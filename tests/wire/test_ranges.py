"""One range, no range, or a range that no byte satisfies."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.ranges import (
    ContentRange,
    Range,
    Unsatisfiable,
    parse_content_range,
    parse_range,
)

SIZE = 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Range(0, 1)),
        ("bytes=5-", Range(5, 100)),
        ("bytes=-10", Range(90, 100)),
        ("bytes=0-5000", Range(0, 100)),
        ("bytes=99-99", Range(99, 100)),
        ("BYTES=1-2", Range(1, 3)),
        ("bytes= 1-2 ", Range(1, 3)),
        (f"bytes=0-{'9' * 1_000}", Range(0, 100)),
        (f"bytes=0-{'0' * 1_000}7", Range(0, 8)),
    ],
)
def test_c47_single_range_is_the_bytes_that_exist(header: str, expected: Range) -> None:
    """All three forms, cut at the end of the file."""
    assert parse_range(header, SIZE) == expected


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 1_000}-"]
)
def test_c48_range_beyond_the_end_is_unsatisfiable(header: str) -> None:
    """Not one byte of the file is asked for."""
    assert parse_range(header, SIZE) == Unsatisfiable()


def test_c50_suffix_longer_than_the_file_is_the_whole_file() -> None:
    """Poetry asks for the last 10,000 bytes of whatever there is."""
    assert parse_range("bytes=-10000", SIZE) == Range(0, 100)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=1.5-2",
        "bytes=\uff11-\uff12",
        "bytes=0-1,3-4",
        "bytes=0-1,",
        "lines=0-1",
        "bytes=0-1\n",
        f"bytes={'0' * 5_000}-",
    ],
)
def test_header_that_is_no_single_range_is_ignored(header: str) -> None:
    """The whole file is always a right answer."""
    assert parse_range(header, SIZE) is None


@pytest.mark.parametrize(
    ("header", "expected"), [("bytes=0-", Unsatisfiable()), ("bytes=-5", None)]
)
def test_empty_file_has_no_range(header: str, expected: Unsatisfiable | None) -> None:
    """There is no 206 without a byte."""
    assert parse_range(header, 0) == expected


def test_t24_ten_thousand_ranges_cost_nothing() -> None:
    """A header that made others sort and merge for seconds is not even looked through."""
    header = "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(10_000))
    started = time.process_time()

    answer = parse_range(header, SIZE)

    assert answer is None
    assert time.process_time() - started < 2  # most of it is for whoever collects garbage


def test_content_range_is_inclusive() -> None:
    """The header counts from 0 and names the last byte, not the one after it."""
    assert Range(0, 1).content_range(SIZE) == "bytes 0-0/100"
    assert Unsatisfiable().content_range(SIZE) == "bytes */100"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes 0-0/100", ContentRange(0, 1, 100)),
        ("Bytes 5-99/100", ContentRange(5, 100, 100)),
        ("bytes 5-99/*", ContentRange(5, 100, None)),
        ("bytes 5-100/100", None),
        ("bytes 5-4/100", None),
        ("bytes */100", None),
        ("bytes 0-0", None),
        (f"bytes 0-{'9' * 40}/100", None),
        ("", None),
    ],
)
def test_content_range_of_an_upstream_is_read_strictly(
    header: str, expected: ContentRange | None
) -> None:
    """What does not fit together is no place to write bytes at."""
    assert parse_content_range(header) == expected


@given(st.text(max_size=60), st.integers(min_value=0, max_value=1 << 60))
def test_any_header_gives_bytes_within_the_file(header: str, size: int) -> None:
    """Whatever is asked, nothing outside the file is ever meant."""
    for text in (header, f"bytes={header}"):
        match parse_range(text, size):
            case Range(start, stop):
                assert 0 <= start < stop <= size
            case answer:
                assert answer in {None, Unsatisfiable()}
