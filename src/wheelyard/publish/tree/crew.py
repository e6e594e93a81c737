"""Work that is shared: by a crew, or by stages in a row. All stop at the first error."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TypeVar

import anyio

__all__ = ["for_each", "in_stages"]

T = TypeVar("T")
U = TypeVar("U")


async def for_each(items: Iterable[T], work: Callable[[T], Awaitable[object]], most: int) -> None:
    """Await ``work`` for each of ``items``, ``most`` of them at the same time.

    Raises what the first one raises that fails, as it is; the others are cancelled.
    """
    waiting = iter(items)

    async def follow() -> None:
        for item in waiting:
            await work(item)

    await _together([follow] * most)


async def in_stages(
    items: AsyncGenerator[T],
    first: Callable[[T], Awaitable[U]],
    second: Callable[[U], Awaitable[object]],
) -> None:
    """Await ``first`` for each item, and ``second`` for what that returned, all in order.

    While one item is in ``second``, the next one is in ``first``, and the one after that is made.
    Raises what the first one raises that fails, as it is; the others are cancelled.
    """
    to_first, made = anyio.create_memory_object_stream[T](0)
    to_second, half_done = anyio.create_memory_object_stream[U](0)

    async def make() -> None:
        async with to_first, aclosing(items):
            async for item in items:
                await to_first.send(item)

    async def begin() -> None:
        async with made, to_second:
            async for item in made:
                await to_second.send(await first(item))

    async def end() -> None:
        async with half_done:
            async for result in half_done:
                await second(result)

    await _together([make, begin, end])


async def _together(steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Await all ``steps`` at the same time; raise what the first one raises that fails."""
    failures: list[Exception] = []
    async with anyio.create_task_group() as tasks:

        async def follow(step: Callable[[], Awaitable[None]]) -> None:
            try:
                await step()
            except Exception as error:  # noqa: BLE001  # raised again below
                failures.append(error)
                tasks.cancel_scope.cancel()

        for step in steps:
            tasks.start_soon(follow, step)
    if failures:
        raise failures[0]
