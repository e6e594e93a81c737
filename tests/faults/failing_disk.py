"""Disks that fail: an `ext4` that stops being written to, system calls that end with EIO."""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import pytest

from faults.small_disk import SmallDisk
from faults.yard import open_yard
from support.server import ServerWords
from support.simulator import Simulator

__all__ = ["AbortableDisk", "failing_calls", "open_abortable_disk"]

IMAGE_BYTES = 32 * 1024**2
SYSTEM = "/usr/sbin:/sbin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class AbortableDisk(SmallDisk):
    """A server on a file system that can be made to fail as after an error of its device."""

    point: Path

    def abort(self) -> None:
        """Have the file system refuse every further write, with files open as they are.

        An ordinary `remount,ro` is refused while a file is open for writing; what a kernel does
        when a device fails is not.
        """
        enter = ["nsenter", f"--mount=/proc/{self.yard.server.process.pid}/ns/mnt"]
        subprocess.run(
            [*enter, "mount", "-o", "remount,abort", str(self.point)],
            capture_output=True,
            check=True,
        )


@contextlib.contextmanager
def open_abortable_disk(
    tmp_path: Path, upstream: Simulator, **words: Unpack[ServerWords]
) -> Iterator[AbortableDisk]:
    """Run a server on an `ext4` of its own. Skips the test where that is not possible."""
    data, image = tmp_path / "data", tmp_path / "image"
    data.mkdir()
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    found = {name: shutil.which(name, path=SYSTEM) for name in ("mkfs.ext4", "unshare", "nsenter")}
    if missing := [name for name, path in found.items() if path is None]:
        pytest.skip(f"there is no {missing} here")
    make = [str(found["mkfs.ext4"]), "-q", str(image)]
    subprocess.run(make, check=True, capture_output=True)
    inside = ["unshare", "--mount", "sh", "-c"]
    mount = f"mount -o loop {image} {data}"
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting an image needs to be root, and a loop device")
    words["settings"] = {"store.min_free_bytes": 0, **words.get("settings", {})}
    words["wrapper"] = [*inside, f'{mount} && exec "$@"', "sh"]
    with open_yard(data, upstream, **words) as yard:
        root = Path(f"/proc/{yard.server.process.pid}/root")
        yield AbortableDisk(yard, root / data.relative_to("/"), data)


@contextlib.contextmanager
def failing_calls(pid: int, calls: str, path: Path | None = None) -> Iterator[None]:
    """Have system calls of a process end with EIO: all of them, or those on one file.

    `calls` are their names, with commas. Skips the test where `strace` may not be used.
    """
    if not shutil.which("strace"):
        pytest.skip("there is no `strace` here")
    only = ["-P", str(path)] if path else []
    inject = ["-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"]
    with subprocess.Popen(
        ["strace", "-f", "-p", str(pid), "-o", "/dev/null", *only, *inject],
        stderr=subprocess.PIPE,
        text=True,
    ) as tracer:
        try:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"`strace` may not be used here: {said}")
            yield
        finally:
            tracer.send_signal(signal.SIGTERM)
            tracer.wait(180)
