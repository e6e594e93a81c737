"""`kill -9` at every touch of the disk, while backups are taken or restored, or a tree is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from chaos.backup_at import NOBODY
from chaos.campaign import Campaign
from support.app import NO_PIP, settings
from support.house import ROOT
from support.own_files import publish
from support.packages import make_wheel
from support.trees import write_tree
from wheelyard.app import running
from wheelyard.app.backups import back_up, check_file, restore_file
from wheelyard.catalog import open_directory
from wheelyard.clock import SystemClock
from wheelyard.errors import ConfigError

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Ground:
    """A data directory, a sound backup and a tree of it, and the process that does the rest."""

    data: Path
    file: Path
    tree: Path
    process: subprocess.Popen[str] = field(repr=False)

    def until(self, what: str, data: Path, file: Path, last: int) -> tuple[int, int]:
        """Take or restore a backup, up to the touch of that number; 0 is to the end.

        Returns the exit code, and how many touches there were.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"what": what, "data": str(data), "file": str(file), "last": last}
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        code, count = self.process.stdout.readline().split()
        return int(code), int(count)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Have everything that the rounds share."""
    folder = tmp_path_factory.mktemp("backups")
    data, file = folder / "data", folder / "sound.tar"
    anyio.run(_fill, data, folder / "tree")
    back_up(data, str(file), SystemClock(), lambda _: None)
    with subprocess.Popen(
        [sys.executable, "-m", "chaos.backup_at"],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "HOME": str(folder)},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Ground(data, file, folder / "tree", process)


async def _fill(data: Path, tree: Path) -> None:
    """Have a few files of our own, and their tree."""
    rules = settings(data, NOBODY)
    alone = replace(rules, server=replace(rules.server, offline=True))
    async with running(alone, NO_PIP, records_doors=False) as app:
        for number in range(3):
            await publish(app, make_wheel(f"ours-{number}", "1.0"))
        await write_tree(app, tree)


def test_kill_at_any_touch_leaves_the_last_backup(
    campaign: Campaign, ground: Ground, tmp_path: Path
) -> None:
    """There is the old backup or the new one, each whole; and the next one is not held up."""
    _, touches = ground.until("backup", ground.data, tmp_path / "whole.tar", 0)
    for each in campaign.rounds(12):
        with each:
            file = tmp_path / f"{each.number}.tar"
            file.write_bytes(ground.file.read_bytes())
            code, _ = ground.until("backup", ground.data, file, each.random.randint(1, touches))

            assert code in {0, -9}
            assert check_file(str(file), lambda _: None).is_whole
            assert back_up(ground.data, str(file), SystemClock(), lambda _: None).is_whole
            assert not [*(ground.data / "backups").iterdir()]


def test_kill_at_any_touch_leaves_nothing_half_restored(
    campaign: Campaign, ground: Ground, tmp_path: Path
) -> None:
    """A program finds all of it, or is told to wait; the same command again brings all of it."""
    _, touches = ground.until("restore", tmp_path / "whole", ground.file, 0)
    for each in campaign.rounds(16):
        with each:
            data = tmp_path / f"{each.number}"
            code, _ = ground.until("restore", data, ground.file, each.random.randint(1, touches))

            assert code in {0, -9}
            if not is_usable(data):
                restore_file(data, str(ground.file), lambda _: None)
                open_directory(data, SystemClock()).close()
            assert blobs_of(data) == blobs_of(ground.data)


def test_kill_at_any_touch_leaves_a_restore_of_a_tree_that_goes_on(
    campaign: Campaign, ground: Ground, tmp_path: Path
) -> None:
    """The same command brings the index to what it was, and nothing of it was taken for whole."""
    whole = tmp_path / "whole"
    _, touches = ground.until("tree", whole, ground.tree, 0)
    for each in campaign.rounds(8):
        with each:
            data = tmp_path / f"{each.number}"
            first, _ = ground.until("tree", data, ground.tree, each.random.randint(1, touches))
            again = data if first else tmp_path / f"{each.number}-again"
            code, _ = ground.until("tree", again, ground.tree, 0)

            assert first in {0, -9}
            assert code == 0
            assert blobs_of(again) == blobs_of(whole)


def blobs_of(data: Path) -> set[str]:
    """Return the names of the files of a store."""
    return {path.name for path in (data / "blobs").rglob("*") if path.is_file()}


def is_usable(data: Path) -> bool:
    """Say whether a program would go on with what is in a directory; nothing is no data."""
    is_begun = (data / "catalog.sqlite").exists() or (data / ".restored").exists()
    if not is_begun and not (data / ".restoring").exists():
        return False
    try:
        open_directory(data, SystemClock()).close()
    except ConfigError:  # it is being restored
        return False
    return True
