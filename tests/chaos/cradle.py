"""A process that has imported the whole server and forks one whenever it is told to.

Half a second of every start is importing, and a campaign starts thousands. Run by `nursery.py`,
which speaks to it through an inherited socket: one message is one server.
"""

import ctypes
import faulthandler
import json
import os
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from chaos.sundial import follow

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


_SET_DEATH_SIGNAL = 1
"""Source: prctl(2), PR_SET_PDEATHSIG."""


def main() -> None:
    """Fork servers until nobody is there who could ask for one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for name in NEEDED:
        import_module(name)
    with socket.socket(fileno=int(sys.argv[1])) as line:
        line.send(b"ready")
        while True:
            message, descriptors, _, _ = socket.recv_fds(line, 1 << 16, 3)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                _become_server(json.loads(message), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            line.send(str(pid).encode())


def _become_server(order: dict[str, object], descriptors: list[int]) -> NoReturn:
    """Be `wheelyard serve` from here on, as soon as the first byte of `go` is there."""
    code = 70
    try:
        os.setsid()
        # Nobody else would end it if the test run is killed: then this process's parent ends.
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        output, log, go = descriptors
        for ours, standard in ((output, 1), (log, 2)):
            os.dup2(ours, standard)
            os.close(ours)
        faulthandler.register(signal.SIGUSR2)  # what it does, for whoever waits in vain
        os.read(go, 1)  # whoever traces us is there
        os.close(go)
        os.chdir(str(order["home"]))
        if order["sundial"] is not None:
            follow(Path(str(order["sundial"])))
        environ = order["environ"]
        arguments = order["arguments"]
        assert isinstance(environ, dict)
        assert isinstance(arguments, list)
        os.environ.clear()
        os.environ.update(environ)
        code = import_module("wheelyard.cli.main").run(arguments)
    except BaseException:  # noqa: BLE001  what the parent would do with it is none of its business
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
