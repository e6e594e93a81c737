"""Watching for outages: what is written, told and counted, by one worker and by two."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from wheelyard.catalog import Catalog, OutageRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide import outage
from wheelyard.errors import Unavailable
from wheelyard.monitor import Counters
from wheelyard.monitor.outages import OutageWatch
from wheelyard.repository.observed import DoorState

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="opening and closing happen before and after the loop's work"),
]

DOOR = "https://index.example/simple/"
SECOND = "https://mirror.example/simple/"


@dataclass(slots=True)
class Worker:
    """One worker: its doors, what it counted, and its watch of the log in a catalog."""

    catalog: Catalog
    clock: FrozenClock
    urls: tuple[str, ...] = (DOOR,)
    counters: Counters = field(default_factory=Counters)
    doors: list[DoorState] = field(init=False)
    watch: OutageWatch = field(init=False)

    def __post_init__(self) -> None:
        """Open the doors."""
        self.doors = [DoorState("main", url) for url in self.urls]
        self.watch = OutageWatch(self.catalog.outages, self.doors, self.counters, self.clock)

    def works(self, times: int = 3, door: int = 0) -> None:
        """Let a door answer, a second apart."""
        self._happens(times, door, good=True)

    def fails(self, times: int = 3, door: int = 0) -> None:
        """Let a door fail, a second apart."""
        state = self.doors[door]
        state.last_cause, state.last_error = "refused", "refused: nobody listens."
        self._happens(times, door, good=False)

    def _happens(self, times: int, door: int, *, good: bool) -> None:
        """Let the same happen to a door a few times."""
        state = self.doors[door]
        for _ in range(times):
            self.clock.forward(1)
            state.row = outage.follow(state.row, self.clock.now(), good=good)

    async def look(self) -> tuple[OutageRow, ...]:
        """Look once, and return the whole log."""
        await self.watch.look()
        return await self.catalog.outages.since(Instant(0.0))


@pytest.fixture
def worker(tmp_path: Path, clock: FrozenClock) -> Worker:
    """Return a worker over an empty catalog."""
    return Worker(open_catalog(tmp_path, clock), clock)


@pytest.fixture(autouse=True)
def _closed(worker: Worker) -> Iterator[None]:
    """Close the catalog after the test."""
    yield
    worker.catalog.close()


async def test_outage_is_written_from_its_first_failure_on(worker: Worker) -> None:
    """With the door, the cause and the sentence."""
    worker.works()
    await worker.look()
    began = worker.clock.now() + 1
    worker.fails()

    [row] = await worker.look()

    assert (row.upstream, row.url) == ("main", DOOR)
    assert (row.started_at, row.ended_at) == (began, None)
    assert (row.cause, row.last_error) == ("refused", "refused: nobody listens.")
    assert worker.doors[0].outages == 1


async def test_outage_ends_with_the_first_of_three_answers(worker: Worker) -> None:
    """One answer is no recovery, and the third shows that the first was."""
    worker.fails()
    await worker.look()
    back = worker.clock.now() + 1
    worker.works(1)
    [still] = await worker.look()
    worker.works(2)

    [row] = await worker.look()

    assert still.ended_at is None
    assert row.ended_at == back


async def test_quiet_server_needs_one_answer_and_a_minute(worker: Worker) -> None:
    """Nobody has to ask for anything for an outage to end."""
    worker.fails()
    await worker.look()
    worker.works(1)
    [before] = await worker.look()
    worker.clock.forward(60)

    [after] = await worker.look()

    assert before.ended_at is None
    assert after.ended_at is not None


async def test_beginning_and_end_are_told_once(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    """A sentence each, whatever the number of workers and looks."""
    caplog.set_level(logging.INFO)
    other = Worker(worker.catalog, worker.clock)
    for each in (worker, other):
        each.fails()
    for each in (worker, other, worker, other):
        await each.look()
    for each in (worker, other):
        each.works()
    for each in (worker, other, worker, other):
        await each.look()

    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        f"The door `{DOOR}` is out: refused: nobody listens.",
        (
            f"The door `{DOOR}` answers again, after 6 seconds: meanwhile 0 answers were old "
            "copies, and 0 could not be given."
        ),
    ]


async def test_two_workers_write_one_outage(worker: Worker) -> None:
    """Both see it, one writes it; both then know that it is over."""
    other = Worker(worker.catalog, worker.clock)
    worker.fails()
    other.fails()
    await worker.look()
    await other.look()
    other.works()
    await other.look()

    [row] = await worker.look()
    [again] = await worker.look()

    assert row.ended_at is not None
    assert again == row
    assert worker.doors[0].outages + other.doors[0].outages == 1
    assert worker.doors[0].row is None


async def test_answers_from_before_an_outage_do_not_end_it(worker: Worker) -> None:
    """A worker that was asked nothing meanwhile has old good news."""
    other = Worker(worker.catalog, worker.clock)
    other.works()
    worker.fails()
    await worker.look()
    other.works(1)

    [row] = await other.look()

    assert row.ended_at is None


async def test_outage_of_before_a_restart_ends_after_it(worker: Worker) -> None:
    """The log outlives the program that wrote it, and no second row is made."""
    worker.fails()
    await worker.look()
    restarted = Worker(worker.catalog, worker.clock)
    restarted.fails()
    [still] = await restarted.look()
    restarted.works()

    [row] = await restarted.look()

    assert still.ended_at is None
    assert row.ended_at is not None
    assert restarted.doors[0].outages == 0


async def test_outage_of_a_door_that_is_gone_ends_at_the_start(worker: Worker) -> None:
    """Somebody named other doors; the other outage would last for ever."""
    worker.fails()
    await worker.look()
    moved = Worker(worker.catalog, worker.clock, (SECOND,))

    [row] = await moved.look()

    assert row.ended_at == worker.clock.now()


async def test_watch_that_does_not_know_all_doors_ends_nothing(worker: Worker) -> None:
    """Offline nobody is asked, and a command may have been given a door for this once."""
    worker.fails()
    await worker.look()
    log, counters, clock = worker.catalog.outages, worker.counters, worker.clock

    await OutageWatch(log, [], counters, clock, knows_all_doors=False).look()

    [row] = await log.since(Instant(0.0))
    assert row.ended_at is None


async def test_each_door_has_its_outages(worker: Worker) -> None:
    """Where one of two answers, the other's outage is its own."""
    both = Worker(worker.catalog, worker.clock, (DOOR, SECOND))
    both.fails(door=1)
    both.works(door=0)

    [row] = await both.look()

    assert row.url == SECOND


async def test_answers_during_an_outage_are_counted(worker: Worker) -> None:
    """Also those that were given before the third failure; those of before and after are not."""
    worker.counters.count_cache("page", "stale")
    await worker.look()
    worker.fails(1)
    worker.counters.count_cache("page", "stale")
    await worker.look()
    worker.fails(2)
    worker.counters.count("file", 503)
    await worker.look()
    worker.counters.count_cache("json", "stale")
    worker.works()
    await worker.look()
    worker.counters.count_cache("page", "stale")

    [row] = await worker.look()

    assert (row.stale_answers, row.failed_answers) == (2, 1)


async def test_failure_that_was_no_outage_leaves_no_counts(worker: Worker) -> None:
    """What was kept back is dropped once it is clear that it belongs to nothing."""
    worker.fails(1)
    worker.counters.count_cache("page", "stale")
    await worker.look()
    worker.clock.forward(30)
    await worker.look()
    worker.fails(2)

    [row] = await worker.look()

    assert row.stale_answers == 0


class BrokenLog:
    """A log that cannot be read once, and says how often it was asked."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = 0

    async def last(self, url: str) -> OutageRow | None:
        """Fail the first time."""
        self.asked += 1
        if self.asked == 1:
            raise Unavailable("The catalog", f"it is locked, also for {url}")
        return None

    async def begin(self, row: OutageRow) -> OutageRow | None:
        """Take the row."""
        return row

    async def end(self, row: OutageRow, at: Instant) -> OutageRow | None:
        """Know of no end."""

    async def add(self, row: OutageRow, stale_answers: int, failed_answers: int) -> None:
        """Count nothing."""

    async def since(self, moment: Instant) -> tuple[OutageRow, ...]:
        """Know of nothing."""
        return ()


async def test_log_that_cannot_be_written_is_tried_again(
    clock: FrozenClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch goes on, and says what is wrong."""
    monkeypatch.setattr("wheelyard.monitor.outages._LOOK_SECONDS", 0)
    log, door = BrokenLog(), DoorState("main", DOOR)
    door.row = outage.Row(good=False, began_at=clock.now(), last_at=clock.now(), count=3)
    watch = OutageWatch(log, [door], Counters(), clock)

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch.run)
            while not door.outages:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    assert "it is locked" in caplog.text


async def test_nothing_is_asked_while_nothing_happens(clock: FrozenClock) -> None:
    """A quiet server leaves its catalog alone."""
    log = BrokenLog()
    log.asked = 1
    watch = OutageWatch(log, [DoorState("main", DOOR)], Counters(), clock)

    for _ in range(5):
        await watch.look()

    assert log.asked == 2
