"""A disk that loses its power: everything that was not synced is gone.

A file as a loop device with ext4 on it, and ext4's own shutdown request, told not to flush its
log. It loses what was not flushed, and neither reorders nor tears what was. It is mounted where
only the nursery's servers see it; we look through `/proc`.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Disk", "NoPowerError", "open_disk", "private_mounts"]

# Source: include/uapi/linux/ext4.h of Linux: EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = struct.pack("I", 2)
_SIZE_BYTES = 128 * 1024**2


class NoPowerError(Exception):
    """Why power cannot be lost on this machine."""


def tool(name: str) -> str:
    """Return where a program of the system is.

    Raises:
        NoPowerError: it is not there.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise NoPowerError(f"`{name}` is not installed")
    return found


def private_mounts() -> list[str]:
    """Return the command that runs another one with mounts of its own.

    Raises:
        NoPowerError: this user may not have any.
    """
    if os.geteuid() != 0:
        raise NoPowerError("only root may mount a disk")
    return [tool("unshare"), "--mount", "--propagation", "private"]


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that is mounted in the view of one process."""

    device: str
    pid: int
    served: Path
    """Where that process sees it."""

    @property
    def ours(self) -> Path:
        """Return where we see it."""
        return Path(f"/proc/{self.pid}/root{self.served}")

    def mount(self) -> None:
        """Put it into the view; what an earlier end left in its log is replayed."""
        self._inside("mount", "-t", "ext4", self.device, str(self.served))

    def unmount(self) -> None:
        """Take it out of the view; if it has power, everything is written first."""
        self._inside("umount", str(self.served))

    def cut(self) -> None:
        """Lose power: nothing is written from here on."""
        descriptor = os.open(self.ours, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, _NO_LOG_FLUSH)
        finally:
            os.close(descriptor)

    def _inside(self, *command: str) -> None:
        _run(tool("nsenter"), "--mount", f"--target={self.pid}", *command)


@contextmanager
def open_disk(home: Path, pid: int) -> Iterator[Disk]:
    """Make a disk and mount it in the view of the process `pid`.

    Raises:
        NoPowerError: this machine does not let us.
    """
    image, served = home / "disk.img", home / "disk"
    served.mkdir()
    with image.open("wb") as file:
        file.truncate(_SIZE_BYTES)
    _run(tool("mkfs.ext4"), "-q", "-F", str(image))
    device = _run(tool("losetup"), "--find", "--show", str(image)).strip()
    disk = Disk(device, pid, served)
    try:
        disk.mount()
        yield disk
    finally:
        # Detached once the last process of that view has ended.
        _run(tool("losetup"), "--detach", device)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoPowerError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
