"""The state of a server as a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.catalog import OutageRow, ReadinessRow, SyncRunRow
from wheelyard.clock import Instant
from wheelyard.decide.circuit import State
from wheelyard.decide.scrub import Course
from wheelyard.errors import BadInput
from wheelyard.monitor import (
    AlarmSnapshot,
    ConnectionSnapshot,
    DoorSnapshot,
    Health,
    Held,
    ServerFacts,
    WebhookSnapshot,
    WorkerSnapshot,
    build_status,
    parse_status,
    render_status,
)

NOW = 1_790_000_000.0
FACTS = ServerFacts(
    "1.2.3",
    "abc",
    NOW - 90.04,
    "/data",
    Held(3, 2, 100, 1000),
    (OutageRow("a", "http://a/", Instant(NOW - 10), None, "refused", "refused: nobody", 3, 1),),
    NOW - 100,
    Course(NOW - 100, 64, 7, 70, 2, 1, NOW - 2, 3),
    merged=("both",),
    public_twins=("acme-core",),
    last_modified={"main": NOW - 3_600},
    readiness=(ReadinessRow("app.txt", "Python 3.12", Instant(NOW - 100), 7, 2),),
    syncs=(
        SyncRunRow(
            3,
            "main",
            Instant(NOW - 60),
            Instant(NOW - 50),
            "configured",
            "partial",
            '{"looked_at": 5, "files": 7, "bytes": 70, "failed": 1, "held_back": 0, "removed": 2,'
            ' "problems": [{"project": "demo", "reason": "no answer"}]}',
        ),
    ),
)
COUNTED = WorkerSnapshot(
    NOW,
    requests={"page|200": 5, "file|503": 2, "operation|0": 1},
    sent_bytes={"page": 50, "file": 5},
    cache_answers={"page|hit": 4, "file|hit": 1, "file|miss": 1},
    doors=(
        DoorSnapshot(
            "a",
            "http://a/",
            {"2xx": 4, "5xx": 1, "timeout": 2},
            (3, 2),
            last_success_at=NOW - 5,
            last_failure_at=NOW - 9.5,
            last_error="timed out",
            circuit=State.HALF_OPEN,
            latency_seconds=0.5,
            serial=42,
            kind="json",
            recent=(0.1, 0.2, 9.0),
        ),
    ),
    connections=ConnectionSnapshot(open=4),
    fills_running=1,
    spool_bytes=9,
    workers=2,
    passed_files=5,
    alarms=(AlarmSnapshot("not-kept", NOW - 3, "The disk is full."),),
    waiting_misses={"page": 1, "file": 2},
    shed_misses={"page": 4},
    webhooks=(
        WebhookSnapshot(
            "https://hooks.example",
            1,
            2,
            pending=1,
            last_at=NOW - 1,
            last_result="it answered with status 500.",
        ),
    ),
)


DOCUMENT = """\
{
  "server": "wheelyard",
  "version": "1.2.3",
  "instance": "abc",
  "started_at": "2026-09-21T14:11:49Z",
  "uptime_seconds": 90.0,
  "workers": 2,
  "ready": false,
  "held": {
    "pages": 3,
    "files": 2,
    "bytes": 100,
    "free_bytes": 1000
  },
  "reasons": [
    "Stopping."
  ],
  "degraded": [
    "No upstream."
  ],
  "data": "/data",
  "requests": 8,
  "failed_requests": 2,
  "sent_bytes": 55,
  "cache": {
    "hit": 5,
    "renewed": 0,
    "stale": 0,
    "miss": 1,
    "absent": 0
  },
  "doors": [
    {
      "upstream": "a",
      "url": "http://a/",
      "state": "up",
      "requests": 7,
      "failures": 3,
      "received_bytes": 0,
      "last_success_at": "2026-09-21T14:13:15Z",
      "last_failure_at": "2026-09-21T14:13:10Z",
      "last_error": "timed out",
      "average_seconds": 0.1,
      "serial": 42,
      "out_since": "2026-09-21T14:13:10Z",
      "availability": {
        "2026-09": 90.0
      },
      "circuit": "half-open",
      "kind": "json",
      "latency_seconds": 0.2,
      "age_seconds": 5.0,
      "is_behind": false,
      "difference": ""
    }
  ],
  "outages": [
    {
      "upstream": "a",
      "url": "http://a/",
      "started_at": "2026-09-21T14:13:10Z",
      "ended_at": null,
      "seconds": 10.0,
      "cause": "refused",
      "last_error": "refused: nobody",
      "stale_answers": 3,
      "failed_answers": 1
    }
  ],
  "open_connections": 4,
  "fills_running": 1,
  "spool_bytes": 9,
  "damaged_files": 0,
  "refused_digests": 0,
  "passed_files": 5,
  "alarms": [
    {
      "kind": "not-kept",
      "since": "2026-09-21T14:13:17Z",
      "text": "The disk is full."
    }
  ],
  "scrub": {
    "position": 0.25,
    "pass_began_at": "2026-09-21T14:11:40Z",
    "files": 7,
    "bytes": 70,
    "wrong": 2,
    "healed": 1,
    "last_pass_at": "2026-09-21T14:13:18Z",
    "last_wrong": 3
  },
  "waiting_misses": 3,
  "shed_misses": 4,
  "webhooks": [
    {
      "url": "https://hooks.example",
      "delivered": 1,
      "failed": 2,
      "dropped": 0,
      "pending": 1,
      "last_at": "2026-09-21T14:13:19Z",
      "last_result": "it answered with status 500."
    }
  ],
  "merged": [
    "both"
  ],
  "public_twins": [
    "acme-core"
  ],
  "last_modified": {
    "main": "2026-09-21T13:13:20Z"
  },
  "readiness": [
    {
      "name": "app.txt",
      "target": "Python 3.12",
      "ready": false,
      "wanted": 7,
      "missing": 2,
      "checked_at": "2026-09-21T14:11:40Z",
      "age_seconds": 100.0
    }
  ],
  "syncs": [
    {
      "index": "main",
      "outcome": "partial",
      "scope": "configured",
      "began_at": "2026-09-21T14:12:20Z",
      "seconds": 10.0,
      "looked_at": 5,
      "files": 7,
      "bytes": 70,
      "failed": 1,
      "held_back": 0,
      "removed": 2,
      "problems": [
        {
          "project": "demo",
          "reason": "no answer"
        }
      ]
    }
  ]
}
"""


def test_document_tells_what_is_known() -> None:
    """As text, to be seen in review."""
    report = build_status(FACTS, COUNTED, Health(("Stopping.",), ("No upstream.",)), NOW)

    assert render_status(report).decode() == DOCUMENT


def test_document_is_read_as_it_was_written() -> None:
    """The command sees what the server said."""
    report = build_status(FACTS, COUNTED, Health(), NOW)

    assert parse_status(render_status(report)) == report


def test_document_of_a_newer_server_is_read() -> None:
    """Fields that we do not know are passed over."""
    body = render_status(build_status(FACTS, COUNTED, Health(), NOW))

    assert parse_status(body.replace(b'"data"', b'"news": 1, "data"')).requests == 8


def test_clock_that_was_set_back_makes_no_negative_uptime() -> None:
    """Machines set their clocks after they start."""
    assert build_status(FACTS, COUNTED, Health(), NOW - 1000).uptime_seconds == 0.0


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"server": "other"}', b"\xff", b"null"]
)
def test_document_of_another_program_is_refused(body: bytes) -> None:
    """Something else may listen on the port."""
    with pytest.raises(BadInput):
        parse_status(body)


@given(body=st.binary())
def test_any_answer_is_read_or_refused(body: bytes) -> None:
    """Nothing but ``BadInput`` leaves the parser."""
    with pytest.raises(BadInput):
        parse_status(body)
