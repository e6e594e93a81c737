"""Commands that are stopped by a signal."""

import signal
from collections.abc import Iterator

import anyio
import pytest

from wheelyard.cli.stopping import stop_on_signal

pytestmark = pytest.mark.anyio

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Return the signals that came through, instead of ending the tests."""
    came: list[int] = []
    before = [signal.signal(each, lambda number, _: came.append(number)) for each in SIGNALS]
    yield came
    for each, handler in zip(SIGNALS, before, strict=True):
        signal.signal(each, handler)


@pytest.mark.parametrize("number", SIGNALS, ids=["Ctrl-C", "SIGTERM"])
async def test_signal_ends_the_work_and_the_second_one_is_as_it_was(
    heard: list[int], number: signal.Signals
) -> None:
    """What is done in the scope is cancelled, once; whoever is impatient is not held up."""
    scope = anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop_on_signal, scope)
        await anyio.wait_all_tasks_blocked()
        signal.raise_signal(number)
        with scope, anyio.fail_after(300):
            await anyio.sleep_forever()

    assert scope.cancelled_caught
    assert heard == []

    signal.signal(number, lambda again, _: heard.append(again))
    signal.raise_signal(number)

    assert heard == [number]
