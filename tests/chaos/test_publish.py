"""A publisher that is killed: clients see a whole tree, and the next publish ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.campaign import Campaign
from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Yard, audit, publishing
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN
from wheelyard.catalog.curation import Removal
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

ROUNDS = 1
MOST_CALLS = 60
"""About as many calls as a publish of these tests makes of its target, and a few more."""

DYING = """
import os, signal, sys
from pathlib import Path
import anyio
from support.publishing import publishing
from wheelyard.blobs import DiskThreads
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.targets.writing import WritersRules

async def main(folder, url, calls, views):
    class Upstream:
        pass
    upstream = Upstream()
    upstream.url = url
    rules = WritersRules(processes=int(calls) % 2, after=0)
    async with (
        DirectoryTarget(Path(folder, "tree"), DiskThreads(), rules) as target,
        publishing(
            Path(folder), upstream, target, views=views, removal_delay_seconds=0.0
        ) as yard,
    ):
        left = [int(calls)]
        def die(word, path):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        yard.target.before = die
        await yard.publish()

anyio.run(main, *sys.argv[1:])
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream without anything."""
    with running_simulator() as simulator:
        yield simulator


@pytest.mark.parametrize("views", ["always", "never"])
async def test_killed_publisher_leaves_a_whole_tree_and_no_litter(
    tmp_path: Path, simulator: Simulator, campaign: Campaign, views: str
) -> None:
    """F78, A-91: killed at a random call of its target; what it left in the middle is not lost.

    Every other one has a process that writes for it, which ends with it.
    """
    number = 0
    await _change(tmp_path, simulator, number, views)
    async with publishing(tmp_path, simulator, views=views) as yard:
        await yard.publish()
    for each in campaign.rounds(ROUNDS):
        with each:
            number += 1
            await _change(tmp_path, simulator, number, views)
            _die(tmp_path, simulator.url, each.random.randrange(MOST_CALLS), views)
            async with publishing(
                tmp_path, simulator, views=views, removal_delay_seconds=0.0
            ) as yard:
                await audit(yard.target, is_half_done=views == "never")
                await yard.publish()
                await yard.publish(reconcile="due")
                found = await audit(yard.target)
                report = await yard.publish(reconcile="listing")

                assert f"new-{number}" in found.files
                assert (report.healed, report.strays) == (0, 0)


async def _change(folder: Path, simulator: Simulator, number: int, views: str) -> None:
    """Add a project and a release, and delete what was added before."""
    async with publishing(folder, simulator, views=views) as yard:
        await publish(yard.app, make_wheel("acme", f"{number}.0"))
        await publish(yard.app, make_wheel(f"new-{number}", "1.0"))
        if number:
            await _delete(yard, f"new-{number - 1}")


async def _delete(yard: Yard, name: str) -> None:
    """Delete a project."""
    removal = Removal(yard.app.indexes[MAIN].owner, ProjectName(name), None)
    await yard.app.catalog.curator.delete(removal, ALICE)


def _die(folder: Path, url: str, calls: int, views: str) -> None:
    """Publish in a process that kills itself at that call of its target, or gets through."""
    paths = os.pathsep.join(["src", "tests"])
    words = [sys.executable, "-c", DYING, str(folder), url, str(calls), views]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": paths}, timeout=120, check=False)
    assert done.returncode in {0, -signal.SIGKILL}
