"""The composition root: settings become a running program.

Everything that lives as long as the program is opened here, in order, and closed in reverse.
Nothing below knows settings as a whole or reads the environment.
"""

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
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
    SpoolBudget,
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
from wheelyard.errors import Unavailable
from wheelyard.monitor import Counters
from wheelyard.names import IndexName, ProjectName
from wheelyard.pages import PageLinks, Shelf
from wheelyard.repository.compose import Chain, ChainParts, compose
from wheelyard.repository.doors import DoorOpening, OpenDoor, open_doors, resolve_upstream
from wheelyard.repository.keeping import KeepingRules
from wheelyard.settings import Settings
from wheelyard.transport.pip_settings import Machine, load_pip_settings

__all__ = ["MAIN", "App", "Index", "running", "via_token"]

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


@asynccontextmanager
async def running(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[App]:
    """Open everything, yield the running program, close everything.

    Raises:
        ConfigError: something in the settings or on this machine makes it impossible.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = await _opened(stack, partial(open_directory, settings.store.data, clock))
        catalog = await _opened(stack, partial(open_catalog, directory.path, clock))
        pip = await anyio.to_thread.run_sync(load_pip_settings, Machine(environment))
        upstream = await resolve_upstream(settings, catalog, MAIN, pip)
        via = via_token(directory.instance)
        opening = DoorOpening(upstream, environment, pip, via, clock, _netrc(environment))
        doors = await open_doors(stack, opening)
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
        )
        chain = compose(upstream.name, [door.parts for door in doors], parts)
        links = PageLinks(settings.server.files_url, settings.server.base_url)
        shelf = Shelf(chain.repository, links, clock, _SHELF_BYTES)
        index = Index(MAIN, chain, shelf, links)
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
        )
        changes = catalog.changes()
        await changes.poll()  # sets the mark: what is read from here on is kept up to date
        background.start_soon(partial(_watch, changes, app))
        background.start_soon(fills.clean)
        yield app


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


def _netrc(environment: Mapping[str, str]) -> Path | None:
    """Return the netrc file that pip would read: credentials by host."""
    if named := environment.get("NETRC"):
        return Path(named)
    home = environment.get("HOME")
    return Path(home, ".netrc") if home else None


def _fills(settings: Settings, directory: DataDirectory, background: Background) -> Fills:
    """Return the downloads of the data directory."""
    disk = DiskThreads()
    store = LocalBlobs(directory.blobs, directory.spool, disk)
    budget = SpoolBudget(
        directory.spool,
        max_bytes=settings.store.max_spool_bytes,
        min_free_bytes=settings.store.min_free_bytes,
    )
    parts = FillingParts(store, budget, disk)
    return Fills(parts, directory.spool, KeyLocks(directory.locks), background)


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
