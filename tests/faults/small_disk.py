"""A server on a disk of its own, which a test can fill up and make read-only."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import pytest

from faults.yard import Yard, eventually, open_yard
from support.server import ServerWords
from support.simulator import Simulator

__all__ = ["SmallDisk", "open_small_disk"]


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A running server, and its data directory, which is a whole disk, as seen from outside."""

    yard: Yard
    inside: Path

    @property
    def rest(self) -> Path:
        """The file that takes up the room."""
        return self.inside / "somebody-elses"

    def fill_up(self, leave: int = 0) -> None:
        """Let somebody else have all the room, but for so many bytes."""
        with contextlib.suppress(OSError), self.rest.open("ab", buffering=0) as rest:
            while True:
                rest.write(bytes(4096))
        if leave:
            os.truncate(self.rest, max(0, self.rest.stat().st_size - leave))

    def make_room(self) -> None:
        """Take everything back."""
        self.rest.unlink()

    def files(self, folder: str) -> list[Path]:
        """Return the files below one of the directories."""
        return sorted(path for path in (self.inside / folder).rglob("*") if path.is_file())

    def passed(self) -> int:
        """Return how many files the server has passed on without keeping them."""
        return int(self.yard.client.ask("/-/status").json()["passed_files"])

    def alarms(self) -> set[str]:
        """Return what the server says does not work."""
        return {alarm["kind"] for alarm in self.yard.client.ask("/-/status").json()["alarms"]}

    def until_alarms_are(self, *kinds: str) -> None:
        """Return as soon as these alarms last, and no others."""
        eventually(lambda: self.alarms() == set(kinds), lambda: f"{kinds} instead of others")


@contextlib.contextmanager
def open_small_disk(
    tmp_path: Path, upstream: Simulator, kilobytes: int, **words: Unpack[ServerWords]
) -> Iterator[SmallDisk]:
    """Run a server on a disk of that size. Skips the test where that is not allowed."""
    data = tmp_path / "data"
    data.mkdir()
    inside = ["unshare", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size={kilobytes}k none {data}"
    if not shutil.which("unshare"):
        pytest.skip("there is no `unshare` here")
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs to be root")
    words["settings"] = {"store.min_free_bytes": 0, **words.get("settings", {})}
    words["wrapper"] = [*inside, f'{mount} && exec "$@"', "sh"]
    with open_yard(data, upstream, **words) as yard:
        root = Path(f"/proc/{yard.server.process.pid}/root")
        yield SmallDisk(yard, root / data.relative_to("/"))
