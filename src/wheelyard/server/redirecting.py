"""From settings to a redirector that listens. No data directory, no database, no disk."""

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

import anyio

from wheelyard.clock import Instant, SystemClock
from wheelyard.decide.redirecting import Ways, plan_targets
from wheelyard.errors import ConfigError
from wheelyard.monitor import configure_logs
from wheelyard.server.access_log import AccessLog
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Receive, Scope, Send
from wheelyard.server.from_settings import address_of, options_of
from wheelyard.server.listen import bind_sockets, listening_port
from wheelyard.server.process import Announce, Worker
from wheelyard.server.redirector import Redirector, RedirectorParts
from wheelyard.server.target_watch import TargetWatch, WatchParts
from wheelyard.server.workers import serve as serve_workers
from wheelyard.settings import Settings
from wheelyard.transport import read_proxies

__all__ = ["Application", "redirect"]

_START_SECONDS = 1.0
"""How long the start waits for the first round of checks; then requests are answered anyway."""


class Application:
    """The ASGI application: checks the targets, and hands requests to the redirector."""

    def __init__(
        self,
        settings: Settings,
        worker: Worker,
        environment: Mapping[str, str],
        started_at: Instant,
    ) -> None:
        """Redirect as ``settings`` say, in ``worker``."""
        self._settings = settings
        self._worker = worker
        self._started_at = started_at
        self._clock = SystemClock()
        self._instance = secrets.token_hex(8)
        redirect = settings.redirect
        targets = plan_targets(redirect.static, redirect.dynamic, redirect.indexes)
        proxies = read_proxies(environment)
        self._watch = TargetWatch(
            WatchParts(redirect, targets, self._instance, self._clock, proxies)
        )
        self._redirector: Redirector | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI event stream. Source: ASGI 3.0."""
        if scope["type"] == "http" and self._redirector is not None:
            await self._redirector(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run from start-up to shutdown."""
        async with AsyncExitStack() as stack:
            log = AccessLog.open(self._settings.logs.access_log, self._clock)
            await self._watch.open(stack)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(tasks.cancel_scope.cancel)
            if log is not None:
                tasks.start_soon(log.run)
                stack.push_async_callback(log.close)
            await receive()
            tasks.start_soon(self._watch.run)
            await self._watch.first_round(_START_SECONDS)
            self._redirector = Redirector(self._parts(log))
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _parts(self, log: AccessLog | None) -> RedirectorParts:
        """Return what the redirector is made of."""
        server = self._settings.server
        return RedirectorParts(
            Ways(self._settings.redirect.indexes),
            self._watch,
            self._instance,
            self._worker,
            self._clock,
            Addresses(server.base_url, server.trusted_proxies),
            self._started_at,
            log,
        )


def redirect(settings: Settings, environment: Mapping[str, str], announce: Announce) -> None:
    """Redirect until told to stop; call ``announce`` with our address once requests are taken.

    ``environment`` is where the proxies for the checks are looked up.

    Raises:
        ConfigError: it cannot start; the sentence says why and what to do.
    """
    if not settings.redirect.static and not settings.redirect.dynamic:
        message = (
            "There is nowhere to send clients: give `--static` the address of a published tree, "
            "`--dynamic` that of a server, or both."
        )
        raise ConfigError(message)
    configure_logs(settings.logs)
    server = settings.server
    sockets = bind_sockets(server.host, server.port, server.uds)
    address = address_of(server, listening_port(sockets))
    factory = partial(_make, settings, dict(environment), SystemClock().now())
    # One process is enough: an answer takes some 40 microseconds, and two would check twice.
    serve_workers(factory, sockets, options_of(settings, 1), partial(announce, address))


def _make(
    settings: Settings, environment: Mapping[str, str], started_at: Instant, worker: Worker
) -> Application:
    """Return the application of ``worker``."""
    return Application(settings, worker, environment, started_at)
