"""What operators and their tools ask: is it alive, is it ready, what is its state.

``live``: the process answers. ``ready``: it can serve what it holds; an upstream that is down
does not make it unready, draining does.
"""

from urllib.parse import parse_qs

import anyio
import anyio.to_thread

from wheelyard import __version__
from wheelyard.app import App
from wheelyard.catalog import SyncRunRow
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.monitor import (
    METRICS_TYPE,
    Activity,
    Board,
    Health,
    Held,
    ServerFacts,
    Signs,
    WorkerSnapshot,
    build_status,
    decide_health,
    months_before,
    render_badge,
    render_metrics,
    render_status,
    take_snapshot,
)
from wheelyard.names import IndexName, ProjectName
from wheelyard.server.address import Addresses
from wheelyard.server.changes import Changes, ChangesParts
from wheelyard.server.download_api import DownloadApi, DownloadApiParts
from wheelyard.server.exchange import Exchange
from wheelyard.server.manifests import send_manifest
from wheelyard.server.process import Worker
from wheelyard.server.readers import Readers, rules_of

__all__ = ["Operation"]

_PUBLISH_SECONDS = 2.0
"""How often a worker tells the others what it counted."""


class Operation:
    """Answers what is below ``/-/``."""

    def __init__(self, app: App, worker: Worker, board: Board, started_at: Instant) -> None:
        """Tell the state of ``app`` in ``worker``; the other workers' is on ``board``.

        ``started_at`` is when the server started, which this worker may have done later.
        """
        self._app = app
        self._worker = worker
        self._board = board
        self._started_at = started_at
        self._changes: Changes | None = None
        self._downloads: DownloadApi | None = None

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``-`` in the path."""
        match parts:
            case ["live"]:
                await _send(exchange, "text/plain; charset=utf-8", b"alive\n")
            case ["ready"]:
                await self._ready(exchange)
            case ["metrics"]:
                facts, counted, health = await self._facts()
                await _send(exchange, METRICS_TYPE, render_metrics(facts, counted, health))
            case ["status"]:
                facts, counted, health = await self._facts()
                report = build_status(facts, counted, health, self._app.clock.now())
                await _send(exchange, "application/json", render_status(report))
            case ["ready.svg"]:
                await self._badge(exchange)
            case ["changes"]:
                await self._feed()(exchange)
            case ["api", *rest]:
                await self._counts()(exchange, rest)
            case ["manifest", *name] if len(name) <= 1:
                await send_manifest(self._app, exchange, *name)
            case _:
                path = "/".join(parts)[:100]
                raise Absent(f"`/-/{path}`")

    async def publish(self) -> None:
        """Tell the other workers what this one counted, now and then, until cancelled."""
        while True:
            await anyio.to_thread.run_sync(self._board.publish, self._snapshot())
            await anyio.sleep(_PUBLISH_SECONDS)

    def _feed(self) -> Changes:
        """Return the change feed, made when somebody first asks for it."""
        if self._changes is None:
            app = self._app
            parts = ChangesParts(
                app.catalog.change_feed,
                app.indexes,
                Readers(app.access),
                self._addresses(),
                lambda: self._worker.draining,
            )
            self._changes = Changes(parts)
        return self._changes

    def _counts(self) -> DownloadApi:
        """Return what tells how often projects were taken, made when somebody first asks."""
        if self._downloads is None:
            app = self._app
            parts = DownloadApiParts(
                lambda: app.catalog.downloads,
                app.indexes,
                Readers(app.access),
                self._addresses(),
                app.clock,
            )
            self._downloads = DownloadApi(parts)
        return self._downloads

    def _addresses(self) -> Addresses:
        """Return what knows the address of a client, and of this server."""
        server, access = self._app.settings.server, self._app.settings.access
        return Addresses(server.base_url, server.trusted_proxies, access.user_header)

    async def _ready(self, exchange: Exchange) -> None:
        """Answer 200 if requests for what is held will be served."""
        health = await self._health()
        if not health.is_ready:
            raise Unavailable("This server", " ".join(health.reasons))
        await _send(exchange, "text/plain; charset=utf-8", b"ready\n")

    async def _badge(self, exchange: Exchange) -> None:
        """Answer with a picture of what ``wheelyard ready`` last found about a file, or all."""
        given = parse_qs(exchange.scope["query_string"].decode("latin-1"))
        names = given.get("file", [])
        rows = await self._app.catalog.readiness.load()
        meant = [row for row in rows if not names or row.name in names]
        await _send(exchange, "image/svg+xml", render_badge(meant, self._app.clock.now()))

    async def _facts(self) -> tuple[ServerFacts, WorkerSnapshot, Health]:
        """Return what is known of the server: itself, its counts over all workers, its health."""
        app = self._app
        watched_since = app.catalog.identity.created_at
        oldest = Instant(months_before(app.clock.now()))
        facts = ServerFacts(
            version=__version__,
            instance=app.directory.instance,
            started_at=self._started_at,
            data=str(app.directory.path),
            held=await self._held(),
            outages=await app.catalog.outages.since(oldest),
            watched_since=watched_since,
            scrub=await app.catalog.scrubs.load(),
            merged=app.settings.names.merge,
            public_twins=await self._shown_twins(),
            last_modified=await self._last_modified(),
            readiness=await app.catalog.readiness.load(),
            syncs=await self._syncs(),
        )
        counted = await anyio.to_thread.run_sync(self._board.collect, self._snapshot())
        return facts, counted, await self._health()

    async def _syncs(self) -> tuple[SyncRunRow, ...]:
        """Return the last run of each index that everybody may read."""
        last = self._app.catalog.sync_runs.last
        return tuple([row for name in self._open_indexes() for row in await last(name)])

    def _open_indexes(self) -> list[IndexName]:
        """Return the indexes that everybody may read."""
        indexes = self._app.indexes.items()
        return [name for name, index in indexes if rules_of(index).read == "anyone"]

    async def _last_modified(self) -> dict[str, float]:
        """Return when each index that everybody may read was last filled ahead of need."""
        known = self._app.catalog.sync_runs.last_complete
        moments = {name: await known(name) for name in self._open_indexes()}
        return {name: moment for name, moment in moments.items() if moment is not None}

    async def _shown_twins(self) -> tuple[ProjectName, ...]:
        """Return the twins whose projects of ours everybody may read: the log has the others.

        Nobody is asked who they are before the state is told.
        """
        indexes = self._app.indexes.values()
        is_open = {index.owner for index in indexes if rules_of(index).read == "anyone"}
        return tuple(
            sorted(
                [
                    name
                    for name in self._app.twins
                    if is_open.intersection(await self._app.catalog.hosting.owners_of(name))
                ]
            )
        )

    async def _health(self) -> Health:
        """Return whether this worker is fit to answer."""
        app, problem = self._app, ""
        try:
            await app.catalog.journal.last()
        except WheelyardError as error:
            problem = str(error)
        signs = Signs(
            is_draining=self._worker.draining,
            catalog_problem=problem,
            free_bytes=await anyio.to_thread.run_sync(app.directory.free_bytes),
            min_free_bytes=app.settings.store.min_free_bytes,
            doors=self._snapshot().doors,
            alarms=[
                f"{alarm.sentence(trouble).rstrip('.')}."
                for trouble, alarm in app.fills.parts.alarms.lasting.items()
            ],
        )
        return decide_health(signs)

    async def _held(self) -> Held:
        """Return how much is held."""
        counts = await self._app.catalog.counts()
        free = await anyio.to_thread.run_sync(self._app.directory.free_bytes)
        return Held(counts.pages, counts.held, counts.held_bytes, free)

    def _snapshot(self) -> WorkerSnapshot:
        """Return what this worker has to tell."""
        app = self._app
        budget = app.fills.parts.budget
        activity = Activity(
            self._worker.counters,
            app.fills.running,
            budget.reserved_bytes,
            app.fills.parts.store.quarantine.count,
            app.contradictions.seen,
            app.fills.parts.passing.count,
            app.fills.parts.alarms.lasting,
            rooms={"page": app.waiting, "file": app.fills.waiting},
            webhooks=app.webhooks,
            impressions={door.state.url: door.parts.impression for door in app.doors},
        )
        doors = [*(door.state for door in app.doors), *app.unasked]
        return take_snapshot(app.counters, doors, activity, app.clock.now())


async def _send(exchange: Exchange, content_type: str, body: bytes) -> None:
    """Send a small answer that is true now and not a second later."""
    headers = (
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"cache-status", b"wheelyard; detail=own"),
    )
    await exchange.answer(200, headers, body)
