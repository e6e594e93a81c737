"""Asking a worker process."""

import os
import signal
from pathlib import Path

import anyio
import pytest

from wheelyard.processes.asking import DEAD, WorkerProcess

pytestmark = pytest.mark.anyio

WORKER = """
import os
from wheelyard.processes.answering import answer_questions

def main(greeting, mark):
    answer_questions(lambda question: greeting + question + str(os.getpid()).encode())
    open(mark, "w").close()
"""


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that a worker makes when it ends by itself; there is a worker to be had."""
    (tmp_path / "greeting_worker.py").write_text(WORKER)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / "mark"


def is_there(mark: Path) -> bool:
    """Say whether the worker ended by itself."""
    return mark.exists()


async def started(mark: Path) -> WorkerProcess:
    """Return a new worker."""
    return await WorkerProcess.start("greeting_worker", b"hello ", str(mark))


async def test_questions_are_answered_by_one_process(mark: Path) -> None:
    """As many as are asked, of any length."""
    worker = await started(mark)

    first = await worker.ask(b"you ", 100)
    second = await worker.ask(b"x" * 200_000, 300_000)
    await worker.finish()

    pid = str(worker.process.pid).encode()
    assert first == b"hello you " + pid
    assert second == b"hello " + b"x" * 200_000 + pid


async def test_idle_worker_ends_by_itself_when_it_is_finished(mark: Path) -> None:
    """It can clean up."""
    worker = await started(mark)
    await worker.ask(b"you", 100)

    await worker.finish()

    assert is_there(mark)
    assert worker.process.returncode == 0


async def test_answer_that_is_too_long_is_none(mark: Path) -> None:
    """A worker that went mad does not fill our memory."""
    worker = await started(mark)
    with pytest.raises(DEAD):
        await worker.ask(b"x" * 1_000, 100)
    await worker.end()


async def test_killed_worker_is_noticed(mark: Path) -> None:
    """Whoever asks it is told, and its end too."""
    worker = await started(mark)
    await worker.ask(b"you", 100)

    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(DEAD):
        await worker.ask(b"you", 100)

    assert await worker.end() == -signal.SIGKILL


async def test_busy_worker_is_ended_all_the_same(mark: Path) -> None:
    """It is killed, and cleans up nothing."""
    worker = await started(mark)
    os.kill(worker.process.pid, signal.SIGSTOP)

    assert await worker.end() == -signal.SIGKILL
    assert not is_there(mark)


async def test_interrupt_from_the_keyboard_is_not_for_workers(mark: Path) -> None:
    """It is in a session of its own, and takes no interrupt either."""
    worker = await started(mark)
    await worker.ask(b"you", 100)

    os.kill(worker.process.pid, signal.SIGINT)
    answer = await worker.ask(b"still ", 100)
    session = os.getsid(worker.process.pid)
    await worker.finish()

    assert answer.startswith(b"hello still ")
    assert session == worker.process.pid != os.getsid(0)


async def test_worker_takes_no_module_of_the_folder_it_is_started_in(
    mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that lies there by chance, or by intention, is not run."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "contextlib.py").write_text("raise RuntimeError(str(__import__('sys').path))")
    monkeypatch.chdir(elsewhere)

    worker = await started(mark)

    assert (await worker.ask(b"you ", 100)).startswith(b"hello you ")
    await worker.finish()


async def test_system_without_the_program_says_so(
    mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an error of the system."""
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(OSError, match="nowhere"):
        await started(mark)


async def test_cancelled_question_leaves_a_worker_that_can_be_ended(mark: Path) -> None:
    """Nobody waits for ever."""
    worker = await started(mark)
    os.kill(worker.process.pid, signal.SIGSTOP)
    with anyio.move_on_after(0.05) as scope:
        await worker.ask(b"you", 100)

    assert scope.cancelled_caught
    assert await worker.end() == -signal.SIGKILL
