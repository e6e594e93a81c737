"""The background: what runs beside the requests, and how it fails."""

import logging

import anyio
import pytest

from wheelyard.app import Background

pytestmark = pytest.mark.anyio


async def test_failure_in_the_background_is_logged_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What nobody foresaw is in the log with its trace; other tasks go on."""
    finished: list[str] = []
    failed = anyio.Event()

    async def fail() -> None:
        failed.set()
        raise ZeroDivisionError

    async def work() -> None:
        await failed.wait()
        await anyio.wait_all_tasks_blocked()
        finished.append("work")

    async with anyio.create_task_group() as tasks:
        background = Background(tasks)
        background.start_soon(work)
        background.start_soon(fail)

    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    assert finished == ["work"]
