"""One serving process: from an application and listening sockets to the last answer.

uvicorn's ``Server`` with our own start (errors reach the caller, handshakes have a deadline), our
own signals (a graceful end is exit 0; the second signal forces it) and our own end:

1. ``Worker.draining`` is set, so that readiness is refused; after ``notice_seconds``
2. nothing new is accepted, idle connections are closed, running requests go on;
3. after ``drain_seconds``, or when forced, what still runs is cut;
4. the application's lifespan ends.
"""

import asyncio
import contextlib
import logging
import resource
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Protocol

import uvicorn
import uvloop

from wheelyard.server.lane import make_protocol
from wheelyard.server.lifespan import Application, Lifespan
from wheelyard.server.listen import BACKLOG, TlsFiles, load_tls, release_sockets
from wheelyard.server.watch import LaneCounters, LaneLimits

__all__ = [
    "Announce",
    "AppFactory",
    "Application",
    "Ending",
    "Hooks",
    "ServeOptions",
    "Worker",
    "run_process",
]

LOGGER = logging.getLogger("wheelyard.server")

STEP_SECONDS = 0.05
"""How often a draining process looks whether it is done."""

LIFESPAN_SECONDS = 10.0
HANDSHAKE_SECONDS = 10.0
STRAGGLER_SECONDS = 2.0


@dataclass(slots=True)
class Worker:
    """One serving process, as its application sees it.

    ``number`` counts from 1.  Once ``draining`` is true the process takes no new work; whoever
    answers for readiness says no from then on.
    """

    number: int = 1
    counters: LaneCounters = field(default_factory=LaneCounters)
    draining: bool = False


AppFactory = Callable[[Worker], Application]
"""Makes the application in the process that serves it, before its event loop runs.

With several workers it is pickled and runs in each of them, so it also sets up their logs.
"""

Announce = Callable[[str], None]
"""Hears of our address, once requests are taken."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve: the number of processes, limits for clients, certificate, the end.

    ``notice_seconds`` is how long new connections are still taken after readiness is refused, for
    load balancers that find out by asking.
    """

    workers: int = 1
    limits: LaneLimits = field(default_factory=LaneLimits)
    tls: TlsFiles | None = None
    drain_seconds: float = 30.0
    notice_seconds: float = 0.0


class Ending(Protocol):
    """How to end a server. Both may be called at any moment, also by a signal handler."""

    def drain(self) -> None:
        """Take nothing new and finish what runs; again has no further effect."""

    def cut(self) -> None:
        """End at once."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Whom to tell: ``on_start`` is called once requests are served.

    ``control`` is called in the event loop before the application starts; whoever gives one takes
    charge of the signals.  Whoever shares the sockets does not own them.
    """

    on_start: Callable[[], None]
    control: Callable[[Ending], None] | None = None
    owns_sockets: bool = True


def run_process(
    app_factory: AppFactory,
    sockets: Sequence[socket.socket],
    options: ServeOptions,
    worker: Worker,
    hooks: Hooks,
) -> None:
    """Serve until told to end, then drain. Signals are handled in the main thread only.

    Raises:
        ConfigError: a setting is unusable; also whatever else the application's start raises.
    """
    raise_open_files_limit()
    app = app_factory(worker)
    server = _Server(make_config(app, options, worker.counters), options, worker, hooks)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(list(sockets)))


def make_config(app: Application, options: ServeOptions, counters: LaneCounters) -> uvicorn.Config:
    """Return uvicorn's settings. Nothing of it reads the environment or writes logs of its own."""
    tls = load_tls(options.tls) if options.tls is not None else None
    return uvicorn.Config(
        app,
        http=make_protocol(options.limits, counters),
        interface="asgi3",
        lifespan="off",  # ours takes its place
        loop="uvloop",
        ws="none",
        workers=1,
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,  # its start and end are told by us
        server_header=False,
        date_header=True,
        proxy_headers=False,  # trusted proxies are settings of ours
        forwarded_allow_ips="",
        timeout_keep_alive=int(options.limits.idle_seconds),
        timeout_graceful_shutdown=int(options.drain_seconds),
        ssl_context_factory=partial(_give, tls) if tls is not None else None,
    )


def raise_open_files_limit() -> None:
    """Allow this process as many open files as the system lets it have without asking.

    Every connection is an open file, and the usual soft limit of 1,024 is for programs that use
    ``select``.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS names a limit that it refuses
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _is_not_a_cancellation(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


def _give(tls: ssl.SSLContext, *_from_uvicorn: object) -> ssl.SSLContext:
    return tls


class _Server(uvicorn.Server):
    """uvicorn's server, started, signalled and ended as this module says."""

    _tasks: asyncio.TaskGroup
    lifespan: Lifespan  # takes the place of uvicorn's

    def __init__(
        self, config: uvicorn.Config, options: ServeOptions, worker: Worker, hooks: Hooks
    ) -> None:
        super().__init__(config)
        self._options = options
        self._worker = worker
        self._hooks = hooks
        self._told_at = 0.0

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on ``sockets`` until told to end; raises what the application's start raises."""
        failure: Exception | None = None
        async with asyncio.TaskGroup() as self._tasks:
            try:
                await super().serve(sockets)
            except Exception as error:  # noqa: BLE001  # raised below, or it would become a group
                failure = error
        if failure is not None:
            raise failure

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then take connections from ``sockets``."""
        if self._hooks.control is not None:
            self._hooks.control(self)
        self.lifespan = Lifespan(self.config.loaded_app, self._tasks)
        if not await self.lifespan.startup(is_wanted=lambda: not self._worker.draining):
            self.should_exit = True  # told to end before anything was served
            return
        await self.on_tick(0)  # the first answer has a date too
        self.servers = []
        self.started = True  # from here on ``shutdown`` has something to do
        for sock in sockets or []:
            self.servers.append(await self._listen(sock))
        self._hooks.on_start()

    async def _listen(self, sock: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        make_connection = partial(
            self.config.http_protocol_class,  # type: ignore[call-arg]  # a protocol of uvicorn's
            self.config,
            self.server_state,
            self.lifespan.state,
        )
        tls = self.config.ssl
        listen = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
        return await listen(
            make_connection,
            sock=sock,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls is not None else None,
            backlog=BACKLOG,  # or the loop listens again, with a queue of 100
        )

    async def on_tick(self, counter: int) -> bool:
        """Do what is due every 0.1 seconds; return True when it is time to end."""
        should_end = await super().on_tick(counter)
        if not self._worker.draining:
            return should_end
        has_been_noticed = time.monotonic() - self._told_at >= self._options.notice_seconds
        return should_end or has_been_noticed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, let requests finish, cut the rest, end the application."""
        state = self.server_state
        LOGGER.info("Draining: %d requests are running.", len(state.tasks))
        if self._hooks.owns_sockets:
            release_sockets(sockets or [])
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(state.connections):
            connection.shutdown()
        deadline = time.monotonic() + self._options.drain_seconds
        while (state.connections or state.tasks) and not self.force_exit:
            if time.monotonic() >= deadline:
                LOGGER.warning(
                    "%d requests were still running after %g seconds and were cut.",
                    len(state.tasks),
                    self._options.drain_seconds,
                )
                break
            await asyncio.sleep(STEP_SECONDS)
        await self._cut_stragglers()
        await self._end_application()

    async def _cut_stragglers(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # now the requests know that nobody listens any more
        tasks = set(self.server_state.tasks)
        if not tasks:
            return
        # uvicorn reports every cancelled request with a traceback; we said what there is to say.
        logging.getLogger("uvicorn.error").addFilter(_is_not_a_cancellation)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STRAGGLER_SECONDS)

    async def _end_application(self) -> None:
        seconds = 0.0 if self.force_exit else LIFESPAN_SECONDS
        try:
            await self.lifespan.shutdown(seconds)
        except TimeoutError:
            if seconds:
                LOGGER.warning("The application took more than %g seconds to end.", seconds)
        except Exception:
            LOGGER.exception("The application failed while it ended.")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully at the first signal, at once at the second."""
        if threading.current_thread() is not threading.main_thread() or self._hooks.control:
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's
        """Take note of a signal: the first drains, the second cuts."""
        if self._worker.draining:
            self.cut()
        else:
            self.drain()

    def drain(self) -> None:
        """Take nothing new and finish what runs."""
        if not self._worker.draining:
            self._told_at = time.monotonic()
            self._worker.draining = True

    def cut(self) -> None:
        """End at once."""
        self.drain()
        self.force_exit = self.should_exit = True
