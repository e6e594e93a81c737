"""The disk of a published tree is full: one sentence, and clients have what they had. F35."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.app import app_on
from support.house import ROOT
from support.own_files import publish
from support.packages import Package, make_wheel
from support.publishing import Audit, audit
from support.simulator import running_simulator
from wheelyard.blobs import DiskThreads
from wheelyard.publish.targets.directory import DirectoryTarget

pytestmark = [pytest.mark.anyio, pytest.mark.blocking]  # the test itself waits for processes

KILOBYTES = 3_000
ROOM_FOR_FILES = 500_000
"""Enough for the new files, and not for their pages."""
BEFORE = [make_wheel("acme", "1.0"), make_wheel("beta", "1.0")]
LARGE = make_wheel("acme", "2.0", payload_bytes=400_000)
SMALL = [make_wheel(f"small-{number}", "1.0") for number in range(12)]


@dataclass(frozen=True, slots=True)
class FullDisk:
    """A tree on a small disk of its own, which only ``holder`` and who joins it can see."""

    data: Path
    disk: Path
    holder: "subprocess.Popen[bytes]"

    @property
    def inside(self) -> Path:
        """The disk, as it is seen from outside."""
        return Path(f"/proc/{self.holder.pid}/root") / self.disk.relative_to("/")

    @property
    def rest(self) -> Path:
        """The file that takes up the room."""
        return self.inside / "somebody-elses"

    def fill_up(self) -> None:
        """Let somebody else have all the room."""
        with contextlib.suppress(OSError), self.rest.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    async def hold(self, *packages: Package) -> None:
        """Have files of our own in the index."""
        with running_simulator() as nobody:
            async with app_on(self.data, nobody) as app:
                for package in packages:
                    await publish(app, package)

    def publish(self) -> "subprocess.CompletedProcess[str]":
        """Publish as a person does."""
        enter = ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt"]
        words = ["publish", str(self.disk / "tree"), "--data", str(self.data)]
        return subprocess.run(
            [*enter, sys.executable, "-m", "wheelyard", *words],
            cwd="/",
            env={
                "HOME": str(self.data.parent),
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT / "src"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    async def audit(self) -> Audit:
        """Check that clients have a whole tree, and return what is in it."""
        async with DirectoryTarget(self.inside / "tree", DiskThreads()) as target:
            return await audit(target)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[FullDisk]:
    """Return a disk of its own. Skips the test where that is not allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("there is no `unshare` or no `nsenter` here")
    mount = f"mount -t tmpfs -o size={KILOBYTES}k none {disk} && echo there && exec cat"
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", mount],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"there\n":
            pytest.skip("mounting a small disk needs to be root")
        yield FullDisk(tmp_path / "data", disk, holder)
        holder.communicate()  # it goes on until its input ends


async def test_disk_of_a_tree_that_is_full_breaks_nothing(full_disk: FullDisk) -> None:
    """The view that counts stays whole, and with room again the next publish does the rest."""
    await full_disk.hold(*BEFORE)
    first = full_disk.publish()
    assert first.returncode == 0, first.stderr
    await full_disk.hold(LARGE, *SMALL)

    full_disk.fill_up()
    without_room = full_disk.publish(), await full_disk.audit()
    os.truncate(full_disk.rest, full_disk.rest.stat().st_size - ROOM_FOR_FILES)
    with_little = full_disk.publish(), await full_disk.audit()
    full_disk.rest.unlink()
    after, whole = full_disk.publish(), await full_disk.audit()

    for refused, shown in (without_room, with_little):
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"wheelyard: The target `{full_disk.disk}/tree` cannot")
        assert refused.stderr.endswith("its disk is full; make room there.\n")
        assert refused.stderr.count("\n") == 1
        assert shown.files == {"acme": [BEFORE[0].filename], "beta": [BEFORE[1].filename]}
    assert not any(path.endswith(LARGE.filename) for path in without_room[1].objects)
    assert with_little[1].objects > without_room[1].objects  # files, which no page names yet
    assert after.returncode == 0, after.stderr
    assert sorted(whole.files) == ["acme", "beta", *sorted(each.name for each in SMALL)]
    assert set(whole.files["acme"]) == {BEFORE[0].filename, LARGE.filename}
