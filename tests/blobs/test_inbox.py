"""The queue between network and disk."""

import anyio
import pytest
from anyio.lowlevel import checkpoint

from wheelyard.blobs.inbox import Inbox

pytestmark = pytest.mark.anyio


async def test_everything_that_is_here_is_taken_at_once() -> None:
    """A disk that was behind writes in one go."""
    inbox = Inbox(100)
    for chunk in (b"a", b"b", b"c"):
        await inbox.put(chunk)

    assert await inbox.take() == [b"a", b"b", b"c"]


async def test_end_is_seen_after_the_last_chunk() -> None:
    """What came before the end is not lost."""
    inbox = Inbox(100)
    await inbox.put(b"a")
    inbox.end()

    assert [await inbox.take(), await inbox.take(), await inbox.take()] == [[b"a"], [], []]


async def test_putting_waits_while_the_inbox_is_full() -> None:
    """A fast source costs no more memory than this."""
    inbox, put = Inbox(10), []

    async def fill() -> None:
        for number in range(10):
            await inbox.put(bytes(5))
            put.append(number)

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fill)
            for _ in range(20):
                await checkpoint()
            ahead = len(put)
            while len(put) < 10:
                await inbox.take()
                await checkpoint()

    assert ahead == 2


async def test_every_chunk_arrives_in_order() -> None:
    """Whoever is ahead, nothing is lost and nobody sleeps for ever."""
    inbox, got = Inbox(3), bytearray()

    async def fill() -> None:
        for number in range(200):
            await inbox.put(bytes([number]))
            if number % 7 == 0:
                await checkpoint()
        inbox.end()

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fill)
            while chunks := await inbox.take():
                got += b"".join(chunks)
                if len(got) % 3 == 0:
                    await checkpoint()

    assert got == bytes(range(200))
