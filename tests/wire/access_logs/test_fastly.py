"""Logs of Fastly, as the format in its guides writes them, and as others do."""

import json

import pytest

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.fastly import FastlyReader, is_fastly

LINE = {
    "timestamp": "2026-01-31T12:00:00+0000",
    "client_ip": "192.0.2.10",
    "geo_country": "germany",
    "geo_city": "berlin",
    "host": "index.example",
    "url": "/a%2Bb?c=d",
    "request_method": "GET",
    "request_protocol": "HTTP/2",
    "request_referer": "(null)",
    "request_user_agent": 'pip/24.0 {"ci":null}',
    "response_state": "HIT-CLUSTER",
    "response_status": 200,
    "response_reason": "OK",
    "response_body_size": 50_000,
    "fastly_server": "cache-fra-etou8220038-FRA",
    "fastly_is_edge": True,
}
ENTRY = LogEntry(
    at=Instant(1_769_860_800),
    method="GET",
    raw_path="/a%2Bb",
    query="c=d",
    protocol="HTTP/2",
    status=200,
    bytes_sent=50_000,
    body_bytes=50_000,
    user_agent='pip/24.0 {"ci":null}',
    cache=CacheResult.HIT,
    cache_word="HIT-CLUSTER",
    host="index.example",
    client="192.0.2.10",
)


def read(**changed: object) -> LogEntry | None:
    """Return what a line with these changes says."""
    return FastlyReader().read(json.dumps({**LINE, **changed}))


def test_line_of_the_guides_is_read() -> None:
    """Numbers or texts alike."""
    assert read() == ENTRY
    assert read(response_status="200", response_body_size="50000") == ENTRY


def test_names_that_others_use_are_read() -> None:
    """Everybody writes the format themselves."""
    line = {
        "time": 1_769_860_800.0, "remote_addr": "192.0.2.10", "host": "index.example",
        "path": "/a%2Bb?c=d", "method": "GET", "protocol": "HTTP/2", "referer": "",
        "user_agent": 'pip/24.0 {"ci":null}', "state": "HIT-CLUSTER", "status": 200,
        "body_size": 50_000, "request_range": "bytes=0-99", "request_id": "q7",
    }  # fmt: skip
    entry = FastlyReader().read(json.dumps(line))

    assert entry is not None
    assert (entry.at, entry.path, entry.user_agent) == (ENTRY.at, "/a+b", ENTRY.user_agent)
    assert (entry.range_start, entry.range_end, entry.request_id) == (0, 99, "q7")


def test_request_between_machines_of_fastly_is_passed_over() -> None:
    """The client's is a line of its own: it would count twice."""
    assert read(fastly_is_edge=False) is None


@pytest.mark.parametrize(
    ("state", "cache"),
    [
        ("HIT", CacheResult.HIT),
        ("HIT-STALE-REMOTE", CacheResult.HIT),
        ("HIT-SYNTH", CacheResult.OTHER),
        ("MISS-CLUSTER", CacheResult.MISS),
        ("PASS", CacheResult.PASSED),
        ("ERROR-LOSTHDR", CacheResult.ERROR),
        ("NEW", CacheResult.OTHER),
        (None, CacheResult.UNKNOWN),
    ],
)
def test_state_is_understood(state: str | None, cache: CacheResult) -> None:
    """Its first words say what the cache did."""
    entry = read(response_state=state)

    assert entry is not None
    assert entry.cache is cache


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("bytes=5-", (5, None)),
        ("bytes=-5", (None, None)),
        ("bytes=0-1,5-9", (None, None)),
        ("lines=1-2", (None, None)),
        ("(null)", (None, None)),
    ],
)
def test_range_that_is_not_one_place_is_not_known(
    text: str, places: tuple[int | None, int | None]
) -> None:
    """Only what is certain is told."""
    entry = read(request_range=text)

    assert entry is not None
    assert (entry.range_start, entry.range_end) == places


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"url": None}, "there is no `url`"),
        ({"response_status": "(null)"}, "there is no `response_status`"),
        ({"response_status": "OK"}, "a number in `status`"),
        ({"timestamp": "yesterday"}, "a moment"),
        ({"timestamp": ""}, "a moment"),
    ],
)
def test_line_that_cannot_be_read_says_why(changed: dict[str, object], reason: str) -> None:
    """By the names of the guides."""
    with pytest.raises(BadInput) as caught:
        read(**changed)

    assert reason in str(caught.value)


def test_other_json_is_not_of_fastly() -> None:
    """There are logs of programs in JSON, too."""
    assert is_fastly({name: str(value) for name, value in LINE.items()})
    assert not is_fastly({"timestamp": "2026-01-31T12:00:00Z", "message": "started"})
