"""When a run waits for an upstream, and when it gives it up."""

import anyio
import anyio.lowlevel
import pytest

from wheelyard.errors import Unavailable
from wheelyard.mirror.sync.patience import Patience

pytestmark = pytest.mark.anyio

NO_ANSWER = Unavailable("`demo`", "no answer")
MANY = 12


def failing(seconds: float, times: int = MANY) -> Patience:
    """Return the patience with an upstream that failed so often in a row."""
    patience = Patience(seconds)
    for _ in range(times):
        patience.note_failure(NO_ANSWER)
    return patience


async def test_few_failures_stop_nobody() -> None:
    """A project that fails says nothing of the next one."""
    patience = failing(0, MANY - 1)

    assert await patience.is_worth_asking()
    assert patience.given_up_for == ""


async def test_answer_in_between_begins_the_count_anew() -> None:
    """Somebody is there."""
    patience = failing(0, MANY - 1)
    patience.note_answer()
    patience.note_failure(NO_ANSWER)

    assert await patience.is_worth_asking()


async def test_upstream_that_does_not_answer_for_too_long_is_given_up() -> None:
    """With the reason, for all who ask."""
    patience = failing(0)

    assert not await patience.is_worth_asking()
    assert not await patience.is_worth_asking()
    assert patience.given_up_for == "no answer"


async def test_one_asks_now_and_then_for_all() -> None:
    """It naps first; an answer lets everybody go on."""
    patience = failing(600)

    assert await patience.is_worth_asking()
    patience.note_answer()
    assert await patience.is_worth_asking()


async def test_upstream_that_asks_for_more_time_is_left_alone_at_once() -> None:
    """Whoever waits for an answer then waits no longer."""
    patience = Patience(5)
    ended = anyio.Event()

    async def ask() -> None:
        with patience.asking() as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        cause = Unavailable("x", "busy", retry_seconds=3_600)
        patience.note_failure(Unavailable("`demo`", "every door", causes=[cause]))
        await ended.wait()

    assert not await patience.is_worth_asking()


async def test_short_pause_is_within_patience() -> None:
    """The pacer waits for that."""
    patience = Patience(60)
    patience.note_failure(Unavailable("`demo`", "busy", retry_seconds=30))

    assert await patience.is_worth_asking()
