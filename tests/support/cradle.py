"""A process that has imported the whole program and forks one whenever it is told to.

Nine tenths of a start are importing, and the tests start many hundreds. Run by `forking.py`, which
speaks to it through an inherited socket: one message, and the descriptors with it, is one program.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NoReturn

__all__ = ["main"]

NEEDED = (
    "aiohttp",
    "alembic.autogenerate",
    "alembic.command",
    "httptools",
    "logging.config",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvloop",
    "wheelyard.__main__",
    "wheelyard.app",
    "wheelyard.catalog.migrations",
    "wheelyard.catalog.upgrade",
    "wheelyard.cli.main",
    "wheelyard.cli.serve",
    "wheelyard.repository.compose",
    "wheelyard.server.serving",
    "wheelyard.server.workers",
)
"""What a server has imported by the time that it serves."""

LONGEST_ORDER = 1 << 17
MOST_DESCRIPTORS = 5

_SET_DEATH_SIGNAL = 1
"""Source: prctl(2), PR_SET_PDEATHSIG."""


def main() -> None:
    """Fork programs until nobody is there who could ask for one, and tell how each ended."""
    for name in NEEDED:
        import_module(name)
    gc.freeze()  # what is collected later leaves these pages alone, and shared
    line = socket.socket(fileno=int(sys.argv[1]))
    line.send(b"ready")
    running: dict[int, tuple[int, int]] = {}
    events = select.poll()
    events.register(line, select.POLLIN)
    while True:
        for descriptor, _ in events.poll():
            if descriptor in running:
                events.unregister(descriptor)
                _report(descriptor, *running.pop(descriptor))
                continue
            message, descriptors, _, _ = socket.recv_fds(line, LONGEST_ORDER, MOST_DESCRIPTORS)
            if not message:
                return
            *inherited, report = descriptors
            pid = os.fork()
            if pid == 0:
                line.detach()
                _become_program(json.loads(message), inherited)
            handle = os.pidfd_open(pid)  # before anybody could have waited for it
            running[handle] = (pid, report)
            events.register(handle, select.POLLIN)
            for each in inherited:
                os.close(each)
            socket.send_fds(line, [str(pid).encode()], [handle])


def _report(handle: int, pid: int, report: int) -> None:
    """Write how a process ended to whoever waits for it."""
    _, status = os.waitpid(pid, 0)
    os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(report)
    os.close(handle)


def _become_program(order: Mapping[str, object], descriptors: list[int]) -> NoReturn:
    """Be `python -m wheelyard` from here on, as soon as `go` can be read, if there is one.

    The interpreter ends as it always does, with all that stands at its exit.
    """
    os.setsid()
    # Nobody else would end it if the test run is killed: then this process's parent ends.
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    standard, go = descriptors[:3], descriptors[3:]
    for ours, number in zip(standard, range(3), strict=True):
        os.dup2(ours, number)
    for each in go:
        os.read(each, 1)  # whoever traces us is there
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    _take_on(order)
    arguments = order["arguments"]
    assert isinstance(arguments, list)
    sys.exit(import_module("wheelyard.cli.main").run(arguments))


def _take_on(order: Mapping[str, object]) -> None:
    """Have the place, the environment and the words that an interpreter of its own would have."""
    first, environ, arguments = order["first"], order["environ"], order["arguments"]
    assert isinstance(first, list)
    assert isinstance(environ, dict)
    assert isinstance(arguments, list)
    os.chdir(str(order["cwd"]))
    for module, function, words in first:
        getattr(import_module(module), function)(*words)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    program = import_module("wheelyard.__main__")
    sys.modules["__main__"] = program  # which is what workers look for
    sys.argv = [str(program.__file__), *arguments]
    ours = {str(Path(__file__).parent), str(Path(__file__).parents[1])}
    sys.path[:] = [str(Path.cwd()), *(place for place in sys.path if place not in ours)]


if __name__ == "__main__":
    main()
