"""From what a worker counted to the snapshot that it pins on the board."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wheelyard.blobs import Alarm, Trouble, WaitingRoom
from wheelyard.monitor.counters import Counters
from wheelyard.monitor.snapshots import (
    AlarmSnapshot,
    ConnectionSnapshot,
    DoorSnapshot,
    WebhookSnapshot,
    WorkerSnapshot,
    join_keys,
)
from wheelyard.monitor.webhook import WebhookState
from wheelyard.repository.impression import Impression
from wheelyard.repository.observed import DoorState

__all__ = ["Activity", "ConnectionFacts", "take_snapshot"]


class ConnectionFacts(Protocol):
    """What happened on clients' connections; the server's protocol class counts it."""

    @property
    def open(self) -> int:
        """Connections that are open now."""

    @property
    def accepted(self) -> int:
        """Connections taken."""

    @property
    def refused(self) -> int:
        """Connections closed for being too many."""

    @property
    def rejected(self) -> int:
        """Requests that were not HTTP, or too large."""

    @property
    def timed_out(self) -> int:
        """Connections ended by a deadline."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a worker is at now. ``spool_bytes`` is room reserved for its running downloads.

    ``damaged_files`` is how many held files it has found damaged since it started,
    ``refused_digests`` how many offers of other bytes under a known name it has refused,
    ``passed_files`` how often it gave a file to one client and did not keep it. ``rooms`` are where
    misses wait, by kind; ``impressions`` what doors look like, by their address.
    """

    connections: ConnectionFacts = field(default_factory=ConnectionSnapshot)
    fills_running: int = 0
    spool_bytes: int = 0
    damaged_files: int = 0
    refused_digests: int = 0
    passed_files: int = 0
    alarms: Mapping[Trouble, Alarm] = field(default_factory=dict)
    rooms: Mapping[str, WaitingRoom] = field(default_factory=dict)
    webhooks: Sequence[WebhookState] = ()
    impressions: Mapping[str, Impression] = field(default_factory=dict)


def take_snapshot(
    counters: Counters, doors: Iterable[DoorState], activity: Activity, at: float
) -> WorkerSnapshot:
    """Return what this worker has to tell at the moment ``at``."""
    return WorkerSnapshot(
        at=at,
        requests={join_keys(*key): count for key, count in counters.requests.items()},
        sent_bytes=dict(counters.sent_bytes),
        cache_answers={join_keys(*key): count for key, count in counters.cache_answers.items()},
        doors=tuple(_door(door, activity.impressions.get(door.url)) for door in doors),
        connections=_connections(activity.connections),
        fills_running=activity.fills_running,
        spool_bytes=activity.spool_bytes,
        damaged_files=activity.damaged_files,
        refused_digests=activity.refused_digests,
        passed_files=activity.passed_files,
        alarms=tuple(
            AlarmSnapshot(trouble.value, alarm.since, alarm.sentence(trouble))
            for trouble, alarm in activity.alarms.items()
        ),
        waiting_misses={kind: room.waiting for kind, room in activity.rooms.items()},
        shed_misses={kind: room.shed for kind, room in activity.rooms.items()},
        webhooks=tuple(_webhook(webhook) for webhook in activity.webhooks),
    )


def _connections(facts: ConnectionFacts) -> ConnectionSnapshot:
    """Return the counts as they are now."""
    return ConnectionSnapshot(
        open=facts.open,
        accepted=facts.accepted,
        refused=facts.refused,
        rejected=facts.rejected,
        timed_out=facts.timed_out,
    )


def _webhook(state: WebhookState) -> WebhookSnapshot:
    """Return what became of the news for one webhook."""
    return WebhookSnapshot(
        url=state.url,
        delivered=state.delivered,
        failed=state.failed,
        dropped=state.dropped,
        pending=state.pending,
        last_at=state.last_at,
        last_result=state.last_result,
    )


def _door(door: DoorState, impression: Impression | None) -> DoorSnapshot:
    """Return what is known of ``door`` now."""
    seen = impression or Impression()
    return DoorSnapshot(
        upstream=door.name,
        url=door.url,
        outcomes=dict(door.outcomes),
        latency_counts=tuple(door.latency_counts),
        latency_seconds=door.latency_seconds,
        received_bytes=door.received_bytes,
        last_success_at=door.last_success_at,
        last_failure_at=door.last_failure_at,
        last_error=door.last_error,
        serial=door.serial,
        outages=door.outages,
        is_offline=door.is_offline,
        circuit=door.circuit,
        kind=seen.kind,
        recent=tuple(round(seconds, 4) for seconds in seen.recent),
        is_behind=door.is_behind,
        difference=door.difference,
    )
