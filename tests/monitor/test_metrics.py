"""The metrics, in Prometheus' own words."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wheelyard.catalog import OutageRow
from wheelyard.clock import Instant
from wheelyard.decide.circuit import State
from wheelyard.monitor import (
    ConnectionSnapshot,
    DoorSnapshot,
    Health,
    Held,
    ServerFacts,
    WebhookSnapshot,
    WorkerSnapshot,
    render_metrics,
)
from wheelyard.monitor.metrics import METRICS, METRICS_TYPE, MetricRow
from wheelyard.repository.observed import LATENCY_BUCKETS

FACTS = ServerFacts(
    "1.2.3",
    "abc",
    1_790_000_000.0,
    "/data",
    Held(3, 2, 100, 1000),
    (
        OutageRow("a", 'http://a/"x"\\', Instant(1.0), Instant(2.0)),
        OutageRow("a", "http://b/", Instant(1.0)),
    ),
)
DOOR = DoorSnapshot(
    "a",
    'http://a/"x"\\',
    {"2xx": 3, "timeout": 1},
    (1, 2, *[0] * (len(LATENCY_BUCKETS) - 1)),
    0.25,
    500,
    last_success_at=1_790_000_001.0,
    outages=2,
)
COUNTED = WorkerSnapshot(
    0.0,
    requests={"page|200": 5, "file|503": 2},
    sent_bytes={"page": 50},
    cache_answers={"page|hit": 4},
    doors=(DOOR, DoorSnapshot("a", "http://b/")),
    connections=ConnectionSnapshot(1, 2, 3, 4, 5),
    fills_running=6,
    spool_bytes=7,
    damaged_files=8,
    workers=2,
    waiting_misses={"page": 11, "file": 12},
    shed_misses={"page": 13},
    webhooks=(WebhookSnapshot("https://hooks.example", 14, 15, 16, 17),),
)

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(health: Health | None = None) -> dict[Sample, float]:
    """Return what a Prometheus server reads: values by name and labels."""
    text = render_metrics(FACTS, COUNTED, health or Health()).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(name: str, **labels: str) -> float:
    """Return one sample."""
    return samples()[f"wheelyard_{name}", tuple(sorted(labels.items()))]


def test_metrics_are_read_by_prometheus_with_all_that_was_counted() -> None:
    """Names, labels and values; even odd addresses are quoted as they must be."""
    door = {"upstream": "a", "door": DOOR.url}

    assert value("requests_total", route="page", status="200") == 5
    assert value("requests_total", route="file", status="503") == 2
    assert value("sent_bytes_total", route="page") == 50
    assert value("cache_answers_total", kind="page", result="hit") == 4
    assert value("upstream_requests_total", **door, outcome="timeout") == 1
    assert value("upstream_received_bytes_total", **door) == 500
    assert value("upstream_request_seconds_bucket", **door, le="0.005") == 1
    assert value("upstream_request_seconds_bucket", **door, le="0.01") == 3
    assert value("upstream_request_seconds_bucket", **door, le="+Inf") == 3
    assert value("upstream_request_seconds_sum", **door) == 0.25
    assert value("upstream_last_success_time_seconds", **door) == 1_790_000_001.0
    assert value("upstream_circuit", **door) == 0
    assert value("outages_total", **door) == 2
    assert value("door_outage", **door) == 0
    assert value("door_outage", upstream="a", door="http://b/") == 1
    assert value("connections_open") == 1
    assert value("requests_rejected_total") == 4
    assert value("fills_running") == 6
    assert value("held_bytes") == 100
    assert value("start_time_seconds") == 1_790_000_000.0


@pytest.mark.parametrize(
    ("state", "number"), [(State.CLOSED, 0), (State.HALF_OPEN, 1), (State.OPEN, 2)]
)
def test_circuit_is_a_number(state: State, number: int) -> None:
    """For an alert on what is left alone, and one on what does not come back."""
    counted = WorkerSnapshot(0.0, doors=(DoorSnapshot("a", "http://a/", circuit=state),))

    text = render_metrics(FACTS, counted, Health()).decode()

    assert f'wheelyard_upstream_circuit{{door="http://a/",upstream="a"}} {number}.0\n' in text


def test_door_that_was_never_asked_is_neither_up_nor_down() -> None:
    """An alert on 0 must not fire at every start."""
    told = {labels for name, labels in samples() if name == "wheelyard_upstream_up"}

    assert told == {(("door", DOOR.url), ("upstream", "a"))}


@pytest.mark.parametrize(
    ("health", "ready", "degraded"),
    [(Health(), 1, 0), (Health(("Stopping.",)), 0, 0), (Health((), ("a", "b")), 1, 2)],
)
def test_health_is_a_metric(health: Health, ready: int, degraded: int) -> None:
    """What `/-/ready` says is there for alerts too."""
    told = samples(health)

    assert told["wheelyard_ready", ()] == ready
    assert told["wheelyard_degraded", ()] == degraded


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_metric_of_the_table_is_told(row: MetricRow) -> None:
    """The reference lists nothing that does not exist, under the name that it has."""
    text = render_metrics(FACTS, COUNTED, Health()).decode()

    assert f"# HELP {row.name} {row.text}\n" in text
    assert f"# TYPE {row.name} {row.kind}\n" in text


def test_nothing_is_told_that_is_not_in_the_table() -> None:
    """The reference is complete."""
    endings = ("_bucket", "_count", "_sum")
    names = {name for name, _ in samples()}
    histograms = {
        f"{row.name}{end}" for row in METRICS if row.kind == "histogram" for end in endings
    }

    assert names <= {row.name for row in METRICS} | histograms


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_name_follows_the_customs(row: MetricRow) -> None:
    """Counters end in `_total`, and nothing else does."""
    assert row.name.endswith("_total") == (row.kind == "counter")
    assert row.text.endswith(".")
    assert METRICS_TYPE.startswith("text/plain; version=0.0.4")


def test_unknown_free_space_is_not_told() -> None:
    """Rather nothing than a number that is not true."""
    facts = ServerFacts("1.2.3", "abc", 0.0, "/data", Held())

    text = render_metrics(facts, COUNTED, Health()).decode()

    assert "wheelyard_free_bytes 0" not in text


def test_damaged_files_are_counted() -> None:
    """Somebody who watches them hears of a dying disk."""
    assert samples()["wheelyard_damaged_files_total", ()] == 8


def test_what_waits_and_what_is_told_is_counted() -> None:
    """By kind of miss, and by webhook and what became of its news."""
    hook = {"webhook": "https://hooks.example"}

    assert value("misses_waiting", kind="page") == 11
    assert value("misses_waiting", kind="file") == 12
    assert value("misses_shed_total", kind="page") == 13
    assert value("webhook_news_total", result="delivered", **hook) == 14
    assert value("webhook_news_total", result="failed", **hook) == 15
    assert value("webhook_news_total", result="dropped", **hook) == 16
    assert value("webhook_news_pending", **hook) == 17
