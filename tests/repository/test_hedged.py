"""Two questions of which one answer is enough."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import pytest

from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.repository.hedged import Race, first_answer

pytestmark = pytest.mark.anyio

DOWN = Unavailable("`x`", "refused: nobody listens there")
GONE = Absent("`x`")
AT_ONCE, NEVER = 0.0, 3_600.0


@dataclass(slots=True)
class Doors:
    """Two doors, each with an answer that comes when its gate opens, and what became of them."""

    answers: tuple[str | WheelyardError, str | WheelyardError]
    gates: tuple[anyio.Event, anyio.Event] = field(
        default_factory=lambda: (anyio.Event(), anyio.Event())
    )
    asked: list[int] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    hedges: list[None] = field(default_factory=list)

    def race(self) -> Race[str]:
        """Return the race between the doors."""
        return Race(
            [self._question(0), self._question(1)],
            is_final=lambda error: isinstance(error, Absent),
            begins=lambda: self.hedges.append(None),
        )

    def _question(self, number: int) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            self.asked.append(number)
            try:
                await self.gates[number].wait()
            except anyio.get_cancelled_exc_class():
                self.cancelled.append(number)
                raise
            answer = self.answers[number]
            if isinstance(answer, WheelyardError):
                raise answer
            return answer

        return ask


async def run(doors: Doors, after_seconds: float, *opened: int) -> Race[str]:
    """Return the race after these gates were opened, one after the other."""
    race = doors.race()
    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first_answer, race, after_seconds)
            for number in opened:
                await anyio.wait_all_tasks_blocked()
                doors.gates[number].set()
    return race


async def test_answer_in_time_is_alone() -> None:
    """Nobody else is asked."""
    doors = Doors(("first", "second"))

    race = await run(doors, NEVER, 0)

    assert race.values == {0: "first"}
    assert (doors.asked, doors.hedges) == ([0], [])


async def test_failure_in_time_is_alone_too() -> None:
    """Who asks next is for the caller to say."""
    doors = Doors((DOWN, "second"))

    race = await run(doors, NEVER, 0)

    assert (race.values, race.errors) == ({}, {0: DOWN})
    assert doors.asked == [0]


async def test_second_answers_when_the_first_is_late() -> None:
    """The loser is cancelled, and the hedge is counted."""
    doors = Doors(("first", "second"))

    race = await run(doors, AT_ONCE, 1)

    assert race.values == {1: "second"}
    assert (doors.cancelled, len(doors.hedges)) == ([0], 1)


async def test_first_may_still_win() -> None:
    """Late is not never."""
    doors = Doors(("first", "second"))

    race = await run(doors, AT_ONCE, 0)

    assert race.values == {0: "first"}
    assert doors.cancelled == [1]


@pytest.mark.parametrize("opened", [(0, 1), (1, 0)])
async def test_failure_waits_for_the_other(opened: tuple[int, int]) -> None:
    """One door that is down does not end the race for the other."""
    fails = opened[0]
    doors = Doors((DOWN, "second") if fails == 0 else ("first", DOWN))

    race = await run(doors, AT_ONCE, *opened)

    assert race.errors == {fails: DOWN}
    assert list(race.values) == [1 - fails]


async def test_absence_at_the_second_waits_for_the_first() -> None:
    """The first door knows best what there is; the second may be behind."""
    doors = Doors(("first", GONE))

    race = await run(doors, AT_ONCE, 1, 0)

    assert race.values == {0: "first"}


async def test_absence_at_the_first_is_an_answer() -> None:
    """Nobody waits for a second one."""
    doors = Doors((GONE, "second"))

    race = await run(doors, AT_ONCE, 0)

    assert (race.values, race.errors) == ({}, {0: GONE})
    assert doors.cancelled == [1]


async def test_two_failures_are_both_told() -> None:
    """One cause per door."""
    doors = Doors((DOWN, GONE))

    race = await run(doors, AT_ONCE, 1, 0)

    assert (race.values, race.errors) == ({}, {0: DOWN, 1: GONE})
