"""The metrics for Prometheus: what was counted, by the table of their names.

Source: https://prometheus.io/docs/practices/naming/
"""

import platform
from collections.abc import Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily, Metric

from wheelyard.blobs import Trouble
from wheelyard.catalog import ReadinessRow, SyncRunRow
from wheelyard.decide.circuit import State
from wheelyard.monitor.exposition import METRICS_TYPE, Labels, Values, expose, families
from wheelyard.monitor.health import Health
from wheelyard.monitor.metric_table import METRICS, MetricRow
from wheelyard.monitor.snapshots import DoorSnapshot, WebhookSnapshot, WorkerSnapshot, split_key
from wheelyard.monitor.status import ServerFacts
from wheelyard.monitor.syncs import report_sync
from wheelyard.repository.observed import LATENCY_BUCKETS

__all__ = ["METRICS", "METRICS_TYPE", "MetricRow", "render_metrics"]

_CIRCUITS = (State.CLOSED, State.HALF_OPEN, State.OPEN)


def render_metrics(facts: ServerFacts, counted: WorkerSnapshot, health: Health) -> bytes:
    """Return all metrics of the server in Prometheus' text format."""
    samples = _samples(facts, counted, health)
    return expose([*families(METRICS, samples), _latency(counted)])


def _samples(facts: ServerFacts, counted: WorkerSnapshot, health: Health) -> dict[str, Values]:
    """Return the samples of every counter and gauge, by the metric's name without our prefix."""
    return {
        **_server_samples(facts, counted, health),
        **_client_samples(counted),
        **_upstream_samples(counted.doors),
        **_outage_samples(facts, counted.doors),
        **_waiting_samples(counted),
        **_webhook_samples(counted.webhooks),
        **_store_samples(facts, counted),
        **_disk_samples(facts, counted),
        **_readiness_samples(facts.readiness),
        **_sync_samples(facts.syncs),
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
        "last_modified_time_seconds": {
            (index,): int(moment) for index, moment in facts.last_modified.items()
        },
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


def _waiting_samples(counted: WorkerSnapshot) -> dict[str, Values]:
    """Return the samples about what waits for an upstream, and what may not."""
    return {
        "misses_waiting": {(kind,): count for kind, count in counted.waiting_misses.items()},
        "misses_shed_total": {(kind,): count for kind, count in counted.shed_misses.items()},
    }


def _webhook_samples(hooks: Sequence[WebhookSnapshot]) -> dict[str, Values]:
    """Return the samples about webhooks."""
    return {
        "webhook_news_total": {
            (hook.url, result): count
            for hook in hooks
            for result, count in (
                ("delivered", hook.delivered),
                ("dropped", hook.dropped),
                ("failed", hook.failed),
            )
        },
        "webhook_news_pending": {(hook.url,): hook.pending for hook in hooks},
    }


def _store_samples(facts: ServerFacts, counted: WorkerSnapshot) -> dict[str, Values]:
    """Return the samples about what is held and what is being fetched."""
    held = facts.held
    return {
        "fills_running": {(): counted.fills_running},
        "spool_bytes": {(): counted.spool_bytes},
        "damaged_files_total": {(): counted.damaged_files},
        "refused_digests_total": {(): counted.refused_digests},
        "pages_held": {(): held.pages},
        "files_held": {(): held.files},
        "held_bytes": {(): held.bytes},
        "free_bytes": {} if held.free_bytes is None else {(): held.free_bytes},
    }


def _disk_samples(facts: ServerFacts, counted: WorkerSnapshot) -> dict[str, Values]:
    """Return the samples about what the disk does and whether it is right."""
    lasting, course = {alarm.kind for alarm in counted.alarms}, facts.scrub
    samples: dict[str, Values] = {
        "passed_files_total": {(): counted.passed_files},
        "alarm": {(trouble.value,): int(trouble.value in lasting) for trouble in Trouble},
        "scrubbed_bytes_total": {},
        "scrub_wrong_files_total": {},
        "scrub_position_ratio": {},
        "scrub_last_pass_time_seconds": {},
    }
    if course is not None:
        samples["scrubbed_bytes_total"] = {(): course.total_bytes}
        samples["scrub_wrong_files_total"] = {(): course.total_wrong}
        samples["scrub_position_ratio"] = {(): course.position}
    if course is not None and course.ended_at is not None:
        samples["scrub_last_pass_time_seconds"] = {(): course.ended_at}
    return samples


def _readiness_samples(rows: Sequence[ReadinessRow]) -> dict[str, Values]:
    """Return the samples about what would install without upstreams."""
    return {
        "readiness_wanted_files": {(row.name, row.target): row.wanted for row in rows},
        "readiness_missing_files": {(row.name, row.target): row.missing for row in rows},
        "readiness_checked_time_seconds": {(row.name, row.target): row.checked_at for row in rows},
    }


def _sync_samples(rows: Sequence[SyncRunRow]) -> dict[str, Values]:
    """Return the samples about the last run that filled each index ahead of need."""
    ended = [(row, report_sync(row)) for row in rows if row.ended_at is not None]
    return {
        "sync_complete": {(row.index_name,): int(row.outcome == "done") for row, _ in ended},
        "sync_started_time_seconds": {(row.index_name,): row.started_at for row in rows},
        "sync_seconds": {(row.index_name,): told.seconds or 0.0 for row, told in ended},
        "sync_problems": {(row.index_name,): told.failed for row, told in ended},
        "sync_held_back_projects": {(row.index_name,): told.held_back for row, told in ended},
    }


def _label(door: DoorSnapshot) -> Labels:
    """Return the labels that name a door."""
    return (door.upstream, door.url)


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
