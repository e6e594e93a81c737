"""The metrics for Prometheus: one table of names, and the text made of what was counted.

Nothing is registered anywhere: the registry is made for one answer and belongs to it, so that
two servers in one process (tests) never share a number.
Source: Prometheus text format 0.0.4; https://prometheus.io/docs/practices/naming/
"""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from wheelyard.decide.circuit import State
from wheelyard.monitor.health import Health
from wheelyard.monitor.snapshots import DoorSnapshot, WorkerSnapshot, split_key
from wheelyard.monitor.status import ServerFacts
from wheelyard.repository.observed import LATENCY_BUCKETS

__all__ = ["METRICS", "METRICS_TYPE", "MetricRow", "render_metrics"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

DOOR = ("upstream", "door")
_CIRCUITS = (State.CLOSED, State.HALF_OPEN, State.OPEN)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric: its full name, kind, labels, and what it counts."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: tuple[str, ...] = ()


METRICS = (
    MetricRow(
        "wheelyard_build_info",
        "gauge",
        "Always 1; the labels say what is running.",
        ("version", "python"),
    ),
    MetricRow(
        "wheelyard_start_time_seconds",
        "gauge",
        "When the server started, in seconds since the Unix epoch.",
    ),
    MetricRow("wheelyard_workers", "gauge", "Processes that answer requests."),
    MetricRow("wheelyard_ready", "gauge", "1 if the server can serve what it holds, else 0."),
    MetricRow(
        "wheelyard_degraded",
        "gauge",
        "Number of things that the server has to do without; `/-/status` names them.",
    ),
    MetricRow(
        "wheelyard_requests_total",
        "counter",
        "Requests answered, by kind of resource and HTTP status.",
        ("route", "status"),
    ),
    MetricRow(
        "wheelyard_sent_bytes_total",
        "counter",
        "Bytes of answers sent to clients, without headers.",
        ("route",),
    ),
    MetricRow(
        "wheelyard_cache_answers_total",
        "counter",
        "Answers by how they came about: hit, renewed, stale, miss or absent.",
        ("kind", "result"),
    ),
    MetricRow("wheelyard_connections_open", "gauge", "Connections of clients that are open."),
    MetricRow("wheelyard_connections_accepted_total", "counter", "Connections taken."),
    MetricRow(
        "wheelyard_connections_refused_total", "counter", "Connections closed for being too many."
    ),
    MetricRow(
        "wheelyard_connections_timed_out_total",
        "counter",
        "Connections closed because the client was too slow.",
    ),
    MetricRow(
        "wheelyard_requests_rejected_total",
        "counter",
        "Requests that were not HTTP, or too large, and never reached a resource.",
    ),
    MetricRow(
        "wheelyard_upstream_requests_total",
        "counter",
        "Requests to an upstream, by status class or kind of failure.",
        (*DOOR, "outcome"),
    ),
    MetricRow(
        "wheelyard_upstream_request_seconds",
        "histogram",
        "Time until an upstream begins to answer.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_upstream_received_bytes_total",
        "counter",
        "Bytes received from an upstream, without headers.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_upstream_up",
        "gauge",
        "1 if the last request to the upstream got an answer, else 0; absent before the first.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_upstream_circuit",
        "gauge",
        "0 while the upstream is asked; after failures 2 while it is left alone, but for a probe "
        "now and then, and 1 once a probe was answered.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_upstream_last_success_time_seconds",
        "gauge",
        "When the upstream last answered, in seconds since the Unix epoch.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_outages_total",
        "counter",
        "Outages of an upstream that began since the server started.",
        DOOR,
    ),
    MetricRow(
        "wheelyard_door_outage", "gauge", "1 while an outage of the upstream lasts, else 0.", DOOR
    ),
    MetricRow("wheelyard_fills_running", "gauge", "Downloads from upstreams that are running."),
    MetricRow("wheelyard_spool_bytes", "gauge", "Disk space reserved for running downloads."),
    MetricRow(
        "wheelyard_damaged_files_total",
        "counter",
        "Held files that were found damaged, and moved into the quarantine.",
    ),
    MetricRow("wheelyard_pages_held", "gauge", "Project pages that are held."),
    MetricRow("wheelyard_files_held", "gauge", "Files that are held."),
    MetricRow("wheelyard_held_bytes", "gauge", "Size of the files that are held."),
    MetricRow("wheelyard_free_bytes", "gauge", "Free space on the disk of the data directory."),
)
"""Every metric there is. The reference page is made of this table."""

Labels = tuple[str, ...]
Values = Mapping[Labels, float]
"""The samples of a metric: values of its labels, and the number."""


def render_metrics(facts: ServerFacts, counted: WorkerSnapshot, health: Health) -> bytes:
    """Return all metrics of the server in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once([*_families(_samples(facts, counted, health)), _latency(counted)]))
    return generate_latest(registry)


class _Once(Collector):
    """A collector of metrics that are already made."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return the metrics. Part of prometheus-client's interface."""
        return self._metrics


def _samples(facts: ServerFacts, counted: WorkerSnapshot, health: Health) -> dict[str, Values]:
    """Return the samples of every counter and gauge, by the metric's name without our prefix."""
    return {
        **_server_samples(facts, counted, health),
        **_client_samples(counted),
        **_upstream_samples(counted.doors),
        **_outage_samples(facts, counted.doors),
        **_store_samples(facts, counted),
    }


def _server_samples(
    facts: ServerFacts, counted: WorkerSnapshot, health: Health
) -> dict[str, Values]:
    """Return the samples about the server as a whole."""
    return {
        "build_info": {(facts.version, platform.python_version()): 1},
        "start_time_seconds": {(): facts.started_at},
        "workers": {(): counted.workers},
        "ready": {(): int(health.is_ready)},
        "degraded": {(): len(health.degraded)},
    }


def _client_samples(counted: WorkerSnapshot) -> dict[str, Values]:
    """Return the samples about clients."""
    connections = counted.connections
    return {
        "requests_total": {split_key(key): count for key, count in counted.requests.items()},
        "sent_bytes_total": {(route,): count for route, count in counted.sent_bytes.items()},
        "cache_answers_total": {
            split_key(key): count for key, count in counted.cache_answers.items()
        },
        "connections_open": {(): connections.open},
        "connections_accepted_total": {(): connections.accepted},
        "connections_refused_total": {(): connections.refused},
        "connections_timed_out_total": {(): connections.timed_out},
        "requests_rejected_total": {(): connections.rejected},
    }


def _upstream_samples(doors: Sequence[DoorSnapshot]) -> dict[str, Values]:
    """Return the samples about upstreams."""
    return {
        "upstream_requests_total": {
            (*_label(door), outcome): count
            for door in doors
            for outcome, count in door.outcomes.items()
        },
        "upstream_received_bytes_total": {_label(door): door.received_bytes for door in doors},
        "upstream_up": {
            _label(door): int(door.state == "up")
            for door in doors
            if door.state not in {"unknown", "offline"}
        },
        "upstream_circuit": {_label(door): _CIRCUITS.index(door.circuit) for door in doors},
        "upstream_last_success_time_seconds": {
            _label(door): door.last_success_at for door in doors if door.last_success_at is not None
        },
    }


def _outage_samples(facts: ServerFacts, doors: Sequence[DoorSnapshot]) -> dict[str, Values]:
    """Return the samples about outages; the log knows what lasts, also from before a restart."""
    out = {row.url for row in facts.outages if row.ended_at is None}
    return {
        "outages_total": {_label(door): door.outages for door in doors},
        "door_outage": {_label(door): int(door.url in out) for door in doors},
    }


def _store_samples(facts: ServerFacts, counted: WorkerSnapshot) -> dict[str, Values]:
    """Return the samples about what is held and what is being fetched."""
    held = facts.held
    return {
        "fills_running": {(): counted.fills_running},
        "spool_bytes": {(): counted.spool_bytes},
        "damaged_files_total": {(): counted.damaged_files},
        "pages_held": {(): held.pages},
        "files_held": {(): held.files},
        "held_bytes": {(): held.bytes},
        "free_bytes": {} if held.free_bytes is None else {(): held.free_bytes},
    }


def _label(door: DoorSnapshot) -> Labels:
    """Return the labels that name a door."""
    return (door.upstream, door.url)


def _families(samples: Mapping[str, Values]) -> Iterator[Metric]:
    """Yield the counters and gauges of the table with their samples."""
    for row in METRICS:
        if row.kind == "histogram":
            continue
        make = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
        family = make(row.name.removesuffix("_total"), row.text, labels=row.labels)
        for labels, value in samples[row.name.removeprefix("wheelyard_")].items():
            family.add_metric(labels, value)
        yield family


def _latency(counted: WorkerSnapshot) -> Metric:
    """Return the histogram of the doors' times to answer."""
    row = next(row for row in METRICS if row.kind == "histogram")
    family = HistogramMetricFamily(row.name, row.text, labels=row.labels)
    bounds = [*(str(bound) for bound in LATENCY_BUCKETS), "+Inf"]
    for door in counted.doors:
        if len(door.latency_counts) == len(bounds):
            buckets = zip(bounds, accumulate(door.latency_counts), strict=True)
            family.add_metric(_label(door), list(buckets), door.latency_seconds)
    return family
