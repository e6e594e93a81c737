"""Logs of CloudFront: whichever columns there are, and wherever they stand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.cloudfront import (
    COLUMNS,
    CloudFrontJsonReader,
    CloudFrontReader,
    column_name,
    is_width,
)
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry

ROW = {
    "date": "2026-01-31",
    "time": "12:00:00",
    "x-edge-location": "FRA2",
    "sc-bytes": "50400",
    "c-ip": "192.0.2.10",
    "cs-method": "GET",
    "cs(Host)": "d111111abcdef8.cloudfront.example",
    "cs-uri-stem": "/a%2Bb",
    "sc-status": "206",
    "cs(Referer)": "https://index.example/",
    "cs(User-Agent)": "pip/24.0%20{%22ci%22:null}",
    "cs-uri-query": "c=d",
    "x-edge-result-type": "RefreshHit",
    "x-edge-request-id": "q7Zk==",
    "x-host-header": "index.example",
    "cs-protocol-version": "HTTP/2.0",
    "sc-content-len": "50000",
    "sc-range-start": "0",
    "sc-range-end": "49999",
}
ENTRY = LogEntry(
    at=Instant(1_769_860_800),
    method="GET",
    raw_path="/a%2Bb",
    query="c=d",
    protocol="HTTP/2.0",
    status=206,
    bytes_sent=50_400,
    body_bytes=50_000,
    user_agent='pip/24.0 {"ci":null}',
    referer="https://index.example/",
    request_id="q7Zk==",
    range_start=0,
    range_end=49_999,
    cache=CacheResult.REFRESHED,
    cache_word="RefreshHit",
    host="index.example",
    client="192.0.2.10",
)


def lines(names: list[str], **changed: str) -> list[str]:
    """Return a heading and a row with these columns."""
    row = {**ROW, **changed}
    return [f"#Fields: {' '.join(names)}", "\t".join(row.get(name, "-") for name in names)]


def read(names: list[str], **changed: str) -> LogEntry:
    """Return what a row with these columns says."""
    reader = CloudFrontReader()
    heading, row = lines(names, **changed)
    assert reader.read(heading) is None
    entry = reader.read(row)
    assert entry is not None
    return entry


@given(st.permutations(sorted(ROW)))
def test_columns_are_found_by_their_names(names: list[str]) -> None:
    """A-95: in any order."""
    assert read(names) == ENTRY


@pytest.mark.parametrize("width", [12, 15, 18, 19, 23, 24, 26, 33])
def test_each_width_of_the_past_is_read(width: int) -> None:
    """F-12: what a year's log had no column for is not known."""
    entry = read(list(COLUMNS[:width]))

    assert (entry.at, entry.path, entry.status, entry.user_agent) == (
        ENTRY.at, "/a+b", 206, ENTRY.user_agent,
    )  # fmt: skip
    assert entry.request_id == ("q7Zk==" if width >= 15 else "")
    assert entry.range_start == (0 if width >= 33 else None)
    assert entry.host == ("index.example" if width >= 18 else "d111111abcdef8.cloudfront.example")


def test_rows_without_a_heading_are_known_by_their_width() -> None:
    """Where somebody put several logs together and left the headings out."""
    row = lines(list(COLUMNS))[1]

    assert is_width(33)
    assert CloudFrontReader().read(row) == ENTRY


def test_another_heading_counts_from_there_on() -> None:
    """Several logs one after the other are one log."""
    reader = CloudFrontReader()
    wide, narrow = list(COLUMNS), ["sc-status", "date", "time", "cs-method", "cs-uri-stem"]
    read_lines = [reader.read(line) for line in (*lines(wide), "#Version: 1.0", *lines(narrow))]
    entries = [entry for entry in read_lines if entry]

    assert [entry.client for entry in entries] == ["192.0.2.10", ""]
    assert [entry.status for entry in entries] == [206, 206]


@pytest.mark.parametrize("stem", ["timestamp", "timestamp(ms)"])
def test_second_version_has_a_timestamp(stem: str) -> None:
    """And columns that are of no use here."""
    number = "1769860800" if stem == "timestamp" else "1769860800000"
    names = [stem, "asn", "c-country", "cs-method", "cs-uri-stem", "sc-status"]
    entry = read(names, **{stem: number, "asn": "64500", "c-country": "DE"})

    assert (entry.at, entry.bytes_sent, entry.status) == (ENTRY.at, 0, 206)


def test_plain_form_is_read_with_the_names_that_are_given() -> None:
    """And whatever is between the columns."""
    reader = CloudFrontReader(list(ROW), "|")

    assert reader.read("|".join(ROW.values())) == ENTRY


def test_json_form_is_read() -> None:
    """Names as CloudFront has them, or as a column of a table can be called; numbers or texts."""
    table = {column_name(name).replace("-", "_"): value for name, value in ROW.items()}

    assert CloudFrontJsonReader().read(json.dumps(ROW)) == ENTRY
    assert CloudFrontJsonReader().read(json.dumps({**table, "sc_status": 206})) == ENTRY


def test_client_that_left_has_no_status() -> None:
    """`000` is 0, and `-` is nothing."""
    entry = read(list(ROW), **{"sc-status": "000", "cs-uri-query": "-", "sc-bytes": "-"})

    assert (entry.status, entry.query, entry.bytes_sent) == (0, "", 50_000)


@pytest.mark.parametrize(
    ("word", "cache"),
    [
        ("Hit", CacheResult.HIT),
        ("Miss", CacheResult.MISS),
        ("LimitExceeded", CacheResult.ERROR),
        ("Redirect", CacheResult.OTHER),
        ("FunctionGeneratedResponse", CacheResult.OTHER),
        ("-", CacheResult.UNKNOWN),
    ],
)
def test_result_is_understood(word: str, cache: CacheResult) -> None:
    """A word of next year is one that is not a hit."""
    assert read(list(ROW), **{"x-edge-result-type": word}).cache is cache


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-01-31\t12:00:00", "no `#Fields:` line names its 2 columns"),
        ("#Fields: date time\n2026-01-31", "expected 2 columns, got 1"),
        ("#Fields: date time cs-method sc-status\na\tb\tc\td", "no column `cs-uri-stem`"),
        ("#Fields: cs-uri-stem cs-method sc-status\n/\tGET\t200", "no `timestamp`"),
        ("#Fields: timestamp cs-uri-stem cs-method sc-status\n1\t/\tGET\tx", "got `x`"),
        ("#Fields: timestamp cs-uri-stem cs-method sc-status\n1\t/\tGET\t" + "9" * 19, "a number"),
        ("#Fields: date time cs-uri-stem cs-method sc-status\n1\t2\t/\tGET\t200", "a moment"),
    ],
)
def test_row_that_cannot_be_read_says_why(text: str, reason: str) -> None:
    """By the names of the columns."""
    reader = CloudFrontReader()
    *headings, row = text.split("\n")
    for heading in headings:
        reader.read(heading)

    with pytest.raises(BadInput) as caught:
        reader.read(row)

    assert reason in str(caught.value)
