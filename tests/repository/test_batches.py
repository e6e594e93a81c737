"""Batches: what many hand in one by one is done together, and everybody is told."""

from collections.abc import Sequence

import anyio
import pytest
from anyio.abc import TaskGroup

from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.repository.batches import Batches

pytestmark = pytest.mark.anyio


class Work:
    """Doubles numbers, as many at a time as it is given; notes the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = anyio.Event()

    async def do(self, numbers: Sequence[int]) -> Sequence[int | WheelyardError]:
        """Double, but for zero, which is absent; a negative number spoils the batch."""
        self.batches.append(list(numbers))
        await self.go_on.wait()
        if min(numbers) < 0:
            raise Unavailable("The batch", "it is spoilt")
        return [2 * number if number else Absent("Zero") for number in numbers]


async def hand_in(
    batches: Batches[int, int], number: int, results: dict[int, int | Exception | None]
) -> None:
    """Hand in one number and note what came back."""
    try:
        results[number] = await batches.add(number)
    except WheelyardError as error:
        results[number] = error


async def all_of(tasks: TaskGroup, work: Work, *numbers: int) -> dict[int, int | Exception | None]:
    """Hand in numbers at the same time, let the work go on, and return what came back."""
    results: dict[int, int | Exception | None] = {}
    batches: Batches[int, int] = Batches(work.do, tasks.start_soon, 4)
    async with anyio.create_task_group() as callers:
        for number in numbers:
            callers.start_soon(hand_in, batches, number, results)
        await anyio.wait_all_tasks_blocked()
        work.go_on.set()
    return results


async def test_everybody_gets_the_result_of_their_own() -> None:
    """In batches of at most four; nobody waits for a batch to fill."""
    work = Work()
    async with anyio.create_task_group() as tasks:
        results = await all_of(tasks, work, *range(1, 10))

    assert results == {number: 2 * number for number in range(1, 10)}
    assert [len(batch) for batch in work.batches] == [4, 4, 1]


async def test_error_of_one_is_its_own() -> None:
    """The others of its batch are done."""
    async with anyio.create_task_group() as tasks:
        results = await all_of(tasks, Work(), 1, 0, 2)

    assert isinstance(results[0], Absent)
    assert (results[1], results[2]) == (2, 4)


async def test_error_of_the_batch_is_everybodys_in_it() -> None:
    """And of nobody in the next one."""
    async with anyio.create_task_group() as tasks:
        results = await all_of(tasks, Work(), 1, 2, -3, 4, 5)

    assert all(isinstance(results[number], Unavailable) for number in (1, 2, -3, 4))
    assert results[5] == 10


async def test_program_that_stops_tells_who_waits() -> None:
    """Nobody waits for ever for work that nobody does any more."""
    work, results = Work(), dict[int, int | Exception | None]()
    async with anyio.create_task_group() as callers, anyio.create_task_group() as tasks:
        batches: Batches[int, int] = Batches(work.do, tasks.start_soon, 1)
        for number in (1, 2):
            callers.start_soon(hand_in, batches, number, results)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()

    assert [type(error) for error in results.values()] == [Unavailable, Unavailable]
