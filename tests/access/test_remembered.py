"""Passwords that were right a moment ago, and questions that many have at the same time."""

import anyio
import anyio.lowlevel
import pytest

from wheelyard.access.remembered import Remembered, Shared
from wheelyard.clock import Instant

NOW = Instant(1_000.0)


def test_right_password_is_remembered_for_a_while() -> None:
    """And then asked for again."""
    remembered = Remembered(seconds=300)
    seal = remembered.seal("alice", "hash", "rosebud")

    assert not remembered.has(seal, NOW)
    remembered.keep(seal, NOW)
    assert remembered.has(seal, Instant(NOW + 299))
    assert not remembered.has(seal, Instant(NOW + 300))


def test_seal_stands_for_all_of_it() -> None:
    """Another user, hash or password is another seal, wherever one part begins."""
    remembered = Remembered()
    seals = {
        remembered.seal(*parts)
        for parts in [
            ("alice", "hash", "rosebud"),
            ("bob", "hash", "rosebud"),
            ("alice", "other", "rosebud"),
            ("alice", None, "rosebud"),
            ("alice", "hash", "Rosebud"),
            ("aliceh", "ash", "rosebud"),
            ("alice", "hashr", "osebud"),
        ]
    }

    assert len(seals) == 7
    assert Remembered().seal("alice", "hash", "rosebud") not in seals


def test_number_is_limited() -> None:
    """Those that were right longest ago are forgotten."""
    remembered = Remembered(most=3)
    seals = [remembered.seal(f"user{number}", "hash", "rosebud") for number in range(5)]
    for seal in seals:
        remembered.keep(seal, NOW)

    assert [remembered.has(seal, NOW) for seal in seals] == [False, False, True, True, True]


@pytest.mark.anyio
async def test_question_is_asked_once_for_all() -> None:
    """An installer that opens fifty connections costs one check."""
    shared, asked, answers = Shared(), 0, []
    go = anyio.Event()

    async def question() -> bool:
        nonlocal asked
        asked += 1
        await go.wait()
        return True

    async def ask() -> None:
        answers.append(await shared.ask(b"key", question))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        go.set()

    assert (asked, answers) == (1, [True] * 50)
    assert shared._flights == {}


@pytest.mark.anyio
async def test_next_one_asks_if_the_first_goes_away() -> None:
    """A client that hangs up takes nobody along."""
    shared, answers, asked = Shared(), [], 0

    async def question() -> bool:
        nonlocal asked
        asked += 1
        if asked == 1:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
        return True

    async def ask() -> None:
        answers.append(await shared.ask(b"key", question))

    async with anyio.create_task_group() as tasks:
        first = anyio.CancelScope()

        async def leave() -> None:
            with first:
                await ask()

        tasks.start_soon(leave)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(ask)
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        first.cancel()

    assert (asked, answers) == (2, [True, True])


@pytest.mark.anyio
async def test_error_is_that_of_whoever_asked() -> None:
    """The others ask for themselves."""
    shared = Shared()

    async def question() -> bool:
        await anyio.lowlevel.checkpoint()
        raise ValueError("why")

    for _ in range(2):
        with pytest.raises(ValueError, match="why"):
            await shared.ask(b"key", question)
