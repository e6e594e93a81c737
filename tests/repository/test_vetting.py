"""Vetting: which doors lead to the same index, and whose copy of it is behind."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio
import pytest

from support.fakes import FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.circuit import State
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.repository.observed import DoorState
from wheelyard.repository.vetting import Candidate, Vetting

pytestmark = pytest.mark.anyio

FIRST, SECOND = "https://first.example/simple/", "https://second.example/simple/"
MAX_LAG = 86_400.0


def page(name: str, *versions: str, serial: int | None = None, content: bytes = b"x") -> Project:
    """Return a page with one file per version."""
    files = [make_file(f"{name}-{version}.tar.gz", content) for version in versions]
    return make_project(name, *files, serial=serial)


DEMO, OTHER = page("demo", "1.0", "2.0"), page("other", "1.0")


@dataclass(slots=True)
class Bench:
    """Two doors, what is held of the first, and when the doors say that their copies were made."""

    clock: FrozenClock
    doors: list[FakeDoor] = field(default_factory=list)
    states: list[DoorState] = field(default_factory=list)
    held: list[Project] = field(default_factory=lambda: [DEMO, OTHER])
    wanted: list[tuple[str, ...]] = field(default_factory=list)
    ages: list[float | None] = field(default_factory=lambda: [None, None])
    vetting: Vetting = field(init=False)

    def __post_init__(self) -> None:
        """Begin with two doors that have what is held."""
        for url in (FIRST, SECOND):
            self.doors.append(FakeDoor({page.name: page for page in self.held}, name=url))
        self.states = [DoorState("main", FIRST), DoorState("main", SECOND)]
        candidates = [
            Candidate(self.doors[number], self.states[number], (url,), self._made_at(number))
            for number, url in enumerate((FIRST, SECOND))
        ]
        self.vetting = Vetting(candidates, self._known, self.clock, MAX_LAG)

    async def _known(self, urls: Sequence[str]) -> Sequence[Project]:
        self.wanted.append(tuple(urls))
        return self.held

    def _made_at(self, number: int) -> Callable[[], Awaitable[Instant | None]]:
        async def ask() -> Instant | None:
            age = self.ages[number]
            return None if age is None else Instant(self.clock.now() - age)

        return ask


@pytest.fixture
def bench(clock: FrozenClock) -> Bench:
    """Return a bench."""
    return Bench(clock)


# --- before the first use ------------------------------------------------------------------------


async def test_first_door_is_what_the_index_is(bench: Bench) -> None:
    """It is compared with nothing before it is used."""
    bench.doors[0].pages.clear()

    await bench.vetting.admit(0, "`demo`")

    assert bench.doors[0].asked == []


async def test_door_to_the_same_index_is_admitted_and_compared_once(bench: Bench) -> None:
    """With what the doors before it gave, and whoever asks first waits for it."""
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(bench.vetting.admit, 1, "`demo`")

    assert bench.doors[1].asked == ["demo", "other"]
    assert bench.wanted == [(FIRST,)]


async def test_door_to_another_index_is_refused_for_good(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The sentence says what is different; it is logged once."""
    bench.doors[1].pages["demo"] = page("demo", "1.0", "2.0", content=b"other")

    for _ in range(2):
        with pytest.raises(
            Unavailable, match=r"a door to a different index: `demo-1\.0\.tar\.gz` has"
        ):
            await bench.vetting.admit(1, "`demo`")

    assert bench.states[1].difference == "`demo-1.0.tar.gz` has another digest there"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_door_that_knows_nothing_of_ours_is_refused(bench: Bench) -> None:
    """Its "not here" would be an answer otherwise, for everything, while the first is out."""
    bench.doors[1].pages.clear()

    with pytest.raises(Unavailable, match="it knows nothing of `demo`, `other`"):
        await bench.vetting.admit(1, "`demo`")


async def test_nothing_to_compare_with_admits_until_there_is(bench: Bench) -> None:
    """A fresh data directory has to begin somewhere."""
    bench.held = []
    await bench.vetting.admit(1, "`demo`")
    bench.held = [page("demo", "1.0", content=b"other")]

    with pytest.raises(Unavailable, match="a different index"):
        await bench.vetting.admit(1, "`demo`")


async def test_door_that_cannot_be_compared_is_not_used(bench: Bench) -> None:
    """Nobody can tell which index it leads to."""
    bench.doors[1].down = True

    with pytest.raises(Unavailable, match="refused"):
        await bench.vetting.admit(1, "`demo`")

    assert bench.states[1].difference == ""


# --- once a minute -------------------------------------------------------------------------------


async def test_equal_doors_have_nothing_against_them(bench: Bench) -> None:
    """Each is asked for the same pages, and how long that took is noted."""
    await bench.vetting.compare_all()

    assert [(state.difference, state.is_behind) for state in bench.states] == [("", False)] * 2
    assert [door.asked for door in bench.doors] == [["demo", "other"]] * 2
    assert [len(state.recent) for state in bench.states] == [2, 2]


async def test_pages_are_asked_for_conditionally(bench: Bench) -> None:
    """A minute later nothing has changed, and nothing is sent."""
    for door in bench.doors:
        door.etag = '"1"'

    await bench.vetting.compare_all()
    await bench.vetting.compare_all()

    shown = bench.doors[1].shown
    assert shown[:2] == [None, None]
    assert [held.etag for held in shown[2:] if held is not None] == ['"1"', '"1"']
    assert not bench.states[1].is_behind


@pytest.mark.parametrize("number", [0, 1])
async def test_door_that_lacks_what_the_other_has_is_behind(bench: Bench, number: int) -> None:
    """A-21: whichever it is; and it is not any more when it has caught up."""
    bench.doors[number].pages |= {"demo": page("demo", "1.0")}
    await bench.vetting.compare_all()
    behind = [state.is_behind for state in bench.states]
    bench.doors[number].pages |= {"demo": DEMO}

    await bench.vetting.compare_all()

    assert behind == [number == 0, number == 1]
    assert [state.is_behind for state in bench.states] == [False, False]
    assert bench.vetting.is_behind((FIRST, SECOND)[number]) is False


async def test_door_with_lower_serials_is_behind(bench: Bench) -> None:
    """Once it has shown that its serials are those of the first."""
    for door in bench.doors:
        door.pages |= {"demo": page("demo", "1.0", serial=7)}
    await bench.vetting.compare_all()
    hands_on = bench.vetting.hands_serials_on(1)
    bench.doors[0].pages |= {"demo": page("demo", "1.0", serial=9)}

    await bench.vetting.compare_all()

    assert hands_on
    assert [state.is_behind for state in bench.states] == [False, True]
    assert bench.vetting.is_behind(SECOND)


async def test_serials_of_another_count_make_nobody_behind(bench: Bench) -> None:
    """An index of another kind counts for itself, higher or lower."""
    bench.doors[0].pages |= {"demo": page("demo", "1.0", serial=9)}
    bench.doors[1].pages |= {"demo": page("demo", "1.0", serial=90_000)}

    await bench.vetting.compare_all()

    assert not bench.vetting.hands_serials_on(1)
    assert [state.is_behind for state in bench.states] == [False, False]


@pytest.mark.parametrize("number", [0, 1])
async def test_copy_that_says_that_it_is_old_is_behind(bench: Bench, number: int) -> None:
    """A-21: by ``/last-modified``, whatever its pages say."""
    bench.ages[number] = MAX_LAG + 1

    await bench.vetting.compare_all()

    assert [state.is_behind for state in bench.states] == [number == 0, number == 1]


async def test_copy_of_today_is_not_behind(bench: Bench) -> None:
    """A mirror is synchronised from time to time."""
    bench.ages = [MAX_LAG, None]

    await bench.vetting.compare_all()

    assert not bench.states[0].is_behind


async def test_other_index_makes_nobody_behind(bench: Bench) -> None:
    """What it has is no measure, also in the round in which it is found out."""
    more = page("demo", "1.0", "2.0", "3.0", content=b"other")
    bench.doors[1].pages |= {"demo": more}

    await bench.vetting.compare_all()

    assert bench.states[1].difference
    assert not bench.states[0].is_behind


async def test_door_that_has_become_the_same_index_is_used_again(bench: Bench) -> None:
    """A configuration was corrected behind that address."""
    right = dict(bench.doors[1].pages)
    bench.doors[1].pages.clear()
    await bench.vetting.compare_all()
    found = bench.states[1].difference
    bench.doors[1].pages = right

    await bench.vetting.compare_all()
    await bench.vetting.admit(1, "`demo`")

    assert found
    assert bench.states[1].difference == ""


async def test_door_that_is_out_is_left_as_it_is(bench: Bench) -> None:
    """It is not asked, and nothing is held against it."""
    bench.states[1].circuit = State.OPEN
    bench.doors[0].down = True

    await bench.vetting.compare_all()

    assert bench.doors[1].asked == []
    assert [state.is_behind for state in bench.states] == [False, False]


async def test_rounds_go_on_while_doors_are_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a minute; an idle server asks nobody anything."""
    waits: list[float] = []
    rounds = [False, True, False]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > len(rounds):
            raise TimeoutError
        if rounds[len(waits) - 1]:
            bench.states[0].outcomes["2xx"] += 1

    monkeypatch.setattr(anyio, "sleep", sleep)

    with pytest.raises(TimeoutError):
        await bench.vetting.run()

    assert waits == [5.0, 60.0, 60.0, 60.0]
    assert bench.doors[0].asked == ["demo", "other"] * 2
