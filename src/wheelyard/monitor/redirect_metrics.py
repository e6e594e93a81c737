"""The metrics of a redirector: what it answered, and what it thinks of its targets.

What it has in common with a server has the same name as there. To add a metric, add a row and its
samples here, and regenerate ``docs/reference/metrics.md`` with ``python tools/reference.py``.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from wheelyard import __version__
from wheelyard.clock import Instant
from wheelyard.decide.redirecting import Health, Target
from wheelyard.monitor.exposition import METRICS_TYPE, Values, expose, families
from wheelyard.monitor.metric_table import METRICS, MetricRow
from wheelyard.monitor.snapshots import ConnectionSnapshot

__all__ = ["METRICS_TYPE", "REDIRECT_METRICS", "RedirectFacts", "render_redirect_metrics"]

_TARGET = ("role", "target")

_SHARED = (
    "wheelyard_build_info",
    "wheelyard_start_time_seconds",
    "wheelyard_ready",
    "wheelyard_connections_open",
    "wheelyard_connections_accepted_total",
    "wheelyard_connections_refused_total",
    "wheelyard_connections_timed_out_total",
    "wheelyard_requests_rejected_total",
)

REDIRECT_METRICS = (
    MetricRow(
        "wheelyard_redirect_answers_total",
        "counter",
        "Requests answered, by what became of them: sent to a tree (static) or to a server "
        "(dynamic), answered by the redirector itself (own), nobody healthy (unavailable), nobody "
        "configured (absent), or refused (malformed).",
        ("outcome",),
    ),
    MetricRow(
        "wheelyard_redirect_target_up",
        "gauge",
        "1 if clients may be sent to this target, else 0.",
        _TARGET,
    ),
    MetricRow(
        "wheelyard_redirect_target_changed_time_seconds",
        "gauge",
        "Since when that is so, in seconds since the Unix epoch.",
        _TARGET,
    ),
    MetricRow(
        "wheelyard_redirect_target_checks_total",
        "counter",
        "Checks of this target, by their result: good or bad.",
        (*_TARGET, "result"),
    ),
)


@dataclass(frozen=True, slots=True)
class RedirectFacts:
    """Everything that a redirector has to tell. ``answers`` are by outcome."""

    started_at: Instant
    is_ready: bool
    connections: ConnectionSnapshot
    answers: Mapping[str, int]
    health: Mapping[Target, Health]
    checks: Mapping[tuple[Target, str], int]


def render_redirect_metrics(facts: RedirectFacts) -> bytes:
    """Return all metrics of a redirector in Prometheus' text format."""
    shared = (row for row in METRICS if row.name in _SHARED)
    samples = _server_samples(facts) | _target_samples(facts)
    return expose([*families((*shared, *REDIRECT_METRICS), samples)])


def _server_samples(facts: RedirectFacts) -> dict[str, Values]:
    """Return the samples that a server has too."""
    connections = facts.connections
    return {
        "build_info": {(__version__, platform.python_version()): 1},
        "start_time_seconds": {(): facts.started_at},
        "ready": {(): int(facts.is_ready)},
        "connections_open": {(): connections.open},
        "connections_accepted_total": {(): connections.accepted},
        "connections_refused_total": {(): connections.refused},
        "connections_timed_out_total": {(): connections.timed_out},
        "requests_rejected_total": {(): connections.rejected},
    }


def _target_samples(facts: RedirectFacts) -> dict[str, Values]:
    """Return the samples about redirecting."""
    health = facts.health.items()
    return {
        "redirect_answers_total": {(outcome,): count for outcome, count in facts.answers.items()},
        "redirect_target_up": {_label(target): int(seen.is_up) for target, seen in health},
        "redirect_target_changed_time_seconds": {
            _label(target): seen.since for target, seen in health
        },
        "redirect_target_checks_total": {
            (*_label(target), result): count for (target, result), count in facts.checks.items()
        },
    }


def _label(target: Target) -> tuple[str, str]:
    """Return the labels that name a target."""
    return str(target.role), target.root
