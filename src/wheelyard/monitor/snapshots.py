"""What one worker has to tell at one moment, and how several workers add up to one server.

Counts are kept in dictionaries with text as keys, ``first|second``, so that a snapshot is JSON
that a person can read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wheelyard.decide.circuit import State, worst

__all__ = [
    "AlarmSnapshot",
    "ConnectionSnapshot",
    "DoorSnapshot",
    "WebhookSnapshot",
    "WorkerSnapshot",
    "join_keys",
    "split_key",
    "total",
]

STALE_SECONDS = 10.0
"""A worker that has been silent for longer is gone; what it was doing at the time is over."""


class DoorSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One door, as one worker or as all of them know it. Times are seconds since the epoch.

    ``recent`` is how long its last answers took to begin, in seconds. For ``kind`` see
    ``repository/impression.py``; for ``is_behind`` and ``difference`` ``repository/vetted.py``.
    """

    upstream: str
    url: str
    outcomes: dict[str, int] = {}
    latency_counts: tuple[int, ...] = ()
    latency_seconds: float = 0.0
    received_bytes: int = 0
    last_success_at: float | None = None
    last_failure_at: float | None = None
    last_error: str = ""
    serial: int | None = None
    outages: int = 0
    is_offline: bool = False
    circuit: State = State.CLOSED
    kind: str = ""
    recent: tuple[float, ...] = ()
    is_behind: bool = False
    difference: str = ""

    @property
    def state(self) -> str:
        """``up``, ``down``, ``offline`` if nobody asks it, ``unknown`` before the first answer."""
        if self.is_offline:
            return "offline"
        if self.last_success_at is None and self.last_failure_at is None:
            return "unknown"
        return "up" if (self.last_success_at or 0.0) >= (self.last_failure_at or 0.0) else "down"


class WebhookSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the news for one webhook; see ``webhook.py``."""

    url: str
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    pending: int = 0
    last_at: float | None = None
    last_result: str = ""


class ConnectionSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Connections of clients. All but ``open`` only grow."""

    open: int = 0
    accepted: int = 0
    refused: int = 0
    rejected: int = 0
    timed_out: int = 0


class AlarmSnapshot(msgspec.Struct, frozen=True):
    """Something that does not work on this machine, since a moment in seconds since the epoch."""

    kind: str
    since: float
    text: str = ""


class WorkerSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that one worker counted, or the sum of several workers.

    ``requests`` is by ``route|status``, ``cache_answers`` by ``kind|result``. ``workers`` is how
    many are alive. ``spool_bytes`` is room reserved for running downloads. ``waiting_misses`` and
    ``shed_misses`` are by kind: ``file`` for downloads, ``page`` for all else that is asked.
    """

    at: float
    requests: dict[str, int] = {}
    sent_bytes: dict[str, int] = {}
    cache_answers: dict[str, int] = {}
    doors: tuple[DoorSnapshot, ...] = ()
    connections: ConnectionSnapshot = ConnectionSnapshot()
    fills_running: int = 0
    spool_bytes: int = 0
    workers: int = 1
    damaged_files: int = 0
    refused_digests: int = 0
    passed_files: int = 0
    alarms: tuple[AlarmSnapshot, ...] = ()
    waiting_misses: dict[str, int] = {}
    shed_misses: dict[str, int] = {}
    webhooks: tuple[WebhookSnapshot, ...] = ()

    def without_gauges(self) -> "WorkerSnapshot":
        """Return what remains true when the worker is gone: what it did, not what it was at."""
        return msgspec.structs.replace(
            self,
            doors=tuple(msgspec.structs.replace(door, circuit=State.CLOSED) for door in self.doors),
            connections=msgspec.structs.replace(self.connections, open=0),
            fills_running=0,
            spool_bytes=0,
            workers=0,
            alarms=(),
            waiting_misses={},
            webhooks=tuple(msgspec.structs.replace(hook, pending=0) for hook in self.webhooks),
        )


def join_keys(first: str, second: object) -> str:
    """Return the key of a pair."""
    return f"{first}|{second}"


def split_key(key: str) -> tuple[str, str]:
    """Return the pair that ``key`` stands for."""
    first, _, second = key.partition("|")
    return first, second


def total(snapshots: Sequence[WorkerSnapshot], now: float) -> WorkerSnapshot:
    """Return the sum of ``snapshots``: one answer whichever worker is asked.

    Of workers that have been silent for ``STALE_SECONDS`` only what they did counts.
    """
    told = [
        snapshot if now - snapshot.at <= STALE_SECONDS else snapshot.without_gauges()
        for snapshot in snapshots
    ]
    return WorkerSnapshot(
        at=max((snapshot.at for snapshot in told), default=now),
        requests=_sum(snapshot.requests for snapshot in told),
        sent_bytes=_sum(snapshot.sent_bytes for snapshot in told),
        cache_answers=_sum(snapshot.cache_answers for snapshot in told),
        doors=_doors([door for snapshot in told for door in snapshot.doors]),
        connections=_connections([snapshot.connections for snapshot in told]),
        fills_running=sum(snapshot.fills_running for snapshot in told),
        spool_bytes=sum(snapshot.spool_bytes for snapshot in told),
        workers=sum(snapshot.workers for snapshot in told),
        damaged_files=sum(snapshot.damaged_files for snapshot in told),
        refused_digests=sum(snapshot.refused_digests for snapshot in told),
        passed_files=sum(snapshot.passed_files for snapshot in told),
        alarms=_alarms([alarm for snapshot in told for alarm in snapshot.alarms]),
        waiting_misses=_sum(snapshot.waiting_misses for snapshot in told),
        shed_misses=_sum(snapshot.shed_misses for snapshot in told),
        webhooks=_webhooks([hook for snapshot in told for hook in snapshot.webhooks]),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums by key."""
    added: Counter[str] = Counter()
    for each in counts:
        added.update(each)
    return dict(added)


def _connections(connections: Sequence[ConnectionSnapshot]) -> ConnectionSnapshot:
    """Return the sums by field."""
    return ConnectionSnapshot(
        open=sum(each.open for each in connections),
        accepted=sum(each.accepted for each in connections),
        refused=sum(each.refused for each in connections),
        rejected=sum(each.rejected for each in connections),
        timed_out=sum(each.timed_out for each in connections),
    )


def _alarms(alarms: Sequence[AlarmSnapshot]) -> tuple[AlarmSnapshot, ...]:
    """Return one alarm per kind: the one that began first."""
    by_kind = {alarm.kind: alarm for alarm in sorted(alarms, key=lambda each: -each.since)}
    return tuple(by_kind[kind] for kind in sorted(by_kind))


def _webhooks(hooks: Sequence[WebhookSnapshot]) -> tuple[WebhookSnapshot, ...]:
    """Return one snapshot per webhook, in the order in which the first worker lists them."""
    urls = dict.fromkeys(hook.url for hook in hooks)
    return tuple(_webhook([hook for hook in hooks if hook.url == url]) for url in urls)


def _webhook(hooks: Sequence[WebhookSnapshot]) -> WebhookSnapshot:
    """Return what several workers know of one webhook; the last that tried knows how it went."""
    last = max(hooks, key=lambda hook: hook.last_at or 0.0)
    return msgspec.structs.replace(
        last,
        delivered=sum(hook.delivered for hook in hooks),
        failed=sum(hook.failed for hook in hooks),
        dropped=sum(hook.dropped for hook in hooks),
        pending=sum(hook.pending for hook in hooks),
    )


def _doors(doors: Sequence[DoorSnapshot]) -> tuple[DoorSnapshot, ...]:
    """Return one snapshot per door, in the order in which the first worker lists them."""
    keys = dict.fromkeys((door.upstream, door.url) for door in doors)
    return tuple(
        _door([door for door in doors if (door.upstream, door.url) == key]) for key in keys
    )


def _door(doors: Sequence[DoorSnapshot]) -> DoorSnapshot:
    """Return what several workers know of one door."""
    buckets = max(len(door.latency_counts) for door in doors)
    padded = [(*door.latency_counts, *[0] * (buckets - len(door.latency_counts))) for door in doors]
    last_failed = max(doors, key=lambda door: door.last_failure_at or 0.0)
    return DoorSnapshot(
        upstream=doors[0].upstream,
        url=doors[0].url,
        outcomes=_sum(door.outcomes for door in doors),
        latency_counts=tuple(sum(counts) for counts in zip(*padded, strict=True)),
        latency_seconds=sum(door.latency_seconds for door in doors),
        received_bytes=sum(door.received_bytes for door in doors),
        last_success_at=max(door.last_success_at or 0.0 for door in doors) or None,
        last_failure_at=last_failed.last_failure_at,
        last_error=last_failed.last_error,
        serial=max((door.serial or 0 for door in doors), default=0) or None,
        outages=sum(door.outages for door in doors),
        is_offline=all(door.is_offline for door in doors),
        circuit=worst(door.circuit for door in doors),
        kind=next((door.kind for door in doors if door.kind), ""),
        recent=tuple(seconds for door in doors for seconds in door.recent),
        is_behind=any(door.is_behind for door in doors),
        difference=next((door.difference for door in doors if door.difference), ""),
    )
