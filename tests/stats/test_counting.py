"""Counting downloads: in memory, then in batches, and never more than there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import anyio
import pytest

from wheelyard.catalog.downloads import OTHER, Counted
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Unavailable
from wheelyard.settings import StatsSettings
from wheelyard.stats import counting
from wheelyard.stats.counting import (
    DownloadWriter,
    KnownAgents,
    Tally,
    day_of,
    is_finished,
    old_lines,
    shown_agent,
)
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

TODAY = date(2026, 9, 21)
"""The day on which the tests' clock stands."""
FILE = ("main", "demo", "demo-1.0.tar.gz")
PIP = 'pip/24.0 {"ci":null,"python":"3.11.2"}'


@dataclass(slots=True)
class FakeRows:
    """Takes what is written; ``broken`` is what the catalog says instead."""

    added: list[Counted] = field(default_factory=list)
    batches: int = 0
    most_agents: int = 0
    forgotten: list[date] = field(default_factory=list)
    broken: Unavailable | None = None
    written: anyio.Event = field(default_factory=anyio.Event)
    begun: anyio.Event = field(default_factory=anyio.Event)
    may_write: anyio.Event = field(default_factory=anyio.Event)

    waits: bool = False

    def __post_init__(self) -> None:
        """Write at once, unless a test wants otherwise."""
        if not self.waits:
            self.may_write.set()

    async def add(self, counted: Sequence[Counted], *, most_agents: int) -> None:
        """Take a batch."""
        if self.broken is not None:
            raise self.broken
        self.begun.set()
        await self.may_write.wait()
        self.added += counted
        self.batches += 1
        self.most_agents = most_agents
        self.written.set()

    async def forget(self, before: date) -> None:
        """Forget old days."""
        self.forgotten.append(before)


def writer_of(tally: Tally, rows: FakeRows, clock: FrozenClock) -> DownloadWriter:
    """Return what writes."""
    return DownloadWriter(tally, rows, clock)


async def test_downloads_are_written_as_one_batch(clock: FrozenClock) -> None:
    """By day, index, project, file and program; what was written is not written again."""
    tally, rows = Tally(clock, StatsSettings(max_user_agents=7)), FakeRows()
    for _ in range(3):
        tally.count(*FILE, PIP)
    tally.count("team", "other", "other-1.0.tar.gz", "uv/0.5.0")

    writer = writer_of(tally, rows, clock)
    await writer.write()
    await writer.write()

    assert rows.added == [
        Counted(TODAY, *FILE, PIP, 3, Client("pip", "3.11")),
        Counted(TODAY, "team", "other", "other-1.0.tar.gz", "uv/0.5.0", 1, Client("uv")),
    ]
    assert (rows.batches, rows.most_agents) == (1, 7)


async def test_writer_writes_by_itself(clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every few seconds, for as long as the program runs."""
    monkeypatch.setattr(counting, "_WRITE_EVERY_SECONDS", 0)
    tally, rows = Tally(clock), FakeRows()
    tally.count(*FILE, PIP)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer_of(tally, rows, clock).run)
        await rows.written.wait()
        tasks.cancel_scope.cancel()

    assert [each.count for each in rows.added] == [1]


async def test_end_waits_for_what_is_on_its_way(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is cancelled afterwards."""
    monkeypatch.setattr(counting, "_WRITE_EVERY_SECONDS", 0)
    tally, rows = Tally(clock), FakeRows(waits=True)
    tally.count(*FILE, PIP)
    writer = writer_of(tally, rows, clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run)
        await rows.begun.wait()
        async with anyio.create_task_group() as ending:
            ending.start_soon(writer.end)
            await anyio.wait_all_tasks_blocked()
            rows.may_write.set()
        tasks.cancel_scope.cancel()

    assert [each.count for each in rows.added] == [1]


async def test_day_is_that_of_the_download(clock: FrozenClock) -> None:
    """In UTC, however late it is written."""
    tally, rows = Tally(clock), FakeRows()
    tally.count(*FILE, PIP)
    clock.forward(86_400)
    tally.count(*FILE, PIP)

    await writer_of(tally, rows, clock).write()

    assert [each.day for each in rows.added] == [TODAY, date(2026, 9, 22)]


async def test_what_cannot_be_written_is_kept(
    clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    """And said once, not every five seconds."""
    tally, rows = Tally(clock), FakeRows(broken=Unavailable("The catalog", "the disk is full"))
    writer = writer_of(tally, rows, clock)
    for _ in range(2):
        tally.count(*FILE, PIP)
        await writer.write()

    rows.broken = None
    await writer.end()

    assert [each.count for each in rows.added] == [2]
    assert len(caplog.records) == 1
    assert "the disk is full" in caplog.text


async def test_there_is_room_for_so_much_and_no_more(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs become one first; then nothing more is told apart, or counted."""
    monkeypatch.setattr(counting, "_MOST_KEYS", 2)
    tally, rows = Tally(clock), FakeRows()
    for number in range(9):
        tally.count("main", "demo", "demo-1.0.tar.gz", f"agent/{number}")
    for number in range(9):
        tally.count("main", "demo", f"demo-{number}.0.tar.gz", "agent/0")

    await writer_of(tally, rows, clock).write()

    counts = {(each.filename, each.user_agent): each.count for each in rows.added}
    assert counts == {
        ("demo-1.0.tar.gz", "agent/0"): 2,
        ("demo-1.0.tar.gz", "agent/1"): 1,
        ("demo-1.0.tar.gz", OTHER): 7,
        ("demo-0.0.tar.gz", OTHER): 1,
    }
    assert tally.uncounted == 7


async def test_what_follows_from_a_name_is_found_out_before_it_is_shortened(
    clock: FrozenClock,
) -> None:
    """`[stats] user_agents = "program"` keeps the beginning, and Python and system are right."""
    tally, rows = Tally(clock, StatsSettings(user_agents="program")), FakeRows()
    tally.count(*FILE, 'pip/24.0 {"ci":true,"python":"3.11.2","system":{"name":"Linux"}}')

    await writer_of(tally, rows, clock).write()

    client = Client("pip", "3.11", "Linux", is_ci=True)
    assert rows.added == [Counted(TODAY, *FILE, "pip/24.0", 1, client)]


async def test_mirrors_stay_apart_where_there_is_little_room(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of a program is its family."""
    monkeypatch.setattr(counting, "_MOST_KEYS", 1)
    tally, rows = Tally(clock), FakeRows()
    for agent in ("pip/1", "pip/2", "bandersnatch/8.0 (x)", "unknown/1"):
        tally.count(*FILE, agent)

    await writer_of(tally, rows, clock).write()

    counts = {each.user_agent: each.client.is_mirror for each in rows.added}
    assert counts == {"pip/1": False, "pip": False}
    assert tally.uncounted == 2


async def test_known_agents_are_found_without_another_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up to a number, after which they are found again; no text is too odd."""
    monkeypatch.setattr(counting, "_MOST_AGENTS", 2)
    agents = KnownAgents(is_whole=False)

    found = [agents.find(f"pip/{number} \udcff") for number in (1, 2, 3, 1)]

    assert [shown for shown, _ in found] == ["pip/1", "pip/2", "pip/3", "pip/1"]
    assert {client for _, client in found} == {Client("pip")}
    assert agents.find(f"{'x' * 10_000}1") is agents.find(f"{'x' * 10_000}2")


async def test_lines_of_logs_are_forgotten_with_old_days(clock: FrozenClock) -> None:
    """Also where no log was read for long."""
    forgotten: list[tuple[Instant, Instant]] = []

    class FakeLines:
        async def forget(self, lines_before: Instant, files_before: Instant) -> None:
            forgotten.append((lines_before, files_before))

    settings = StatsSettings(remember_lines_days=2, keep_days=10)
    writer = DownloadWriter(Tally(clock, settings), FakeRows(), clock, FakeLines())
    for _ in range(2):
        await writer.write()

    now = clock.now()
    assert forgotten == [(now - 2 * 86_400, now - 10 * 86_400)]
    assert old_lines(now, StatsSettings(keep_days=0))[1] == Instant(0)


async def test_nothing_is_counted_where_nobody_wants_that(clock: FrozenClock) -> None:
    """`[stats] count_downloads = false`."""
    tally, rows = Tally(clock, StatsSettings(count_downloads=False)), FakeRows()

    tally.count(*FILE, PIP)
    await writer_of(tally, rows, clock).write()

    assert not rows.added


async def test_old_days_are_forgotten_once_a_day(clock: FrozenClock) -> None:
    """Unless they are kept for ever."""
    rows = FakeRows()
    writer = writer_of(Tally(clock, StatsSettings(keep_days=10)), rows, clock)
    for _ in range(2):
        await writer.write()
    clock.forward(86_400)
    await writer.write()

    await writer_of(Tally(clock, StatsSettings(keep_days=0)), rows, clock).write()

    assert rows.forgotten == [date(2026, 9, 11), date(2026, 9, 12)]


async def test_more_days_than_there_were_are_kept(clock: FrozenClock) -> None:
    """A number that somebody writes for "ever"."""
    rows = FakeRows()

    await writer_of(Tally(clock, StatsSettings(keep_days=10**9)), rows, clock).write()

    assert rows.forgotten == [date.min]


@pytest.mark.parametrize(
    ("agent", "whole", "program"),
    [
        (PIP, PIP, "pip/24.0"),
        ("bandersnatch/8.0.0 CPython 3.11.2-final0 Linux", None, "bandersnatch/8.0.0"),
        ("Mozilla/5.0 (X11; Linux x86_64)", None, "Mozilla/5.0"),
        ("", "", ""),
    ],
)
def test_beginning_of_an_agent_is_the_program(agent: str, whole: str | None, program: str) -> None:
    """By which mirror programs are told from installers, whichever of both is kept."""
    assert shown_agent(agent, is_whole=True) == (agent if whole is None else whole)
    assert shown_agent(agent, is_whole=False) == program


def test_day_is_over_a_minute_after_midnight() -> None:
    """Until then the last counts may be on their way."""
    midnight = 86_400 * 20_000.0

    assert day_of(Instant(midnight - 1)) == date(2024, 10, 3)
    assert day_of(Instant(midnight)) == date(2024, 10, 4)
    assert not is_finished(date(2024, 10, 3), Instant(midnight + 59))
    assert is_finished(date(2024, 10, 3), Instant(midnight + 60))
