"""Failover: one column of the failure table, cell by cell."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import anyio
import pytest

from support.fakes import FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.decide.circuit import State
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import Loaded
from wheelyard.repository.failover import Failover
from wheelyard.repository.observed import DoorState
from wheelyard.repository.ranking import Ranking

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0-py3-none-any.whl"))


async def test_next_door_answers_when_first_is_down() -> None:
    """An outage of one door is invisible to the caller."""
    failover = Failover([FakeDoor(down=True), FakeDoor({FLASK: PAGE})])

    answer = await failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)
    assert answer.value == PAGE


async def test_absent_is_an_answer() -> None:
    """A 404 stops the search: a lagging mirror must not revive the project."""
    second = FakeDoor({FLASK: PAGE})
    failover = Failover([FakeDoor(), second])

    with pytest.raises(Absent):
        await failover.refresh_project(FLASK, None)

    assert second.asked == []


async def test_corrupt_asks_the_next_door() -> None:
    """What cannot be trusted from one door is asked of another."""
    corrupt = Corrupt("`flask`", expected="a", actual="b")
    failover = Failover([FakeDoor(error=corrupt), FakeDoor({FLASK: PAGE})])

    answer = await failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)


async def test_refused_stops_the_search() -> None:
    """Policy is not something to get around by asking elsewhere."""
    second = FakeDoor({FLASK: PAGE})
    failover = Failover([FakeDoor(error=Refused("`flask`", "no")), second])

    with pytest.raises(Refused):
        await failover.refresh_project(FLASK, None)

    assert second.asked == []


async def test_every_door_down_reports_each_cause() -> None:
    """The operator sees one cause per door, in the order tried."""
    failover = Failover([FakeDoor(down=True), FakeDoor(down=True)])

    with pytest.raises(Unavailable) as caught:
        await failover.refresh_project(FLASK, None)

    assert len(caught.value.causes) == 2


async def test_second_opinion_is_another_doors() -> None:
    """A door is not asked whether it was right while there is somebody else to ask."""
    first, second = FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})
    failover = Failover([first, second])
    await failover.refresh_project(FLASK, None)

    await failover.refresh_project(FLASK, None, again=True)

    assert (first.asked, second.asked) == ([FLASK], [FLASK])
    assert second.asked_again == [FLASK]


async def test_second_opinion_on_an_absence_is_another_doors() -> None:
    """F12: "it is not here" is an answer too, so the door behind it is asked."""
    first, second = FakeDoor(), FakeDoor({FLASK: PAGE})
    failover = Failover([first, second])
    with pytest.raises(Absent):
        await failover.refresh_project(FLASK, None)

    assert isinstance(await failover.refresh_project(FLASK, None, again=True), Loaded)


async def test_second_opinion_is_the_same_doors_if_no_other_answers() -> None:
    """With every other door down it is asked again itself, on a new connection."""
    first, second = FakeDoor({FLASK: PAGE}), FakeDoor(down=True)
    failover = Failover([first, second])
    await failover.refresh_project(FLASK, None)

    answer = await failover.refresh_project(FLASK, None, again=True)

    assert isinstance(answer, Loaded)
    assert first.asked_again == second.asked_again == [FLASK]


async def test_second_opinion_on_a_later_doors_answer_begins_behind_it() -> None:
    """While the first door is down, the third checks what the second said."""
    doors = [FakeDoor(down=True), FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})]
    failover = Failover(doors)
    await failover.refresh_project(FLASK, None)

    await failover.refresh_project(FLASK, None, again=True)

    assert [door.asked_again for door in doors] == [[], [], [FLASK]]


# --- the best door first -------------------------------------------------------------------------


@dataclass(slots=True)
class Ranked:
    """Two doors and what is known of them; nothing is asked behind unless the test does it."""

    doors: list[FakeDoor]
    states: list[DoorState] = field(default_factory=lambda: [DoorState("", ""), DoorState("", "")])
    spawned: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)
    failover: Failover = field(init=False)

    def __post_init__(self) -> None:
        """Rank the doors by their states."""
        ranking = Ranking(self.states, FrozenClock(), self.spawned.append)
        self.failover = Failover(self.doors, ranking)

    async def saved_up(self) -> None:
        """Have asked so much, in no time, that a hedge may be made after a moment."""
        for _ in range(40):
            await self.failover.refresh_projects(None)
        self.states[0].recent.extend([0.0] * 60)
        for door in self.doors:
            door.asked.clear()


async def test_door_that_is_out_is_asked_behind() -> None:
    """Nobody waits for it while another door answers."""
    ranked = Ranked([FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})])
    ranked.states[0].circuit = State.OPEN

    await ranked.failover.refresh_project(FLASK, None)

    assert [door.asked for door in ranked.doors] == [[], [FLASK]]
    assert len(ranked.spawned) == 1


async def test_absence_at_a_door_that_is_behind_is_confirmed_at_one_more() -> None:
    """A project that is new is not missing because a mirror has not heard of it."""
    ranked = Ranked([FakeDoor(), FakeDoor({FLASK: PAGE})])
    ranked.states[0].is_behind = ranked.states[1].is_behind = True

    answer = await ranked.failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)
    assert [door.asked for door in ranked.doors] == [[FLASK], [FLASK]]


async def test_absence_at_two_doors_that_are_behind_is_one() -> None:
    """Two that say the same are believed."""
    ranked = Ranked([FakeDoor(), FakeDoor()])
    ranked.states[0].is_behind = ranked.states[1].is_behind = True

    with pytest.raises(Absent):
        await ranked.failover.refresh_project(FLASK, None)


async def test_absence_that_nobody_confirms_is_no_absence() -> None:
    """In doubt the answer is never "it is not here"."""
    ranked = Ranked([FakeDoor(down=True), FakeDoor()])
    ranked.states[1].is_behind = True

    with pytest.raises(Unavailable) as caught:
        await ranked.failover.refresh_project(FLASK, None)

    assert len(caught.value.causes) == 2


async def test_no_door_to_this_index_is_an_outage() -> None:
    """What is not used cannot say that something is not there."""
    ranked = Ranked([FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})])
    for state in ranked.states:
        state.difference = "it is another"

    with pytest.raises(Unavailable, match="no door leads to this index"):
        await ranked.failover.refresh_project(FLASK, None)


async def test_late_answer_is_overtaken_by_the_next_door() -> None:
    """A hedge: the slow door is noted to be slow, and who answered is who is checked later."""
    ranked = Ranked([FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})])
    await ranked.saved_up()
    ranked.doors[0].gate = anyio.Event()

    with anyio.fail_after(180):
        answer = await ranked.failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)
    assert [door.asked for door in ranked.doors] == [[FLASK], [FLASK]]
    assert ranked.states[0].recent[-1] >= 0.05


async def test_hedge_that_fails_is_not_asked_again() -> None:
    """Both were asked; the search goes on behind them, and here it ends."""
    ranked = Ranked([FakeDoor(), FakeDoor(down=True)])
    await ranked.saved_up()
    ranked.doors[0].gate = anyio.Event()

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            errors: list[WheelyardError] = []

            async def ask() -> None:
                try:
                    await ranked.failover.refresh_project(FLASK, None)
                except WheelyardError as error:
                    errors.append(error)

            tasks.start_soon(ask)
            while not ranked.doors[1].asked:
                await anyio.wait_all_tasks_blocked()
            ranked.doors[0].gate.set()

    assert isinstance(errors[0], Absent)
    assert [door.asked for door in ranked.doors] == [[FLASK], [FLASK]]


async def test_files_come_from_the_best_door_first() -> None:
    """What is known of the doors counts for bytes too."""
    file = PAGE.files[0]
    ranked = Ranked([FakeDoor(files={file.filename: b"content"}) for _ in range(2)])
    ranked.states[0].circuit = State.OPEN

    blob = await ranked.failover.file(FileRef(FLASK, file))

    assert b"".join([chunk async for chunk in blob.read()]) == b"content"
    assert [door.asked for door in ranked.doors] == [[], [file.filename]]
