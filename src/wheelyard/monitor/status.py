"""The state of a server as one JSON document: what ``/-/status`` says and ``status`` shows."""

from datetime import UTC, datetime

import msgspec

from wheelyard.catalog import OutageRow
from wheelyard.decide.circuit import State
from wheelyard.errors import BadInput
from wheelyard.monitor.health import Health
from wheelyard.monitor.outage_report import OutageStatus, availability, report_outages
from wheelyard.monitor.snapshots import DoorSnapshot, WorkerSnapshot, split_key

__all__ = [
    "DoorStatus",
    "Held",
    "ServerFacts",
    "StatusReport",
    "build_status",
    "parse_status",
    "render_status",
]

KIND = "wheelyard"
"""What tells our document from that of any other program that happens to answer."""

_FAILED_STATUS = 500


class Held(msgspec.Struct, frozen=True):
    """How much a data directory holds. Sizes are bytes; ``free_bytes`` is None if unknown."""

    pages: int = 0
    files: int = 0
    bytes: int = 0
    free_bytes: int | None = None


class ServerFacts(msgspec.Struct, frozen=True):
    """What a server knows of itself without counting. Times are seconds since the epoch.

    ``outages`` are those that reached into the time since ``watched_since``.
    """

    version: str
    instance: str
    started_at: float
    data: str = ""
    held: Held = Held()
    outages: tuple[OutageRow, ...] = ()
    watched_since: float = 0.0


class DoorStatus(msgspec.Struct, frozen=True):
    """One door, for people. Times are in UTC, to the second.

    ``average_seconds`` is the time until an answer begins; ``availability`` is by month, percent.
    """

    upstream: str
    url: str
    state: str
    requests: int
    failures: int
    received_bytes: int
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_error: str = ""
    average_seconds: float | None = None
    serial: int | None = None
    out_since: datetime | None = None
    availability: dict[str, float] = {}
    circuit: State = State.CLOSED


class StatusReport(msgspec.Struct, frozen=True):
    """The document. ``requests`` and ``cache`` are counts since the server started.

    ``server`` is always ``wheelyard``. ``reasons`` say why the server is not ready, ``degraded``
    what it does without.
    """

    server: str
    version: str
    instance: str
    started_at: datetime
    uptime_seconds: float
    workers: int
    ready: bool
    held: Held
    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    data: str = ""
    requests: int = 0
    failed_requests: int = 0
    sent_bytes: int = 0
    cache: dict[str, int] = {}
    doors: tuple[DoorStatus, ...] = ()
    outages: tuple[OutageStatus, ...] = ()
    open_connections: int = 0
    fills_running: int = 0
    spool_bytes: int = 0


def build_status(
    facts: ServerFacts, counted: WorkerSnapshot, health: Health, now: float
) -> StatusReport:
    """Return the document about the server that ``facts`` describe, at the moment ``now``."""
    failed = (n for key, n in counted.requests.items() if int(split_key(key)[1]) >= _FAILED_STATUS)
    return StatusReport(
        server=KIND,
        version=facts.version,
        instance=facts.instance,
        started_at=_moment(facts.started_at),
        uptime_seconds=round(max(0.0, now - facts.started_at), 1),
        workers=counted.workers,
        ready=health.is_ready,
        held=facts.held,
        reasons=health.reasons,
        degraded=health.degraded,
        data=facts.data,
        requests=sum(counted.requests.values()),
        failed_requests=sum(failed),
        sent_bytes=sum(counted.sent_bytes.values()),
        cache=_cache(counted),
        doors=tuple(_door(door, facts, now) for door in counted.doors),
        outages=report_outages(facts.outages, now),
        open_connections=counted.connections.open,
        fills_running=counted.fills_running,
        spool_bytes=counted.spool_bytes,
    )


def render_status(report: StatusReport) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def parse_status(body: bytes) -> StatusReport:
    """Return the document in ``body``.

    Raises:
        BadInput: it is something else.
    """
    try:
        report = msgspec.json.decode(body, type=StatusReport)
    except msgspec.DecodeError as error:
        raise BadInput("The answer is not the status of a Wheelyard server.") from error
    if report.server != KIND:
        raise BadInput(f"The answer is the status of another program, `{report.server}`.")
    return report


def _cache(counted: WorkerSnapshot) -> dict[str, int]:
    """Return how often the cache could answer, over all kinds."""
    answers = dict.fromkeys(("hit", "renewed", "stale", "miss", "absent"), 0)
    for key, count in counted.cache_answers.items():
        result = split_key(key)[1]
        answers[result] = answers.get(result, 0) + count
    return answers


def _door(door: DoorSnapshot, facts: ServerFacts, now: float) -> DoorStatus:
    """Return the line about one door."""
    outages = [row for row in facts.outages if row.url == door.url]
    lasting = next((row.started_at for row in outages if row.ended_at is None), None)
    answered = sum(door.latency_counts)
    requests = sum(door.outcomes.values())
    failures = requests - answered + door.outcomes.get("5xx", 0)
    return DoorStatus(
        upstream=door.upstream,
        url=door.url,
        state=door.state,
        requests=requests,
        failures=failures,
        received_bytes=door.received_bytes,
        last_success_at=_moment_or_none(door.last_success_at),
        last_failure_at=_moment_or_none(door.last_failure_at),
        last_error=door.last_error,
        average_seconds=round(door.latency_seconds / answered, 4) if answered else None,
        serial=door.serial,
        out_since=_moment_or_none(lasting),
        availability=availability(outages, facts.watched_since, now),
        circuit=door.circuit,
    )


def _moment(seconds: float) -> datetime:
    """Return a moment in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    """Return a moment, if there was one."""
    return None if seconds is None else _moment(seconds)
