"""The state of a server as one JSON document: what ``/-/status`` says and ``status`` shows."""

from datetime import UTC, datetime
from statistics import median

import msgspec

from wheelyard.catalog import OutageRow, ReadinessRow, SyncRunRow
from wheelyard.decide.circuit import State
from wheelyard.decide.scrub import Course
from wheelyard.errors import BadInput
from wheelyard.monitor.health import Health
from wheelyard.monitor.outage_report import OutageStatus, availability, report_outages
from wheelyard.monitor.snapshots import (
    AlarmSnapshot,
    DoorSnapshot,
    WebhookSnapshot,
    WorkerSnapshot,
    split_key,
)
from wheelyard.monitor.syncs import SyncStatus, report_sync

__all__ = [
    "AlarmStatus",
    "DoorStatus",
    "Held",
    "ReadinessStatus",
    "ScrubStatus",
    "ServerFacts",
    "StatusReport",
    "WebhookStatus",
    "build_status",
    "parse_status",
    "render_status",
    "report_readiness",
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

    ``outages`` are those that reached into the time since ``watched_since``. ``merged`` are the
    names whose public files are shown as well, ``public_twins`` names of ours that others have too.
    ``last_modified`` is by index, when the last complete run of a mirror began; ``syncs`` has the
    last run of each.
    """

    version: str
    instance: str
    started_at: float
    data: str = ""
    held: Held = Held()
    outages: tuple[OutageRow, ...] = ()
    watched_since: float = 0.0
    scrub: Course | None = None
    merged: tuple[str, ...] = ()
    public_twins: tuple[str, ...] = ()
    last_modified: dict[str, float] = {}
    readiness: tuple[ReadinessRow, ...] = ()
    syncs: tuple[SyncRunRow, ...] = ()


class ReadinessStatus(msgspec.Struct, frozen=True):
    """What ``wheelyard ready`` last said of one file on one target, and how long ago that was.

    Of ``wanted`` files ``missing`` were not held then; nobody has looked since.
    """

    name: str
    target: str
    ready: bool
    wanted: int
    missing: int
    checked_at: datetime
    age_seconds: float


class AlarmStatus(msgspec.Struct, frozen=True):
    """Something that does not work on this machine: ``not-kept`` or ``unreadable``."""

    kind: str
    since: datetime
    text: str


class ScrubStatus(msgspec.Struct, frozen=True):
    """How far the scrubber is. ``position`` is the part of the present pass that is done, 0 to 1.

    ``files`` and ``bytes`` were read in it, ``wrong`` found and ``healed`` in it; ``last_wrong``
    were found in the last full pass, which ended at ``last_pass_at``.
    """

    position: float
    pass_began_at: datetime
    files: int = 0
    bytes: int = 0
    wrong: int = 0
    healed: int = 0
    last_pass_at: datetime | None = None
    last_wrong: int = 0


class DoorStatus(msgspec.Struct, frozen=True):
    """One door, for people. Times are in UTC, to the second.

    ``kind`` is how it answers: ``json``, ``html``, ``wheelyard``, ``directory``, or ``unknown``
    before the first page. ``latency_seconds`` is the time until one of its last answers began, in
    the middle; ``average_seconds`` is over all of them since the start. ``age_seconds`` is how long
    ago the last answer was; ``availability`` is by month, percent. ``is_behind``: its copy of the
    index is older than another door's; ``difference``: why it leads to another index.
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
    kind: str = "unknown"
    latency_seconds: float | None = None
    age_seconds: float | None = None
    is_behind: bool = False
    difference: str = ""


class WebhookStatus(msgspec.Struct, frozen=True):
    """One webhook; of its address only scheme, host and port. Times are in UTC, to the second.

    ``delivered`` and ``dropped`` are pieces of news, ``failed`` attempts, ``pending`` what waits.
    """

    url: str
    delivered: int
    failed: int
    dropped: int
    pending: int
    last_at: datetime | None = None
    last_result: str = ""


class StatusReport(msgspec.Struct, frozen=True):
    """The document. ``requests`` and ``cache`` are counts since the server started.

    ``server`` is always ``wheelyard``. ``reasons`` say why the server is not ready, ``degraded``
    what it does without. ``last_modified`` is what each mirrored index says of itself.
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
    damaged_files: int = 0
    refused_digests: int = 0
    passed_files: int = 0
    alarms: tuple[AlarmStatus, ...] = ()
    scrub: ScrubStatus | None = None
    waiting_misses: int = 0
    shed_misses: int = 0
    webhooks: tuple[WebhookStatus, ...] = ()
    merged: tuple[str, ...] = ()
    public_twins: tuple[str, ...] = ()
    last_modified: dict[str, datetime] = {}
    readiness: tuple[ReadinessStatus, ...] = ()
    syncs: tuple[SyncStatus, ...] = ()


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
        damaged_files=counted.damaged_files,
        refused_digests=counted.refused_digests,
        passed_files=counted.passed_files,
        alarms=tuple(_alarm(alarm) for alarm in counted.alarms),
        scrub=_scrub(facts.scrub) if facts.scrub else None,
        waiting_misses=sum(counted.waiting_misses.values()),
        shed_misses=sum(counted.shed_misses.values()),
        webhooks=tuple(_webhook(hook) for hook in counted.webhooks),
        merged=facts.merged,
        public_twins=facts.public_twins,
        last_modified={name: _moment(at) for name, at in facts.last_modified.items()},
        readiness=tuple(report_readiness(row, now) for row in facts.readiness),
        syncs=tuple(report_sync(row) for row in facts.syncs),
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


def _alarm(alarm: AlarmSnapshot) -> AlarmStatus:
    """Return the line about one alarm."""
    return AlarmStatus(alarm.kind, _moment(alarm.since), alarm.text)


def report_readiness(row: ReadinessRow, now: float) -> ReadinessStatus:
    """Return what would install without upstreams, as it was when somebody last looked."""
    age = round(max(0.0, now - row.checked_at), 1)
    checked_at = _moment(row.checked_at)
    return ReadinessStatus(
        row.name, row.target, row.is_ready, row.wanted, row.missing, checked_at, age
    )


def _scrub(course: Course) -> ScrubStatus:
    """Return how far the scrubber is, for people."""
    return ScrubStatus(
        position=round(course.position, 3),
        pass_began_at=_moment(course.began_at),
        files=course.files,
        bytes=course.bytes,
        wrong=course.wrong,
        healed=course.healed,
        last_pass_at=_moment_or_none(course.ended_at),
        last_wrong=course.last_wrong,
    )


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
        kind=door.kind or "unknown",
        latency_seconds=round(median(door.recent), 4) if door.recent else None,
        age_seconds=_age(door.last_success_at, now),
        is_behind=door.is_behind,
        difference=door.difference,
    )


def _webhook(hook: WebhookSnapshot) -> WebhookStatus:
    """Return the line about one webhook."""
    return WebhookStatus(
        url=hook.url,
        delivered=hook.delivered,
        failed=hook.failed,
        dropped=hook.dropped,
        pending=hook.pending,
        last_at=_moment_or_none(hook.last_at),
        last_result=hook.last_result,
    )


def _age(moment: float | None, now: float) -> float | None:
    """Return how long ago a moment was, in seconds; None if it never was."""
    return None if moment is None else round(max(0.0, now - moment), 1)


def _moment(seconds: float) -> datetime:
    """Return a moment in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    """Return a moment, if there was one."""
    return None if seconds is None else _moment(seconds)
