"""From settings to a server that listens: sockets, certificate, workers, the application."""

import os
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from wheelyard.app import (
    App,
    look_after,
    running,
    schedule_publishes,
    schedule_syncs,
    tell_webhooks,
    watch_inboxes,
)
from wheelyard.catalog import open_directory
from wheelyard.clock import Instant, SystemClock
from wheelyard.monitor import (
    Address,
    Board,
    clear_board,
    configure_logs,
    forget_address,
    save_address,
)
from wheelyard.server.access_log import AccessLog
from wheelyard.server.edge import Edge
from wheelyard.server.exchange import Receive, Scope, Send
from wheelyard.server.from_settings import address_of, local_address, options_of
from wheelyard.server.listen import bind_sockets, listening_port
from wheelyard.server.operation import Operation
from wheelyard.server.process import Announce, AppFactory, Worker
from wheelyard.server.workers import serve as serve_workers
from wheelyard.settings import Settings
from wheelyard.stats import DownloadWriter

__all__ = ["Application", "serve"]


class Application:
    """The ASGI application of one worker: starts the program, then hands requests to the edge."""

    def __init__(
        self,
        settings: Settings,
        worker: Worker,
        environment: Mapping[str, str],
        started_at: Instant,
    ) -> None:
        """Serve ``settings`` in ``worker``, of a server that started at ``started_at``."""
        self._settings = settings
        self._started_at = started_at
        self._worker = worker
        self._environment = environment
        self._edge: Edge | None = None

    def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> Coroutine[object, object, None]:
        """Answer one ASGI event stream. Source: ASGI 3.0."""
        if scope["type"] == "http" and self._edge is not None:
            return self._edge(scope, receive, send)
        return self._other(scope, receive, send)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is no request; all but the lifespan is left alone."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run the program from start-up to shutdown."""
        async with AsyncExitStack() as stack:
            app = await stack.enter_async_context(running(self._settings, self._environment))
            log = AccessLog.open(self._settings.logs.access_log, app.clock)
            if log is not None:
                app.background.start_soon(log.run)
                stack.push_async_callback(log.close)
            rows, lines = app.catalog.downloads, app.catalog.ingested
            writer = DownloadWriter(app.tally, rows, app.clock, lines)
            app.background.start_soon(writer.run)
            stack.push_async_callback(writer.end)
            look_after(app)
            schedule_syncs(app)
            schedule_publishes(app, self._environment)
            watch_inboxes(app)
            tell_webhooks(app, self._environment)
            operation = Operation(app, self._worker, self._board(app), self._started_at)
            app.background.start_soon(operation.publish)
            self._edge = Edge(app, operation, log)
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _board(self, app: App) -> Board:
        """Return where the workers of this server tell each other what they counted."""
        shared = self._settings.server.workers > 1
        return Board(app.directory.run if shared else None, self._worker.number)


def serve(settings: Settings, environment: Mapping[str, str], announce: Announce) -> None:
    """Serve until told to stop; call ``announce`` with our address once requests are taken.

    ``environment`` is where proxies and pip's settings for the upstream are looked up.

    Raises:
        ConfigError: it cannot start; the sentence says why and what to do.
    """
    clock = SystemClock()
    with open_directory(settings.store.data, clock) as directory:
        clear_board(directory.run)
        factory = partial(make_application, settings, dict(environment), clock.now())
        _serve(settings, directory.run, factory, announce)


def _serve(settings: Settings, run: Path, factory: AppFactory, announce: Announce) -> None:
    """Serve with the data directory open: nobody migrates it between our workers' starts."""
    server = settings.server
    sockets = bind_sockets(server.host, server.port, server.uds)
    port = listening_port(sockets)
    options = options_of(settings, server.workers)

    def announce_address() -> None:
        certificate = str(server.tls_cert or "")
        uds = str(server.uds or "")
        local = local_address(server, port).rstrip("/")
        save_address(run, Address(local, uds, certificate, os.getpid()))
        announce(address_of(server, port))

    try:
        serve_workers(factory, sockets, options, announce_address)
    finally:
        forget_address(run, os.getpid())


def make_application(
    settings: Settings, environment: Mapping[str, str], started_at: Instant, worker: Worker
) -> Application:
    """Return the application of ``worker``; it sets up the logs of its process."""
    configure_logs(settings.logs, worker=worker.number if settings.server.workers > 1 else 0)
    return Application(settings, worker, environment, started_at)
