"""Ranking: who is asked first, who behind, and who beside."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import anyio
import pytest

from wheelyard.clock import FrozenClock
from wheelyard.decide.circuit import State
from wheelyard.errors import Unavailable
from wheelyard.repository.observed import DoorState
from wheelyard.repository.ranking import Question, Ranking, unranked

pytestmark = pytest.mark.anyio

SLOW, FAST = 2.0, 0.01


@dataclass(slots=True)
class Bench:
    """Two doors' states, a ranking, and what it wants to have done behind."""

    clock: FrozenClock
    states: list[DoorState] = field(default_factory=list)
    spawned: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    ranking: Ranking = field(init=False)

    def __post_init__(self) -> None:
        """Begin with two doors of which nothing is known."""
        self.states = [DoorState("one", "one"), DoorState("two", "two")]
        self.ranking = Ranking(self.states, self.clock, self.spawned.append)

    def took(self, number: int, seconds: float, times: int = 20) -> None:
        """Have a door answer so many times."""
        for _ in range(times):
            self.ranking.note_seconds(number, seconds)

    def look_behind(self) -> None:
        """Have the doors looked at that are not asked first."""
        self.ranking.look_behind(self.ranking.order(), self._question)

    def _question(self, number: int) -> Question:
        async def ask() -> None:
            self.asked.append(number)
            raise Unavailable("`x`", "refused: nobody listens there")

        return ask

    def spend_nothing(self, times: int = 100) -> None:
        """Have so many questions asked once, which saves up for hedges."""
        for _ in range(times):
            self.ranking.hedge(self.ranking.order())


@pytest.fixture
def bench(clock: FrozenClock) -> Bench:
    """Return a bench."""
    return Bench(clock)


def test_doors_of_which_nothing_is_known_are_asked_as_they_stand(bench: Bench) -> None:
    """The operator's order."""
    assert bench.ranking.order() == unranked(2).order() == (0, 1)


@pytest.mark.parametrize("state", [State.OPEN, State.HALF_OPEN])
def test_door_that_is_out_comes_last(bench: Bench, state: State) -> None:
    """Also while it has to show that it is back."""
    bench.states[0].circuit = state

    assert bench.ranking.order() == (1, 0)


def test_door_that_is_behind_comes_last(bench: Bench) -> None:
    """A-21."""
    bench.states[0].is_behind = True

    assert bench.ranking.order() == (1, 0)
    assert (bench.ranking.is_behind(0), bench.ranking.is_behind(1)) == (True, False)


def test_other_index_is_not_asked(bench: Bench) -> None:
    """Whatever else is out."""
    bench.states[0].circuit = State.OPEN
    bench.states[1].difference = "it knows nothing of `demo`"

    assert bench.ranking.order() == (0,)


def test_slow_door_comes_last(bench: Bench) -> None:
    """By what its last answers took."""
    bench.took(0, SLOW)
    bench.took(1, FAST)

    assert bench.ranking.order() == (1, 0)


def test_only_answers_are_timed(bench: Bench) -> None:
    """A refusal comes fast, and is no sign of speed."""
    with bench.ranking.timing(0):
        pass
    with pytest.raises(Unavailable), bench.ranking.timing(0):
        raise Unavailable("`x`", "refused: nobody listens there")

    assert len(bench.states[0].recent) == 1


# --- behind --------------------------------------------------------------------------------------


def test_good_doors_are_not_asked_behind(bench: Bench) -> None:
    """Nobody is asked for nothing."""
    bench.look_behind()

    assert bench.spawned == []


def test_door_that_is_out_is_asked_behind_by_one_task(bench: Bench) -> None:
    """However many clients come."""
    bench.states[0].circuit = State.OPEN

    bench.look_behind()
    bench.look_behind()

    assert len(bench.spawned) == 1


def test_nobody_is_asked_behind_while_every_door_is_out(bench: Bench) -> None:
    """Then the question of whoever comes is the probe."""
    bench.states[0].circuit = bench.states[1].circuit = State.OPEN

    bench.look_behind()

    assert bench.spawned == []


async def test_probe_asks_until_the_door_is_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a second, with the question that was asked last; the answer is nobody's."""
    bench.states[0].circuit = State.OPEN
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            bench.states[0].circuit = State.CLOSED

    monkeypatch.setattr(anyio, "sleep", sleep)
    bench.look_behind()

    await bench.spawned[0]()

    assert bench.asked == [0, 0, 0]
    assert waits == [1.0, 1.0, 1.0]


async def test_probe_asks_the_newest_question_of_each_kind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages and files may be on two hosts, of which one is out."""
    bench.states[0].circuit = State.OPEN
    asked: list[str] = []

    def question(text: str) -> Callable[[int], Question]:
        async def ask() -> None:
            asked.append(text)

        return lambda _: ask

    async def sleep(_: float) -> None:
        bench.states[0].circuit = State.CLOSED

    monkeypatch.setattr(anyio, "sleep", sleep)
    order = bench.ranking.order()
    for text, kind in [("old", "page"), ("page", "page"), ("file", "file")]:
        bench.ranking.look_behind(order, question(text), kind)

    await bench.spawned[0]()

    assert asked == ["page", "file"]


async def test_probe_ends_when_nobody_wants_anything(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An idle server leaves a dead upstream alone; the next question begins anew."""
    bench.states[0].circuit = State.OPEN

    async def sleep(seconds: float) -> None:
        bench.clock.forward(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    bench.look_behind()

    await bench.spawned[0]()
    bench.look_behind()

    assert len(bench.asked) == 15
    assert len(bench.spawned) == 2


async def test_slow_door_is_measured_once_a_minute(bench: Bench) -> None:
    """Nobody would notice otherwise that it is fast again."""
    bench.took(0, SLOW)
    bench.took(1, FAST)

    bench.look_behind()
    bench.clock.forward(59)
    bench.look_behind()
    first = len(bench.spawned)
    bench.clock.forward(1)
    bench.look_behind()
    for ask in bench.spawned:
        await ask()

    assert (first, len(bench.spawned)) == (1, 2)
    assert bench.asked == [0, 0]


# --- beside --------------------------------------------------------------------------------------


def test_late_is_known_after_some_answers(bench: Bench) -> None:
    """Before that nobody is asked twice."""
    bench.spend_nothing()
    before = bench.ranking.hedge((0, 1))
    bench.took(0, 0.3)

    assert before is None
    assert bench.ranking.hedge((0, 1)) == 0.3


def test_hedges_are_bounded(bench: Bench) -> None:
    """A twentieth of the questions, and five saved up at most."""
    bench.took(0, 0.3)
    bench.spend_nothing(1_000)

    hedged = 0
    while bench.ranking.hedge((0, 1)) is not None:
        bench.ranking.note_hedged()
        hedged += 1

    assert hedged == 5


@pytest.mark.parametrize(
    ("number", "field_name", "value"),
    [
        pytest.param(0, "circuit", State.OPEN, id="the first is out"),
        pytest.param(1, "circuit", State.HALF_OPEN, id="the second is not back yet"),
        pytest.param(1, "is_behind", True, id="the second is behind"),
        pytest.param(0, "wants_peace", True, id="the first asked for patience"),
        pytest.param(1, "wants_peace", True, id="the second asked for patience"),
    ],
)
def test_nobody_is_hedged_while_a_door_is_not_well(
    bench: Bench, number: int, field_name: str, value: object
) -> None:
    """A door that asks for patience must not have its questions put to the others as well."""
    bench.took(0, 0.3)
    bench.spend_nothing()
    setattr(bench.states[number], field_name, value)

    assert bench.ranking.hedge((0, 1)) is None


def test_one_door_has_nobody_beside_it(bench: Bench) -> None:
    """There is nobody to ask."""
    bench.took(0, 0.3)
    bench.spend_nothing()

    assert bench.ranking.hedge((0,)) is None
