"""Disk work in threads, and the words for a disk that fails."""

import errno
import threading

import anyio
import pytest

from blobs.fakes import settled
from wheelyard.blobs.disk import DiskThreads, disk_failure


@pytest.mark.anyio
async def test_work_runs_in_another_thread() -> None:
    """The loop is free meanwhile."""
    assert await DiskThreads().run(threading.get_ident) != threading.get_ident()


@pytest.mark.anyio
async def test_work_of_a_cancelled_caller_is_waited_for() -> None:
    """Nothing is closed under the hands of a thread that still uses it."""
    began, finish, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        finish.wait(10)
        finished.set()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(DiskThreads().run, work)
            await settled(began.is_set)
            scope.cancel()
            finish.set()

    assert finished.is_set()


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        pytest.param(errno.ENOSPC, "the disk is full; make room", id="full"),
        pytest.param(errno.EDQUOT, "the disk quota is used up; make room", id="quota"),
        pytest.param(errno.EIO, "the disk says: Input/output error", id="broken"),
    ],
)
def test_failure_says_what_the_disk_said(number: int, sentence: str) -> None:
    """A person reads what to do."""
    failure = disk_failure("`a.whl`", OSError(number, "Input/output error"))

    assert sentence in str(failure)
