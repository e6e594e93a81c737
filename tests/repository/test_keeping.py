"""The flow of what is asked once and used for a while."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.fakes import DOOR, FakeKeeper, make_deck
from wheelyard.blobs import WaitingRoom
from wheelyard.clock import FrozenClock
from wheelyard.decide.freshness import Rules
from wheelyard.errors import Absent, Unavailable
from wheelyard.repository.base import Kept, Loaded, Unchanged, Validators
from wheelyard.repository.believing import Losses
from wheelyard.repository.flights import Flights
from wheelyard.repository.keeping import Keeping, KeepingRules

pytestmark = pytest.mark.anyio

DOWN = Unavailable("`x`", "refused: nobody listens there")
GONE = Absent("`x`")
RULES = KeepingRules(Rules(max_seconds=600, renew_behind_seconds=300))


def news(text: str, lifetime: float | None = None) -> Loaded[str]:
    """Return an answer of the door."""
    return Loaded(text, Validators(DOOR), lifetime)


class Bench:
    """A flow over a fake keeper."""

    def __init__(self, clock: FrozenClock, keeper: FakeKeeper, keeping: Keeping[str]) -> None:
        self.clock = clock
        self.keeper = keeper
        self.keeping = keeping


@pytest.fixture
async def bench(clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a flow whose flights end with the test."""
    async with anyio.create_task_group() as tasks:
        keeper = FakeKeeper(clock)
        flights: Flights[Kept[str]] = Flights(make_deck(tasks, tmp_path), "text")
        yield Bench(clock, keeper, Keeping(keeper, flights, RULES, clock))
        tasks.cancel_scope.cancel()


async def test_first_question_is_asked_and_kept(bench: Bench) -> None:
    """What nobody has is fetched, and said to be a miss."""
    bench.keeper.answers = [news("one")]

    answered = await bench.keeping.get("x")

    assert (answered.value, answered.known.how) == ("one", "miss")
    assert bench.keeper.held["x"].value == "one"


async def test_fresh_is_used_without_asking(bench: Bench) -> None:
    """A held answer within its lifetime costs no question."""
    bench.keeper.answers = [news("one")]
    await bench.keeping.get("x")
    bench.clock.forward(599)

    answered = await bench.keeping.get("x")

    assert (answered.value, answered.known.how) == ("one", "hit")
    assert bench.keeper.asked == ["x"]


async def test_a_little_old_is_used_and_renewed_behind(bench: Bench) -> None:
    """Nobody waits for a page that is a little too old."""
    bench.keeper.answers = [news("one"), news("two")]
    await bench.keeping.get("x")
    bench.clock.forward(601)

    answered = await bench.keeping.get("x")
    await anyio.wait_all_tasks_blocked()
    while bench.keeper.held["x"].value != "two":
        await anyio.lowlevel.checkpoint()

    assert answered.value == "one"
    assert bench.keeper.asked == ["x", "x"]


async def test_old_is_asked_for_and_an_unchanged_answer_confirms_it(bench: Bench) -> None:
    """An unchanged page is fresh again, with its old revision."""
    bench.keeper.answers = [news("one"), Unchanged(DOOR)]
    first = await bench.keeping.get("x")
    bench.clock.forward(10_000)

    answered = await bench.keeping.get("x")

    assert (answered.value, answered.known.how) == ("one", "renewed")
    assert answered.known.revision == first.known.revision
    assert answered.known.checked_at == bench.clock.now()


async def test_old_is_used_stale_when_nobody_answers(bench: Bench) -> None:
    """An outage costs freshness and nothing else."""
    bench.keeper.answers = [news("one"), DOWN]
    await bench.keeping.get("x")
    bench.clock.forward(10_000)

    answered = await bench.keeping.get("x")

    assert (answered.value, answered.known.how) == ("one", "stale")


async def test_an_outage_costs_patience_once(bench: Bench) -> None:
    """For a while after a failure nobody is made to wait for the same again."""
    bench.keeper.answers = [news("one"), DOWN]
    await bench.keeping.get("x")
    bench.clock.forward(10_000)
    await bench.keeping.get("x")

    answered = await bench.keeping.get("x")

    assert answered.known.how == "stale"
    assert bench.keeper.asked == ["x", "x"]


async def test_nothing_held_and_nobody_answers_is_unavailable(bench: Bench) -> None:
    """Nobody is told "it does not exist" because somebody could not answer."""
    bench.keeper.answers = [DOWN]

    with pytest.raises(Unavailable):
        await bench.keeping.get("x")


async def test_absent_is_remembered_for_a_while_only(bench: Bench) -> None:
    """A first release shows soon; until then a flood of one name costs one question."""
    bench.keeper.answers = [GONE, news("one")]
    for _ in range(2):
        with pytest.raises(Absent):
            await bench.keeping.get("x")
    bench.clock.forward(RULES.negative_seconds)

    answered = await bench.keeping.get("x")

    assert answered.value == "one"
    assert bench.keeper.asked == ["x", "x"]


async def test_loss_of_what_is_held_is_believed_after_a_second_reading(bench: Bench) -> None:
    """One 404 for a known project may be an accident; two in one flight are news."""
    bench.keeper.answers = [news("one"), GONE, GONE]
    await bench.keeping.get("x")
    bench.clock.forward(10_000)

    with pytest.raises(Absent):
        await bench.keeping.get("x")

    assert bench.keeper.held == {}


async def test_loss_that_is_not_confirmed_is_not_believed(bench: Bench) -> None:
    """An upstream that contradicts itself does not take a project away."""
    bench.keeper.answers = [news("one"), GONE, news("two")]
    await bench.keeping.get("x")
    bench.clock.forward(10_000)

    answered = await bench.keeping.get("x")

    assert (answered.value, answered.known.how) == ("one", "stale")


async def test_loss_that_is_not_confirmed_is_asked_about_in_a_minute(
    clock: FrozenClock, tmp_path: Path
) -> None:
    """What was good serves on, and two readings a minute are enough."""
    losses: Losses[str] = Losses(
        lambda before, after: len(after) < len(before), lambda _: False, lambda one, two: one == two
    )
    async with anyio.create_task_group() as tasks:
        keeper = FakeKeeper(clock)
        flights: Flights[Kept[str]] = Flights(make_deck(tasks, tmp_path), "text")
        keeping = Keeping(keeper, flights, replace(RULES, pause_seconds=0), clock, losses)
        keeper.answers = [news("one"), news(""), news("one")]
        await keeping.get("x")
        clock.forward(10_000)
        await keeping.get("x")

        answered = await keeping.get("x")

        tasks.cancel_scope.cancel()
    assert (answered.value, answered.known.how) == ("one", "stale")
    assert keeper.asked_again == ["x"]
    assert keeper.held["x"].value == "one"


async def test_loss_that_is_confirmed_is_kept(clock: FrozenClock, tmp_path: Path) -> None:
    """Two readings that say the same are news, and one answer to the client."""
    losses: Losses[str] = Losses(
        lambda before, after: len(after) < len(before), lambda _: False, lambda one, two: one == two
    )
    async with anyio.create_task_group() as tasks:
        keeper = FakeKeeper(clock)
        flights: Flights[Kept[str]] = Flights(make_deck(tasks, tmp_path), "text")
        keeping = Keeping(keeper, flights, RULES, clock, losses)
        keeper.answers = [news("one"), news(""), news("")]
        await keeping.get("x")
        clock.forward(10_000)

        answered = await keeping.get("x")

        tasks.cancel_scope.cancel()
    assert (answered.value, answered.known.how) == ("", "miss")
    assert keeper.held["x"].value == ""


async def test_many_callers_cost_one_question(bench: Bench) -> None:
    """Whoever asks while the question is on its way gets the same answer."""
    bench.keeper.answers = [news("one")]
    bench.keeper.gate = anyio.Event()
    values: list[str] = []

    async def ask() -> None:
        values.append((await bench.keeping.get("x")).value)

    async with anyio.create_task_group() as callers:
        for _ in range(20):
            callers.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        bench.keeper.gate.set()

    assert values == ["one"] * 20
    assert bench.keeper.asked == ["x"]


async def test_a_caller_that_leaves_does_not_end_the_question(bench: Bench) -> None:
    """What a client began is kept for the next one."""
    bench.keeper.answers = [news("one")]
    bench.keeper.gate = anyio.Event()
    with anyio.move_on_after(0):
        await bench.keeping.get("x")
    bench.keeper.gate.set()

    answered = await bench.keeping.get("x")

    assert answered.value == "one"
    assert bench.keeper.asked == ["x"]


async def test_a_clock_set_back_does_not_make_pages_eternal(bench: Bench) -> None:
    """A page from the future is asked for again."""
    bench.keeper.answers = [news("one"), news("two")]
    await bench.keeping.get("x")
    bench.clock.forward(-50_000)

    answered = await bench.keeping.get("x")

    assert answered.value == "two"


async def test_renew_asks_even_when_fresh(bench: Bench) -> None:
    """Somebody who knows better can have a page read again."""
    bench.keeper.answers = [news("one"), news("two")]
    await bench.keeping.get("x")

    answered = await bench.keeping.renew("x")

    assert answered.value == "two"


@pytest.mark.parametrize(("asked_seconds", "questions"), [(None, 3), (60.0, 2)])
async def test_upstream_that_asks_for_a_pause_gets_it(
    clock: FrozenClock, tmp_path: Path, asked_seconds: float | None, questions: int
) -> None:
    """What is held serves meanwhile. Without such a wish it is asked as our own rules say."""
    async with anyio.create_task_group() as tasks:
        keeper = FakeKeeper(clock)
        flights: Flights[Kept[str]] = Flights(make_deck(tasks, tmp_path), "text")
        keeping = Keeping(keeper, flights, replace(RULES, pause_seconds=0), clock)
        busy = Unavailable("`x`", "too many requests", retry_seconds=asked_seconds)
        keeper.answers = [news("one"), busy, busy]
        await keeping.get("x")
        clock.forward(9_999)
        await keeping.get("x")

        answered = await keeping.get("x")

        tasks.cancel_scope.cancel()
    assert (answered.value, answered.known.how) == ("one", "stale")
    assert len(keeper.asked) == questions


async def test_cold_question_that_fails_is_repeated_from_memory(bench: Bench) -> None:
    """Retries beyond the budget cost upstream nothing; who comes back later is asked for again."""
    bench.keeper.answers = [DOWN] * 100
    for _ in range(50):
        with pytest.raises(Unavailable, match="refused"):
            await bench.keeping.get("x")

    assert len(bench.keeper.asked) == 1 + 1 + 10


async def test_question_that_is_answered_again_is_a_first_one(bench: Bench) -> None:
    """What failed before is forgotten with the first answer."""
    bench.keeper.answers = [DOWN, news("one")]
    with pytest.raises(Unavailable):
        await bench.keeping.get("x")

    answered = await bench.keeping.get("x")

    assert answered.value == "one"


async def test_overload_gives_out_old_copies_and_sends_the_rest_away(
    clock: FrozenClock, tmp_path: Path
) -> None:
    """No place to wait is no reason to have a client wait that could be served."""
    async with anyio.create_task_group() as tasks:
        keeper = FakeKeeper(clock)
        room = WaitingRoom(1)
        deck = replace(make_deck(tasks, tmp_path), waiting=room)
        keeping = Keeping(keeper, Flights[Kept[str]](deck, "text"), RULES, clock)
        keeper.answers = [news("one")]
        await keeping.get("held")
        room.enter("`somebody else`")

        behind = await after(clock, 601, keeping)
        old = await after(clock, 10_000, keeping)
        with pytest.raises(Unavailable, match="others wait"):
            await keeping.get("cold")
        tasks.cancel_scope.cancel()

    assert (behind, old) == ("hit", "stale")
    assert keeper.asked == ["held"]


async def after(clock: FrozenClock, seconds: float, keeping: Keeping[str]) -> str:
    """Return how what is held is given out after a time."""
    clock.forward(seconds)
    return (await keeping.get("held")).known.how


async def test_believed_answer_is_kept_whatever_is_held(bench: Bench) -> None:
    """An operator's word stands behind it: asked past every cache, and used from then on."""
    bench.keeper.answers = [news("one"), news("two")]
    await bench.keeping.get("x")

    answered = await bench.keeping.believe("x")

    assert (answered.value, answered.known.how) == ("two", "miss")
    assert (await bench.keeping.get("x")).value == "two"


async def test_believed_absence_forgets_what_is_held(bench: Bench) -> None:
    """After one reading; otherwise it takes two."""
    bench.keeper.answers = [news("one"), GONE]
    await bench.keeping.get("x")

    with pytest.raises(Absent):
        await bench.keeping.believe("x")

    assert "x" not in bench.keeper.held


async def test_what_is_held_stays_if_there_is_nobody_to_believe(bench: Bench) -> None:
    """An outage says nothing."""
    bench.keeper.answers = [news("one"), DOWN]
    await bench.keeping.get("x")

    with pytest.raises(Unavailable):
        await bench.keeping.believe("x")

    assert bench.keeper.held["x"].value == "one"
