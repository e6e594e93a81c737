"""Serving with one process or with several: the way in for ``wheelyard serve``.

One worker is this process.  Several are spawned and take connections from the same sockets; this
process supervises them and alone decides about signals.  It tells its workers over a pipe, because
a terminal or a service manager signals every process of the group, and a worker must not take that
for a second signal.
"""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import FrameType

from wheelyard.errors import ConfigError, WheelyardError
from wheelyard.server.listen import load_tls, release_sockets
from wheelyard.server.process import AppFactory, Ending, Hooks, ServeOptions, Worker, run_process
from wheelyard.server.supervisor import Failed, Order, Rules, Started, Supervisor, Team

__all__ = ["serve"]

EXTRA_SECONDS = 15.0
"""What ending the application may take after the last request, before a worker is killed."""


def serve(
    app_factory: AppFactory,
    sockets: Sequence[socket.socket],
    options: ServeOptions,
    announce: Callable[[], None],
) -> None:
    """Serve on ``sockets`` until a signal, then drain; return when the last request is answered.

    ``announce`` is called once requests are served.  Call this in the main thread.

    Raises:
        ConfigError: a setting is unusable; nothing was served.
        Unavailable: the workers do not start, or do not stay alive.
        Exception: with one worker, whatever else the application's start raises.
    """
    try:
        if options.workers == 1:
            run_process(app_factory, sockets, options, Worker(), Hooks(announce))
        else:
            _supervise(app_factory, sockets, options, announce)
    finally:
        release_sockets(sockets)


def _supervise(
    app_factory: AppFactory,
    sockets: Sequence[socket.socket],
    options: ServeOptions,
    announce: Callable[[], None],
) -> None:
    if options.tls is not None:
        load_tls(options.tls)  # one sentence here, instead of one per worker
    job = _Job(app_factory, tuple(sockets), options)
    team = Team(options.workers, job.hire, announce, partial(release_sockets, sockets))
    seconds = options.notice_seconds + options.drain_seconds + EXTRA_SECONDS
    Supervisor(team, Rules(options.notice_seconds, drain_seconds=seconds)).run()


@dataclass(frozen=True, slots=True)
class _Job:
    """What every worker does; travels to it by pickle."""

    app_factory: AppFactory
    sockets: tuple[socket.socket, ...]
    options: ServeOptions

    def hire(self, number: int) -> tuple[BaseProcess, Connection]:
        """Start a worker; return its process and our end of the pipe to it."""
        spawn = multiprocessing.get_context("spawn")  # a fork would inherit locks and threads
        ours, theirs = spawn.Pipe()
        process = spawn.Process(
            target=self.run, args=(number, theirs), name=f"wheelyard worker {number}"
        )
        process.start()
        theirs.close()
        return process, ours

    def run(self, number: int, pipe: Connection) -> None:
        """Be worker ``number``, in its process."""
        for group_signal in (signal.SIGINT, signal.SIGHUP):
            signal.signal(group_signal, signal.SIG_IGN)
        hooks = Hooks(
            on_start=partial(pipe.send, Started()), control=partial(_obey, pipe), owns_sockets=False
        )
        try:
            run_process(self.app_factory, self.sockets, self.options, Worker(number), hooks)
        except WheelyardError as error:
            pipe.send(Failed(str(error), isinstance(error, ConfigError)))


def _obey(pipe: Connection, ending: Ending) -> None:
    """Do as the supervisor orders; drain if it is gone. Called in the worker's event loop."""
    loop = asyncio.get_running_loop()

    def on_readable() -> None:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            loop.remove_reader(pipe.fileno())
            ending.drain()
            return
        if order is Order.CUT:
            ending.cut()
        else:
            ending.drain()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        ending.drain()

    loop.add_reader(pipe.fileno(), on_readable)
    signal.signal(signal.SIGTERM, on_signal)
