"""Turns: one at a time, and somebody always."""

from pathlib import Path

import anyio
import pytest

from support.patience import until
from wheelyard.blobs import DiskThreads, KeyLocks
from wheelyard.errors import Unavailable
from wheelyard.monitor.turns import Turns

pytestmark = pytest.mark.anyio


async def test_next_goes_on_when_the_first_has_ended(tmp_path: Path) -> None:
    """Nobody works beside somebody else, and work does not end with who did it."""
    turns = Turns(KeyLocks(tmp_path), DiskThreads(), 0.02)
    looks: list[str] = []

    async def work(name: str, scope: anyio.CancelScope) -> None:
        async def look() -> None:
            looks.append(name)

        with scope:
            await turns.take("work", lambda: looks.append(f"{name} begins"), look)

    first, second = anyio.CancelScope(), anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "a", first)
        await until(lambda: bool(looks))
        tasks.start_soon(work, "b", second)
        await anyio.sleep(0.05)
        alone = set(looks)
        first.cancel()
        await until(lambda: "b" in looks)
        second.cancel()

    assert alone == {"a begins", "a"}


async def test_look_that_fails_is_made_up_for(tmp_path: Path) -> None:
    """A catalog that cannot be read for a moment ends nothing."""
    turns = Turns(KeyLocks(tmp_path), DiskThreads(), 0.02)
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise Unavailable("The catalog", "it is busy")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.take, "work:a", lambda: None, look)
        await until(lambda: looks >= 2)
        tasks.cancel_scope.cancel()

    assert looks == 2
