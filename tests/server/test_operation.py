"""What operators and their tools are told: alive, ready, counted, and in what state."""

import json
from collections import namedtuple
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, cast

import anyio
import anyio.to_thread
import pytest

from server.asgi import Call
from wheelyard import __version__
from wheelyard.app import App
from wheelyard.blobs import WaitingRoom
from wheelyard.catalog import OutageRow, ReadinessRow, SyncRunRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Unavailable
from wheelyard.monitor import Board, Counters, WebhookState
from wheelyard.names import ProjectName
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.impression import Impression
from wheelyard.repository.observed import DoorState
from wheelyard.server.operation import Operation
from wheelyard.server.process import Worker
from wheelyard.settings import IndexSettings, NamesSettings

pytestmark = pytest.mark.anyio

Counts = namedtuple("Counts", "pages held held_bytes")  # noqa: PYI024 - a stand-in for a row
DOOR = "https://index.example/simple/"
BOTH, TWIN, HIDDEN = ProjectName("both"), ProjectName("acme-core"), ProjectName("acme-secret")


def shown(name: str, read: Literal["anyone", "members"]) -> SimpleNamespace:
    """Return an index with these readers."""
    return SimpleNamespace(owner=f"hosted:{name}", rules=IndexSettings(name=name, read=read))


@dataclass(slots=True)
class Program:
    """A running program as far as its state is told; ``broken`` is what its catalog says."""

    clock: FrozenClock
    worker: Worker = field(default_factory=Worker)
    counters: Counters = field(default_factory=Counters)
    door: DoorState = field(default_factory=lambda: DoorState("default", DOOR))
    broken: Unavailable | None = None
    free_bytes: int = 10_000
    log: tuple[OutageRow, ...] = ()

    @property
    def app(self) -> App:
        """The program."""
        directory = SimpleNamespace(
            instance="abc", path=Path("data"), free_bytes=lambda: self.free_bytes
        )
        fills = SimpleNamespace(
            running=2,
            waiting=WaitingRoom(),
            parts=SimpleNamespace(
                budget=SimpleNamespace(reserved_bytes=5),
                store=SimpleNamespace(quarantine=SimpleNamespace(count=1)),
                passing=SimpleNamespace(count=0),
                alarms=SimpleNamespace(lasting={}),
            ),
        )
        found = SimpleNamespace(
            settings=SimpleNamespace(
                store=SimpleNamespace(min_free_bytes=1_000), names=NamesSettings(merge=(BOTH,))
            ),
            directory=directory,
            catalog=self,
            fills=fills,
            doors=[
                SimpleNamespace(state=self.door, parts=SimpleNamespace(impression=Impression()))
            ],
            unasked=(),
            contradictions=Contradictions(seen=3),
            counters=self.counters,
            clock=self.clock,
            waiting=WaitingRoom(),
            webhooks=[WebhookState("https://hooks.example")],
            twins={TWIN, HIDDEN},
            indexes={"main": shown("main", "anyone"), "team": shown("team", "members")},
        )
        return cast("App", found)

    @property
    def started_at(self) -> Instant:
        """When the server started: a minute ago."""
        return Instant(self.clock.now() - 60)

    @property
    def scrubs(self) -> SimpleNamespace:
        """How far the scrubber is: it never ran."""

        async def load() -> None:
            return None

        return SimpleNamespace(load=load)

    @property
    def readiness(self) -> SimpleNamespace:
        """What would install without upstreams: one file, on one target."""

        async def load() -> tuple[ReadinessRow, ...]:
            row = ReadinessRow("app.txt", "Python 3.12", self.started_at, 7, 2)
            return (row,)

        return SimpleNamespace(load=load)

    @property
    def sync_runs(self) -> SimpleNamespace:
        """The runs of a mirror: each index was filled a minute ago."""

        async def last_complete(index: str) -> Instant:
            del index
            return self.started_at

        async def last(index: str) -> tuple[SyncRunRow, ...]:
            began = self.started_at
            return (SyncRunRow(1, index, began, Instant(began + 9), "all", "done", "{}"),)

        return SimpleNamespace(last_complete=last_complete, last=last)

    @property
    def hosting(self) -> SimpleNamespace:
        """Our own projects: one that all may read, and one for the members of an index."""

        async def owners_of(name: ProjectName) -> tuple[str, ...]:
            return ("hosted:main",) if name == TWIN else ("hosted:team",)

        return SimpleNamespace(owners_of=owners_of)

    @property
    def journal(self) -> "Program":
        """The part of the catalog that is read to see whether it can be."""
        return self

    async def last(self) -> int:
        """Return the last serial of the journal."""
        if self.broken is not None:
            raise self.broken
        return 7

    @property
    def identity(self) -> SimpleNamespace:
        """What the catalog says of itself."""
        return SimpleNamespace(created_at=self.started_at)

    @property
    def outages(self) -> "Program":
        """The outage log."""
        return self

    async def since(self, moment: Instant) -> tuple[OutageRow, ...]:
        """Return the log."""
        return tuple(row for row in self.log if row.started_at > moment)

    async def counts(self) -> Counts:
        """Return how much is held."""
        return Counts(3, 4, 5_000)

    async def asked(self, target: str, board: Board | None = None) -> Call:
        """Return what is answered at ``target``."""
        call = Call(target)
        operation = Operation(self.app, self.worker, board or Board(None), self.started_at)
        await operation(call.exchange, target.partition("?")[0].split("/")[2:])
        return call


@pytest.fixture
def program(clock: FrozenClock) -> Program:
    """A program in good health."""
    return Program(clock)


async def test_process_that_answers_is_alive(program: Program) -> None:
    """Nothing is looked at: a slow disk is no reason to kill it."""
    program.broken = Unavailable("The catalog")

    call = await program.asked("/-/live")

    assert (call.status, call.body) == (200, b"alive\n")
    assert call.headers["cache-control"] == "no-store"


async def test_server_in_good_health_is_ready(program: Program) -> None:
    """It can serve what it holds."""
    call = await program.asked("/-/ready")

    assert (call.status, call.body) == (200, b"ready\n")


async def test_upstream_that_is_down_leaves_the_server_ready(program: Program) -> None:
    """That is what it is for; and so does a disk that is nearly full."""
    program.door.last_failure_at = program.clock.now()
    program.free_bytes = 1

    assert (await program.asked("/-/ready")).status == 200


async def test_server_that_stops_is_not_ready(program: Program) -> None:
    """The load balancer has to send requests to another one."""
    program.worker.draining = True

    with pytest.raises(Unavailable, match="stopping"):
        await program.asked("/-/ready")


async def test_server_without_a_catalog_is_not_ready(program: Program) -> None:
    """It says what the catalog says."""
    program.broken = Unavailable("The catalog", "the disk is gone")

    with pytest.raises(Unavailable, match="the disk is gone"):
        await program.asked("/-/ready")


async def test_metrics_are_for_prometheus(program: Program) -> None:
    """In its text form, with what was counted."""
    program.counters.count("page", 200, 123)

    call = await program.asked("/-/metrics")

    assert call.headers["content-type"].startswith("text/plain; version=")
    assert call.headers["content-length"] == str(len(call.body))
    assert b'status="200"' in call.body


async def test_status_is_one_document(program: Program) -> None:
    """Version, age, health, contents, work and doors."""
    program.counters.count("page", 200, 123)
    program.counters.count("page", 503, 7)

    report = json.loads((await program.asked("/-/status")).body)

    assert report["server"] == "wheelyard"
    assert report["version"] == __version__
    assert report["instance"] == "abc"
    assert report["uptime_seconds"] == 60
    assert report["ready"] is True
    assert report["held"] == {"pages": 3, "files": 4, "bytes": 5_000, "free_bytes": 10_000}
    assert (report["requests"], report["failed_requests"], report["sent_bytes"]) == (2, 1, 130)
    assert (report["fills_running"], report["spool_bytes"]) == (2, 5)
    assert [door["url"] for door in report["doors"]] == [DOOR]


async def test_status_names_no_project_that_is_for_members(program: Program) -> None:
    """Nobody is asked who they are, so of the twins only those of open indexes are told."""
    report = json.loads((await program.asked("/-/status")).body)
    metrics = (await program.asked("/-/metrics")).body.decode()

    assert report["public_twins"] == [TWIN]
    assert HIDDEN not in metrics


async def test_a30_state_tells_how_new_each_open_mirror_is(program: Program) -> None:
    """In the status and as a metric; of an index for members nobody hears."""
    report = json.loads((await program.asked("/-/status")).body)
    metrics = (await program.asked("/-/metrics")).body.decode()

    assert report["last_modified"] == {"main": "2026-09-21T14:12:20Z"}
    assert 'wheelyard_last_modified_time_seconds{index="main"} 1.78999994e+09' in metrics
    assert 'index="team"' not in metrics


async def test_state_tells_of_the_last_sync_of_each_open_index(program: Program) -> None:
    """In the status and as metrics; of an index for members nobody hears."""
    report = json.loads((await program.asked("/-/status")).body)
    metrics = (await program.asked("/-/metrics")).body.decode()

    assert [(run["index"], run["outcome"]) for run in report["syncs"]] == [("main", "done")]
    assert 'wheelyard_sync_complete{index="main"} 1.0' in metrics
    assert 'wheelyard_sync_seconds{index="main"} 9.0' in metrics
    assert 'wheelyard_sync_complete{index="team"}' not in metrics


async def test_status_says_what_is_done_without(program: Program) -> None:
    """A door that is down, a disk that is nearly full."""
    program.door.last_failure_at = program.clock.now()
    program.door.last_error = "timeout"
    program.free_bytes = 1

    report = json.loads((await program.asked("/-/status")).body)

    assert report["ready"] is True
    assert len(report["degraded"]) == 2
    assert "timeout" in report["degraded"][0]


async def test_status_and_metrics_tell_of_outages(program: Program) -> None:
    """That of a door that lasts, and how much of the month it was there: half a minute of one."""
    program.log = (OutageRow("default", DOOR, Instant(program.clock.now() - 30), None, "refused"),)

    report = json.loads((await program.asked("/-/status")).body)
    metrics = (await program.asked("/-/metrics")).body.decode()

    assert [(each["cause"], each["seconds"]) for each in report["outages"]] == [("refused", 30.0)]
    assert [*report["doors"][0]["availability"].values()] == [50.0]
    assert f'wheelyard_door_outage{{door="{DOOR}",upstream="default"}} 1.0' in metrics


async def test_counts_are_those_of_all_workers(program: Program, tmp_path: Path) -> None:
    """Whichever of them is asked."""
    other = Program(program.clock, Worker(2))
    other.counters.count("page", 200, 100)
    counted = Operation(other.app, other.worker, Board(None), other.started_at)._snapshot()
    await anyio.to_thread.run_sync(Board(tmp_path, 2).publish, counted)
    program.counters.count("page", 200, 11)
    board = await anyio.to_thread.run_sync(Board, tmp_path, 1)

    report = json.loads((await program.asked("/-/status", board)).body)

    assert (report["workers"], report["requests"], report["sent_bytes"]) == (2, 2, 111)


async def test_counts_are_pinned_for_the_others(program: Program, tmp_path: Path) -> None:
    """At once when the worker starts, and again now and then."""
    board = await anyio.to_thread.run_sync(Board, tmp_path, 1)
    operation = Operation(program.app, program.worker, board, program.started_at)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(operation.publish)
        with anyio.fail_after(180):
            while not [path async for path in anyio.Path(tmp_path).glob("worker-1.json")]:  # noqa: ASYNC110 - a file raises no event
                await anyio.sleep(0.001)
        tasks.cancel_scope.cancel()

    assert tmp_path.joinpath("worker-1.json").exists()


@pytest.mark.parametrize("target", ["/-/", "/-", "/-/nothing", "/-/live/", "/-/live/x"])
async def test_other_address_is_absent(program: Program, target: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(Absent):
        await program.asked(target)


async def test_state_tells_what_would_install_without_upstreams(program: Program) -> None:
    """As ``ready`` last found it, and how long ago that was; in numbers too."""
    [found] = json.loads((await program.asked("/-/status")).body)["readiness"]
    metrics = (await program.asked("/-/metrics")).body.decode()

    assert (found["name"], found["ready"], found["missing"]) == ("app.txt", False, 2)
    assert found["age_seconds"] == 60.0
    labels = 'name="app.txt",target="Python 3.12"'
    assert f"wheelyard_readiness_missing_files{{{labels}}} 2.0" in metrics
    assert f"wheelyard_readiness_wanted_files{{{labels}}} 7.0" in metrics


@pytest.mark.parametrize(
    ("query", "said"), [("", "5 of 7"), ("?file=app.txt", "5 of 7"), ("?file=x.txt", "not known")]
)
async def test_badge_is_a_picture_of_one_file(program: Program, query: str, said: str) -> None:
    """Or of all that were judged."""
    answer = await program.asked(f"/-/ready.svg{query}")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert f"installs offline: {said}".encode() in answer.body
