"""The composition root: settings become a running program.

Everything that lives as long as the program is opened here, in order, and closed in reverse.
Nothing below knows settings as a whole or reads the environment.
"""

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio.abc import TaskGroup

from wheelyard.blobs import (
    DiskThreads,
    FillingParts,
    Fills,
    KeyLocks,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
    WaitingRoom,
    key_name,
)
from wheelyard.catalog import (
    Catalog,
    DataDirectory,
    JournalRow,
    Watcher,
    open_catalog,
    open_directory,
)
from wheelyard.clock import Clock, SystemClock
from wheelyard.decide.freshness import Rules
from wheelyard.decide.scrub import Pace, Work
from wheelyard.errors import Unavailable
from wheelyard.mirror import Repair, Scrubber, ScrubParts, StoreParts
from wheelyard.monitor import (
    Counters,
    DiskWatch,
    OutageWatch,
    Webhook,
    WebhookParts,
    WebhookState,
)
from wheelyard.names import IndexName, ProjectName
from wheelyard.pages import PageLinks, Shelf
from wheelyard.repository.compose import Chain, ChainParts, compose, compose_offline
from wheelyard.repository.doors import (
    DoorOpening,
    OpenDoor,
    open_doors,
    resolve_upstream,
    unasked_doors,
)
from wheelyard.repository.keeping import KeepingRules
from wheelyard.repository.observed import DoorState
from wheelyard.settings import ServerSettings, Settings
from wheelyard.transport import Listening, WebhookClient, WebhookRules, read_proxies
from wheelyard.transport.pip_settings import Machine, load_pip_settings

__all__ = ["MAIN", "App", "Index", "look_after", "running", "tell_webhooks", "via_token"]

_LOG = logging.getLogger(__name__)

MAIN = IndexName("main")
"""The index that there is without any configuration."""

_Closable = TypeVar("_Closable", Catalog, DataDirectory)

_SHELF_BYTES = 48 * 1024**2
_WATCH_SECONDS = 0.2
"""How often other processes' changes are looked for; they must be seen within a second."""


@dataclass(frozen=True, slots=True)
class Index:
    """What a client points at: a name, the chain that answers for it, its rendered pages."""

    name: IndexName
    chain: Chain
    shelf: Shelf
    links: PageLinks


@dataclass(frozen=True, slots=True)
class Background:
    """Runs tasks for the program's whole life. One that fails is logged, and ends no other."""

    tasks: TaskGroup

    def start_soon(self, function: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run ``function`` as a task of its own."""
        self.tasks.start_soon(self._run, function)

    async def _run(self, function: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run ``function``; what nobody foresaw must not take the server down."""
        try:
            await function()
        except Exception:  # noqa: BLE001 - the last line: see the docstring
            _LOG.exception("A task in the background failed in a way that nobody foresaw.")


@dataclass(slots=True)
class App:
    """The running program, as the edge sees it."""

    settings: Settings
    directory: DataDirectory
    catalog: Catalog
    fills: Fills
    doors: tuple[OpenDoor, ...]
    indexes: Mapping[IndexName, Index]
    counters: Counters
    clock: Clock
    background: Background = field(repr=False, kw_only=True)
    unasked: tuple[DoorState, ...] = field(default=(), kw_only=True)
    waiting: WaitingRoom = field(default_factory=WaitingRoom, kw_only=True)
    webhooks: list[WebhookState] = field(default_factory=list, kw_only=True)


@asynccontextmanager
async def running(
    settings: Settings, environment: Mapping[str, str], *, records_doors: bool = True
) -> AsyncIterator[App]:
    """Open everything, yield the running program, close everything.

    Without ``records_doors`` the doors that the settings name count for this once.

    Raises:
        ConfigError: something in the settings or on this machine makes it impossible.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = await _opened(stack, partial(open_directory, settings.store.data, clock))
        catalog = await _opened(stack, partial(open_catalog, directory.path, clock))
        pip = await anyio.to_thread.run_sync(load_pip_settings, Machine(environment))
        upstream = await resolve_upstream(settings, catalog, MAIN, pip, records=records_doors)
        via, netrc = via_token(directory.instance), _netrc(environment)
        listening = _listening(settings.server) if records_doors else None
        opening = DoorOpening(upstream, environment, pip, via, clock, netrc, listening)
        doors = () if settings.is_offline else await open_doors(stack, opening)
        background = Background(await stack.enter_async_context(_cancelled_at_exit()))
        fills = _fills(settings, directory, background)
        parts = ChainParts(
            catalog,
            fills,
            fills.locks,
            fills.parts.disk,
            background.start_soon,
            _rules(settings, upstream.max_age),
            clock,
            max_lag_seconds=upstream.max_lag,
            waiting=WaitingRoom(settings.server.max_waiting_misses),
        )
        index = _main_index(settings, upstream.name, doors, parts)
        app = App(
            settings,
            directory,
            catalog,
            fills,
            doors,
            {MAIN: index},
            Counters(),
            clock,
            background=background,
            unasked=unasked_doors(upstream) if settings.is_offline else (),
            waiting=parts.waiting,
        )
        changes = catalog.changes()
        await changes.poll()  # sets the mark: what is read from here on is kept up to date
        background.start_soon(partial(_watch, changes, app))
        background.start_soon(fills.clean)
        _watch_outages(app, knows_all_doors=records_doors and not settings.is_offline)
        await _explain(settings, catalog)
        yield app


def _watch_outages(app: App, *, knows_all_doors: bool) -> None:
    """Have the outages of the doors written down."""
    watch = OutageWatch(
        app.catalog.outages,
        [door.state for door in app.doors],
        app.counters,
        app.clock,
        knows_all_doors=knows_all_doors,
    )
    app.background.start_soon(watch.run)


def look_after(app: App) -> None:
    """Have a server's own disk looked after: watched, and read once in a while."""
    parts, settings = app.fills.parts, app.settings.store
    watch = DiskWatch(
        parts.alarms, app.directory, app.catalog.scrubs, settings.min_free_bytes, parts.disk
    )
    app.background.start_soon(watch.run)
    if settings.scrub_days <= 0:
        return
    healing = None
    if not app.settings.is_offline:
        repository = app.indexes[MAIN].chain.repository
        healing = Repair(app.catalog, parts.store, parts.disk, repository)
    scrub = ScrubParts(
        StoreParts(app.catalog, parts.store, app.fills.locks),
        parts.alarms,
        app.clock,
        partial(_work, app),
        healing,
    )
    pace = Pace(settings.scrub_days, settings.scrub_bytes_per_second)
    app.background.start_soon(Scrubber(scrub, pace).run)


def tell_webhooks(app: App, environment: Mapping[str, str]) -> None:
    """Have the webhooks of a server told of outages, unless nobody may be asked for anything.

    Raises:
        ConfigError: the address of one is none.
    """
    settings = app.settings
    parts = WebhookParts(
        app.catalog.outages,
        app.catalog.webhooks,
        app.fills.locks,
        app.fills.parts.disk,
        app.clock,
        app.directory.instance,
        settings.telling.outage_webhook_secret,
    )
    for url in () if settings.is_offline else settings.telling.outage_webhooks:
        client = WebhookClient(WebhookRules(url.reveal(), read_proxies(environment)))
        same = sum(state.url.partition(" ")[0] == client.shown for state in app.webhooks)
        state = WebhookState(f"{client.shown} ({same + 1})" if same else client.shown)
        app.webhooks.append(state)
        webhook = Webhook(client, key_name(url.reveal()), parts, state)
        app.background.start_soon(partial(_tell, client, webhook))


async def _tell(client: WebhookClient, webhook: Webhook) -> None:
    """Tell one webhook until cancelled."""
    async with client:
        await webhook.run()


def _work(app: App) -> Work:
    """Return what was done for clients; who only looks how we are needs no disk."""
    requests = app.counters.requests.items()
    asked = sum(count for (route, _), count in requests if route != "operation")
    return Work(asked, app.fills.running)


def _main_index(
    settings: Settings, owner: str, doors: Sequence[OpenDoor], parts: ChainParts
) -> Index:
    """Return the index of ``owner``: over its doors, or over what is held."""
    if settings.is_offline:
        chain = compose_offline(owner, parts)
    else:
        chain = compose(owner, [door.parts for door in doors], parts)
    if chain.vetting is not None:
        parts.spawn(chain.vetting.run)
    links = PageLinks(settings.server.files_url, settings.server.base_url)
    return Index(MAIN, chain, Shelf(chain.repository, links, parts.clock, _SHELF_BYTES), links)


async def _explain(settings: Settings, catalog: Catalog) -> None:
    """Write down what a server that asks nobody has to offer."""
    if not settings.is_offline:
        return
    counts = await catalog.counts()
    if counts.held:
        _LOG.info("Offline: nobody is asked. Files held: %d.", counts.held)
        return
    _LOG.warning(
        "Offline, and nothing is held: every request for a package is answered 503. "
        "Start without `--offline`, install once through this server, and start it again with it."
    )


async def _opened(stack: AsyncExitStack, opening: Callable[[], _Closable]) -> _Closable:
    """Return what ``opening`` opens. Opening and closing touch the disk: both run in a thread."""
    opened = await anyio.to_thread.run_sync(opening)
    stack.push_async_callback(_close, opened)
    return opened


async def _close(opened: Catalog | DataDirectory) -> None:
    """Close what was opened, even while everything is being cancelled."""
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(opened.close)


@asynccontextmanager
async def _cancelled_at_exit() -> AsyncIterator[TaskGroup]:
    """Yield the task group of everything that lives as long as the program.

    An error of the program leaves as it is: inside a group of errors nobody would recognise it.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        except Exception as error:  # noqa: BLE001 - raised again below
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def via_token(instance: str) -> str:
    """Return how this server signs its requests, to recognise itself. Source: RFC 9110, 7.6.3."""
    return f"1.1 wheelyard-{instance}"


def _listening(server: ServerSettings) -> Listening | None:
    """Return where a server with these settings takes connections; None if that is not known."""
    if server.uds is not None or server.port == 0:
        return None
    return Listening(server.host, server.port)


def _netrc(environment: Mapping[str, str]) -> Path | None:
    """Return the netrc file that pip would read: credentials by host."""
    if named := environment.get("NETRC"):
        return Path(named)
    home = environment.get("HOME")
    return Path(home, ".netrc") if home else None


def _fills(settings: Settings, directory: DataDirectory, background: Background) -> Fills:
    """Return the downloads of the data directory."""
    disk = DiskThreads()
    quarantine = Quarantine(directory.quarantine)
    store = LocalBlobs(directory.blobs, directory.spool, disk, quarantine)
    budget = SpoolBudget(
        directory.spool,
        max_bytes=settings.store.max_spool_bytes,
        min_free_bytes=settings.store.min_free_bytes,
    )
    parts = FillingParts(store, budget, disk)
    waiting = WaitingRoom(settings.server.max_waiting_misses)
    return Fills(parts, directory.spool, KeyLocks(directory.locks), background, waiting)


def _rules(settings: Settings, max_age: float | None) -> KeepingRules:
    """Return how long pages are used and upstreams waited for."""
    freshness = settings.freshness
    max_seconds = freshness.max_seconds if max_age is None else max_age
    return KeepingRules(
        Rules(max_seconds=max_seconds),
        negative_seconds=freshness.negative_seconds,
        patience_seconds=freshness.patience_seconds,
    )


async def _watch(changes: Watcher, app: App) -> None:
    """Have every page that changed anywhere rendered anew here."""
    while True:
        try:
            rows = await changes.poll()
        except Unavailable:
            rows = ()
        for row in rows:
            _apply(row, app)
        await anyio.sleep(_WATCH_SECONDS)


def _apply(row: JournalRow, app: App) -> None:
    """Expire what ``row`` changed."""
    for index in app.indexes.values():
        if index.chain.owner == row.owner:
            name = ProjectName(row.project)
            index.shelf.expire(name)
            index.chain.locator.forget(name)
