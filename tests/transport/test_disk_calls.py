"""Calls to a disk: in time or not at all, and its errors in our words."""

import errno
import threading
from collections.abc import Iterator

import pytest

from wheelyard.errors import Unavailable
from wheelyard.transport import Fault, fault_of
from wheelyard.transport.disk_calls import DiskCalls

pytestmark = pytest.mark.anyio


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Return what a hanging call waits for; it is set at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def fail(number: int) -> None:
    """Fail as the system does."""
    raise OSError(number, "it says so")


async def test_result_is_returned() -> None:
    """Of a function with its arguments."""
    calls = DiskCalls(5.0)

    assert await calls.run("A file", divmod, 7, 2) == (3, 1)
    calls.close()


async def test_disk_that_hangs_is_unavailable_in_time(hanging: threading.Event) -> None:
    """A dead network file system makes nobody wait; other calls go on."""
    calls = DiskCalls(0.05)

    with pytest.raises(Unavailable, match="did not answer within") as caught:
        await calls.run("A file", hanging.wait)

    assert fault_of(caught.value) is Fault.SILENT
    calls.close()


async def test_disk_that_hangs_keeps_few_threads(hanging: threading.Event) -> None:
    """However many ask: the pool has an end, and the last caller waits no longer than the first."""
    before = threading.active_count()
    calls = DiskCalls(0.01)

    for _ in range(20):
        with pytest.raises(Unavailable):
            await calls.run("A file", hanging.wait)

    assert threading.active_count() - before <= 8
    calls.close()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENOTCONN])
async def test_error_of_the_disk_says_nothing_about_existence(number: int) -> None:
    """Permission, a broken disk, a stale handle: unavailable, this thing perhaps alone."""
    calls = DiskCalls(5.0)

    with pytest.raises(Unavailable, match="it says so") as caught:
        await calls.run("A file", fail, number)

    assert fault_of(caught.value) is Fault.UNREADABLE
    assert caught.value.failing == "thing"
    calls.close()


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOTDIR])
async def test_what_is_not_there_is_told_apart(number: int) -> None:
    """The caller decides what that means."""
    calls = DiskCalls(5.0)

    with pytest.raises(FileNotFoundError):
        await calls.run("A file", fail, number)

    calls.close()
