"""Work that is shared: by a crew, and by stages."""

from collections.abc import AsyncGenerator

import anyio
import pytest

from wheelyard.errors import Unavailable
from wheelyard.publish.tree.crew import for_each, in_stages

pytestmark = pytest.mark.anyio


async def test_each_is_done_once_and_no_more_at_a_time_than_allowed() -> None:
    """Whatever the order."""
    done: list[int] = []
    now, most = 0, 0

    async def work(number: int) -> None:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await anyio.lowlevel.checkpoint()
        now -= 1
        done.append(number)

    await for_each(range(10), work, 3)

    assert (sorted(done), most) == (list(range(10)), 3)


async def test_first_error_ends_it_and_is_raised_as_it_is() -> None:
    """The others are cancelled, and nobody gets a group of errors."""
    begun: list[int] = []

    async def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise Unavailable("The target")
        await anyio.sleep(60)

    with anyio.fail_after(30), pytest.raises(Unavailable, match="The target"):
        await for_each(range(10), work, 3)

    assert len(begun) <= 3


async def numbers(most: int, made: list[str]) -> AsyncGenerator[int]:
    """Yield numbers, and write down each one."""
    try:
        for number in range(most):
            made.append(f"made {number}")
            yield number
    finally:
        made.append("ended")


async def test_stages_overlap_and_keep_the_order() -> None:
    """While one item is in the second stage, the next is in the first, and one more is made."""
    events: list[str] = []
    gate = anyio.Event()

    async def first(number: int) -> str:
        events.append(f"first {number}")
        return str(number)

    async def second(text: str) -> None:
        if text == "0":
            await gate.wait()
        events.append(f"second {text}")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_stages, numbers(4, events), first, second)
        await anyio.wait_all_tasks_blocked()
        before, events[:] = list(events), []
        gate.set()

    assert before == ["made 0", "first 0", "made 1", "first 1", "made 2"]
    assert [each for each in events if each.startswith("second")] == [
        f"second {number}" for number in range(4)
    ]
    assert "ended" in events


@pytest.mark.parametrize("failing", ["made", "first", "second"])
async def test_error_in_any_stage_ends_them_all_and_is_raised_as_it_is(failing: str) -> None:
    """What makes the items is closed, too."""
    events: list[str] = []

    async def failing_numbers() -> AsyncGenerator[int]:
        async for number in numbers(5, events):
            if failing == "made" and number == 3:
                raise Unavailable("The catalog")
            yield number

    async def first(number: int) -> int:
        if failing == "first" and number == 1:
            raise Unavailable("The target")
        return number

    async def second(number: int) -> None:
        if failing == "second" and number == 0:
            raise Unavailable("The page")

    with anyio.fail_after(30), pytest.raises(Unavailable):
        await in_stages(failing_numbers(), first, second)

    assert len(events) <= 5
