"""Programs that start in a tenth of a second, because they are forked from one that is ready.

::

    process = shared_cradle().fork(Birth(["serve", ...], environ, cwd, (0, pipe, log)))
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0

One cradle is shared by all that a test process starts; it is made when it is first asked for.
"""

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TextIO

from support.cradle import MOST_DESCRIPTORS
from support.house import ROOT

__all__ = ["Birth", "Cradle", "Forked", "can_fork", "shared_cradle"]

_PATIENCE_SECONDS = 180.0

_FREE_NAMES = frozenset({"COLUMNS", "HOME", "PATH", "TMPDIR"})
_FREE_BEGINNINGS = ("AWS_", "PIP_", "WHEELYARD")
_FREE_ENDING = "_TOKEN"
_GIVEN = {
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": str(ROOT / "src"),
}


def can_fork(environ: Mapping[str, str]) -> bool:
    """Say whether a forked program would do with this environment as one of its own would.

    That is so for what the program reads when it needs it. The interpreter and the libraries read
    other names when they start, or are imported, which the cradle has done before.
    """
    if not hasattr(os, "pidfd_open"):
        return False
    return all(
        _GIVEN.get(name) == value
        or name in _FREE_NAMES
        or name.startswith(_FREE_BEGINNINGS)
        or name.endswith(_FREE_ENDING)
        for name, value in environ.items()
    )


@dataclass(frozen=True, slots=True)
class Birth:
    """What a program is given.

    `standard` are its input, output and errors. `first` is called in its process before anything
    else: module, function and arguments. With `go` it waits until that can be read.
    """

    arguments: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path
    standard: tuple[int, int, int]
    first: Sequence[tuple[str, str, Sequence[object]]] = ()
    go: int | None = None

    def render(self) -> bytes:
        """Return the order as the cradle reads it."""
        order = {
            "arguments": list(self.arguments),
            "cwd": str(self.cwd),
            "environ": dict(self.environ),
            "first": list(self.first),
        }
        return json.dumps(order).encode()


@dataclass(slots=True)
class Forked:
    """A process that came from a cradle, with the words of `subprocess.Popen`."""

    pid: int
    handle: int = field(repr=False)
    """A descriptor that is readable once the process is dead, and never means another one."""
    _report: int = field(repr=False)
    stdout: TextIO | None = field(default=None, repr=False)
    """What it writes, if that is read here."""
    returncode: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.stdout is not None:
            self.stdout.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, or minus the signal that ended it; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code as soon as it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not after so many seconds.
        """
        if self.returncode is not None:
            return self.returncode
        if not select.select([self._report], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(["wheelyard"], timeout or 0)
        # With its cradle goes everything that came from it.
        self.returncode = int(os.read(self._report, 16) or -signal.SIGKILL)
        os.close(self._report)
        os.close(self.handle)
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it is there."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Cradle:
    """The process that has imported everything."""

    def __init__(self, *command: str) -> None:
        """Start it; `command` runs another one, such as `unshare --mount`.

        Raises:
            AssertionError: the program cannot even be imported.
        """
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(_PATIENCE_SECONDS)
        program = str(Path(__file__).with_name("cradle.py"))
        with theirs:
            self._process = subprocess.Popen(
                [*command, sys.executable, program, str(theirs.fileno())],
                cwd=ROOT,
                env={
                    "LANG": "C.UTF-8",
                    "PATH": os.defpath,
                    "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
                },
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        if self._line.recv(16) != b"ready":
            self.close()
            raise AssertionError("the program cannot even be imported")

    @property
    def pid(self) -> int:
        """Return the id of the process from which programs come."""
        return self._process.pid

    def close(self) -> None:
        """End it, and every program that came from it."""
        self._line.close()
        self._process.wait(_PATIENCE_SECONDS)

    def fork(self, birth: Birth) -> Forked:
        """Start a program; the descriptors that it is given stay the caller's to close."""
        report, theirs = os.pipe()
        given = [*birth.standard, *([] if birth.go is None else [birth.go]), theirs]
        try:
            with self._lock:
                socket.send_fds(self._line, [birth.render()], given)
                pid, (handle,), _, _ = socket.recv_fds(self._line, 16, MOST_DESCRIPTORS)
        finally:
            os.close(theirs)
        return Forked(int(pid), handle, report)


@functools.cache
def shared_cradle() -> Cradle:
    """Return the cradle of this test process; it ends with it."""
    cradle = Cradle()
    atexit.register(cradle.close)
    return cradle
