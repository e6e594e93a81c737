"""The pacer lets as many run as the pace says, and nobody waits for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from wheelyard.clock import FrozenClock
from wheelyard.decide.pacing import Rules
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.pacer import Pacer

pytestmark = pytest.mark.anyio

TOO_MANY = Unavailable("`demo`", "the upstream answered 429", failing="door")


@asynccontextmanager
async def crowd(pacer: Pacer, size: int, until: anyio.Event) -> AsyncIterator[list[int]]:
    """Have many take turns until ``until``; yields how many ran at the same time, as they began."""
    seen: list[int] = []

    async def one() -> None:
        async with pacer.turn():
            seen.append(pacer.running)
            await until.wait()

    async with anyio.create_task_group() as tasks:
        for _ in range(size):
            tasks.start_soon(one)
        await anyio.wait_all_tasks_blocked()
        yield seen
        until.set()


async def test_no_more_run_than_the_pace_allows() -> None:
    """The others wait, and each has its turn in the end."""
    pacer = Pacer(Rules(most=3, first=3), FrozenClock())
    async with crowd(pacer, 50, anyio.Event()) as seen:
        assert len(seen) == 3

    assert len(seen) == 50
    assert max(seen) <= 3
    assert pacer.running == 0


async def test_trouble_leaves_fewer_places() -> None:
    """An upstream that asks for fewer requests gets fewer."""
    pacer = Pacer(Rules(most=8, first=8), FrozenClock())
    with pytest.raises(Unavailable):
        async with pacer.turn():
            raise TOO_MANY
    async with crowd(pacer, 50, anyio.Event()) as seen:
        began = len(seen)

    assert began == 4


@pytest.mark.parametrize(
    "error",
    [
        Absent("`demo`"),
        Unavailable("`demo`", "the upstream contradicts itself", retry_seconds=60),
        Unavailable("`demo`", "the disk is full", failing="disk"),
    ],
    ids=["absent", "doubted", "disk"],
)
async def test_what_is_not_the_upstreams_load_changes_nothing(error: Exception) -> None:
    """Nor does anybody rest because a loss is doubted."""
    pacer = Pacer(Rules(most=8, first=8), FrozenClock())
    with pytest.raises(type(error)):
        async with pacer.turn():
            raise error

    assert pacer.pace.limit == 8
    async with pacer.turn():
        assert pacer.running == 1


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("`demo`", "silent: nothing came"),
        Unavailable("`demo`", "the upstream answered 503", failing="thing"),
        Unavailable("`demo`", causes=[TOO_MANY, TOO_MANY]),
    ],
    ids=["silent", "503", "every-door"],
)
async def test_what_may_be_too_much_halves(error: Unavailable) -> None:
    """Whether it says so itself, or is silent, or every door says so."""
    pacer = Pacer(Rules(most=8, first=8), FrozenClock())
    with pytest.raises(Unavailable):
        async with pacer.turn():
            raise error

    assert pacer.pace.limit == 4


async def test_rest_is_kept_by_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody begins before the upstream's ``Retry-After`` is over."""
    clock, slept = FrozenClock(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.forward(seconds)

    pacer = Pacer(Rules(most=4, first=4), clock)
    pacer.note_trouble(12.0)
    began = clock.now()
    monkeypatch.setattr("wheelyard.mirror.pacer.anyio.sleep", sleep)

    async with pacer.turn():
        waited = clock.now() - began

    assert waited == pytest.approx(12.0)
    assert max(slept) <= 5.0


async def test_who_leaves_the_queue_takes_no_place_along() -> None:
    """Cancelled while waiting, or just after being handed a place."""
    pacer = Pacer(Rules(most=1, first=1), FrozenClock())
    leaving = anyio.Event()

    async def hold() -> None:
        async with pacer.turn():
            await leaving.wait()

    async def wait() -> None:
        async with pacer.turn():
            pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold)
        await anyio.wait_all_tasks_blocked()
        async with anyio.create_task_group() as waiting:
            for _ in range(5):
                waiting.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            leaving.set()
            waiting.cancel_scope.cancel()
    async with pacer.turn():
        alone = pacer.running

    assert alone == 1
    assert pacer.running == 0
