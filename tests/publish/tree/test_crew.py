"""Workers that share the work."""

import anyio
import pytest

from wheelyard.errors import Unavailable
from wheelyard.publish.tree.crew import for_each

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
