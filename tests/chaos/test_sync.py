"""`kill -9` of `wheelyard sync`: wherever it is killed, it resumes and converges (A-31).

What a mirror is like must not depend on how often it was interrupted on the way: the same pages,
the same evidence, the same files, the same state. And once it is complete it stays so for nothing:
the next run asks for the list and for no page.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from chaos.campaign import Campaign
from support.app import NO_PIP, settings, upstream
from support.house import ROOT
from support.packages import make_wheel
from support.simulator import Answer, Context, Simulator
from support.syncing import fill, holding, synced
from wheelyard.app import running
from wheelyard.mirror.sync import Report

pytestmark = pytest.mark.slow

COUNT = 10
PATIENCE_SECONDS = 180.0


@dataclass
class Trap:
    """Kills a process a moment after the upstream was asked so and so often."""

    at: int
    seconds: float
    process: subprocess.Popen[bytes] | None = None
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, _: Context, answer: Answer) -> Answer:
        """Count a request, and answer it."""
        with self.lock:
            self.asked += 1
            is_time = self.asked == self.at
        if is_time:
            threading.Thread(target=self._kill).start()
        return answer

    def _kill(self) -> None:
        """Kill the process after a moment of its work."""
        time.sleep(self.seconds)
        if self.process is not None:
            self.process.kill()


@pytest.fixture(scope="module")
def index() -> Iterator[Simulator]:
    """An upstream with some projects, one of them with a file that takes several pieces."""
    with Simulator() as simulator:
        fill(simulator, COUNT)
        simulator.add(make_wheel("large", "1.0", payload_bytes=2_000_000))
        yield simulator


@pytest.fixture(scope="module")
def whole(index: Simulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """Return what an uninterrupted run leaves."""
    data = tmp_path_factory.mktemp("whole")
    assert run_here(data, index).outcome == "done"
    return holding(data)


def test_killed_sync_resumes_and_converges(
    campaign: Campaign, index: Simulator, whole: tuple[object, ...], tmp_path: Path
) -> None:
    """A-31: the same as a run that nobody interrupted, and nothing to do afterwards."""
    killed = 0
    for each in campaign.rounds(2):
        with each:
            data = tmp_path / str(each.number)
            for _ in range(each.random.randint(1, 2)):
                killed += kill_within(data, index, each.random)
            assert run_here(data, index).outcome == "done"
            assert holding(data) == whole
            index.forget()
            again = run_here(data, index)
            assert (again.outcome, again.looked_at) == ("done", 0)
            assert index.count() <= 2
    campaign.note(killed=killed)


def run_here(data: Path, index: Simulator) -> Report:
    """Run a sync inside this process, which costs less than the command and does the same."""

    async def run() -> Report:
        door = replace(upstream(index), name="default")  # as flags call it
        async with running(settings(data, door), NO_PIP) as app:
            return await synced(app)

    return anyio.run(run)


def kill_within(data: Path, index: Simulator, chance: random.Random) -> bool:
    """Start the command and kill it somewhere; say whether it was killed before its end."""
    trap = Trap(chance.randint(1, 4 * COUNT), chance.random() * 0.05)
    counting = index.fault("*", trap)
    try:
        trap.process = start(data, index)
        return trap.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    finally:
        trap.process = None
        counting.clear()


def start(data: Path, index: Simulator) -> "subprocess.Popen[bytes]":
    """Start the command as people do."""
    arguments = ["sync", "--all", "--data", str(data), "--upstream", index.url]
    return subprocess.Popen(
        [sys.executable, "-m", "wheelyard", *arguments],
        cwd=data.parent,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "src"), "PIP_CONFIG_FILE": os.devnull},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
