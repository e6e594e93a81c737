"""From what a worker counted to the snapshot that it pins on the board."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from wheelyard.monitor.counters import Counters
from wheelyard.monitor.snapshots import ConnectionSnapshot, DoorSnapshot, WorkerSnapshot, join_keys
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

    ``damaged_files`` is how many held files it has found damaged since it started.
    """

    connections: ConnectionFacts = field(default_factory=ConnectionSnapshot)
    fills_running: int = 0
    spool_bytes: int = 0
    damaged_files: int = 0


def take_snapshot(
    counters: Counters, doors: Iterable[DoorState], activity: Activity, at: float
) -> WorkerSnapshot:
    """Return what this worker has to tell at the moment ``at``."""
    return WorkerSnapshot(
        at=at,
        requests={join_keys(*key): count for key, count in counters.requests.items()},
        sent_bytes=dict(counters.sent_bytes),
        cache_answers={join_keys(*key): count for key, count in counters.cache_answers.items()},
        doors=tuple(_door(door) for door in doors),
        connections=_connections(activity.connections),
        fills_running=activity.fills_running,
        spool_bytes=activity.spool_bytes,
        damaged_files=activity.damaged_files,
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


def _door(door: DoorState) -> DoorSnapshot:
    """Return what is known of ``door`` now."""
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
    )
