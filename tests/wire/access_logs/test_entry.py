"""The record that every format ends in."""

import pytest

from wheelyard.clock import Instant
from wheelyard.wire.access_logs.entry import LogEntry


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/packages/ab/demo-1.0%2Blocal.tar.gz", "/packages/ab/demo-1.0+local.tar.gz"),
        ("/a%2520b", "/a%20b"),
        ("/caf%C3%A9", "/café"),
        ("/%ff", "/\udcff"),
        ("*", "*"),
    ],
)
def test_path_is_decoded_once_and_loses_nothing(raw: str, path: str) -> None:
    """What is no UTF-8 can be written again as it was."""
    entry = LogEntry(at=Instant(0.0), method="GET", raw_path=raw, status=200, bytes_sent=0)

    assert entry.path == path
