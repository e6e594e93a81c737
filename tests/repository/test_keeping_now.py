"""Asking now, whatever is held: for whoever fills ahead of need."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from support.fakes import DOOR, FakeKeeper, make_deck
from wheelyard.clock import FrozenClock
from wheelyard.decide.freshness import Rules
from wheelyard.errors import Absent, Unavailable
from wheelyard.repository.base import Kept, Loaded, Unchanged, Validators
from wheelyard.repository.flights import Flights
from wheelyard.repository.keeping import Keeping, KeepingRules

pytestmark = pytest.mark.anyio

DOWN = Unavailable("`x`", "refused: nobody listens there")
RULES = KeepingRules(Rules(max_seconds=600, renew_behind_seconds=300))
FIRST, SECOND = (Loaded(text, Validators(DOOR)) for text in ("one", "two"))


@pytest.fixture
def keeper(clock: FrozenClock) -> FakeKeeper:
    """Where answers are kept."""
    return FakeKeeper(clock)


@pytest.fixture
async def keeping(
    clock: FrozenClock, tmp_path: Path, keeper: FakeKeeper
) -> AsyncIterator[Keeping[str]]:
    """Yield a flow whose flights end with the test."""
    async with anyio.create_task_group() as tasks:
        flights: Flights[Kept[str]] = Flights(make_deck(tasks, tmp_path), "text")
        yield Keeping(keeper, flights, RULES, clock)
        tasks.cancel_scope.cancel()


async def test_asking_now_asks_however_fresh_the_copy_is(
    keeping: Keeping[str], keeper: FakeKeeper
) -> None:
    """And keeps the answer."""
    keeper.answers = [FIRST, SECOND]
    await keeping.get("x")

    answered = await keeping.ask_now("x", 30)

    assert (answered.value, answered.known.how) == ("two", "miss")
    assert keeper.held["x"].value == "two"


async def test_asking_now_never_falls_back_on_what_is_held(
    keeping: Keeping[str], keeper: FakeKeeper
) -> None:
    """Who has to know is not told what was."""
    keeper.answers = [FIRST, DOWN]
    await keeping.get("x")

    with pytest.raises(Unavailable):
        await keeping.ask_now("x", 30)

    assert keeper.held["x"].value == "one"


async def test_look_keeps_nothing(keeping: Keeping[str], keeper: FakeKeeper) -> None:
    """What upstream says now, and what is held stays."""
    keeper.answers = [FIRST, SECOND]
    await keeping.get("x")

    answered = await keeping.look("x")

    assert answered.value == "two"
    assert keeper.held["x"].value == "one"


async def test_look_at_what_has_not_changed_is_what_is_held(
    keeping: Keeping[str], keeper: FakeKeeper
) -> None:
    """On condition; but nobody can have confirmed what was never there."""
    keeper.answers = [FIRST, Unchanged(DOOR), Unchanged(DOOR)]
    await keeping.get("x")

    assert (await keeping.look("x")).value == "one"
    with pytest.raises(Unavailable):
        await keeping.look("y")


async def test_look_tells_of_a_loss_and_forgets_nothing(
    keeping: Keeping[str], keeper: FakeKeeper
) -> None:
    """Losses are for those who keep what they are told."""
    keeper.answers = [FIRST, Absent("`x`")]
    await keeping.get("x")

    with pytest.raises(Absent):
        await keeping.look("x")

    assert keeper.held["x"].value == "one"
