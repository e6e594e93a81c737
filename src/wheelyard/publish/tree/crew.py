"""A crew: some workers that share the work, and stop at the first error."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

__all__ = ["for_each"]

T = TypeVar("T")


async def for_each(items: Iterable[T], work: Callable[[T], Awaitable[object]], most: int) -> None:
    """Await ``work`` for each of ``items``, ``most`` of them at the same time.

    Raises what the first one raises that fails, as it is; the others are cancelled.
    """
    waiting = iter(items)
    failures: list[Exception] = []
    async with anyio.create_task_group() as tasks:

        async def follow() -> None:
            try:
                for item in waiting:
                    await work(item)
            except Exception as error:  # noqa: BLE001  # raised again below
                failures.append(error)
                tasks.cancel_scope.cancel()

        for _ in range(most):
            tasks.start_soon(follow)
    if failures:
        raise failures[0]
