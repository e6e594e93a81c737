"""The one table of metrics: names, kinds, labels, and what each counts.

To add a metric, add a row here and its samples in ``metrics.py``, and regenerate
``docs/reference/metrics.md`` with ``python tools/reference.py``.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["METRICS", "MetricRow"]

DOOR = ("upstream", "door")


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
        "wheelyard_last_modified_time_seconds",
        "gauge",
        "When the last complete sync of an index began, in seconds since the Unix epoch: what its "
        "`/last-modified` says. Indexes that are open to all only.",
        ("index",),
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
    MetricRow(
        "wheelyard_webhook_news_total",
        "counter",
        "News of outages for a webhook: delivered or dropped, and attempts that failed.",
        ("webhook", "result"),
    ),
    MetricRow(
        "wheelyard_webhook_news_pending",
        "gauge",
        "News that a webhook has yet to take.",
        ("webhook",),
    ),
    MetricRow(
        "wheelyard_misses_waiting",
        "gauge",
        "Pages and other documents, or files, that an upstream is waited for.",
        ("kind",),
    ),
    MetricRow(
        "wheelyard_misses_shed_total",
        "counter",
        "Requests that were sent away because too many others waited for an upstream.",
        ("kind",),
    ),
    MetricRow("wheelyard_fills_running", "gauge", "Downloads from upstreams that are running."),
    MetricRow("wheelyard_spool_bytes", "gauge", "Disk space reserved for running downloads."),
    MetricRow(
        "wheelyard_damaged_files_total",
        "counter",
        "Held files that were found damaged, and moved into the quarantine.",
    ),
    MetricRow(
        "wheelyard_refused_digests_total",
        "counter",
        "Offers of other bytes under a file name that is known, from a page or a door; refused.",
    ),
    MetricRow(
        "wheelyard_passed_files_total",
        "counter",
        "Files that could not be kept and were passed on to one client.",
    ),
    MetricRow(
        "wheelyard_alarm",
        "gauge",
        "1 while something does not work on this machine: `not-kept` or `unreadable`, else 0.",
        ("alarm",),
    ),
    MetricRow(
        "wheelyard_scrubbed_bytes_total", "counter", "Bytes of held files that the scrubber read."
    ),
    MetricRow(
        "wheelyard_scrub_wrong_files_total",
        "counter",
        "Held files that the scrubber found damaged, missing or unreadable.",
    ),
    MetricRow(
        "wheelyard_scrub_position_ratio",
        "gauge",
        "How much of its present pass over the store the scrubber has done, 0 to 1.",
    ),
    MetricRow(
        "wheelyard_scrub_last_pass_time_seconds",
        "gauge",
        "When the scrubber last came to the end of a pass, in seconds since the Unix epoch.",
    ),
    MetricRow(
        "wheelyard_readiness_wanted_files",
        "gauge",
        "Files that a requirements file needs on a target, when `wheelyard ready` last looked.",
        ("name", "target"),
    ),
    MetricRow(
        "wheelyard_readiness_missing_files",
        "gauge",
        "How many of them were not held: with any, it would not install without upstreams.",
        ("name", "target"),
    ),
    MetricRow(
        "wheelyard_readiness_checked_time_seconds",
        "gauge",
        "When `wheelyard ready` last looked, in seconds since the Unix epoch.",
        ("name", "target"),
    ),
    MetricRow(
        "wheelyard_sync_complete",
        "gauge",
        "1 if everything wanted was here after the last sync of an index, else 0.",
        ("index",),
    ),
    MetricRow(
        "wheelyard_sync_started_time_seconds",
        "gauge",
        "When the last sync of an index began, in seconds since the Unix epoch.",
        ("index",),
    ),
    MetricRow(
        "wheelyard_sync_seconds", "gauge", "How long the last sync of an index took.", ("index",)
    ),
    MetricRow(
        "wheelyard_sync_problems",
        "gauge",
        "What the last sync of an index wanted and could not have; it is tried again at the next.",
        ("index",),
    ),
    MetricRow(
        "wheelyard_sync_held_back_projects",
        "gauge",
        "Mirrored projects that the upstream does not list any more, too many to be removed "
        "without `--allow-removals`.",
        ("index",),
    ),
    MetricRow("wheelyard_pages_held", "gauge", "Project pages that are held."),
    MetricRow("wheelyard_files_held", "gauge", "Files that are held."),
    MetricRow("wheelyard_held_bytes", "gauge", "Size of the files that are held."),
    MetricRow("wheelyard_free_bytes", "gauge", "Free space on the disk of the data directory."),
)
"""Every metric there is. The reference page is made of this table."""
