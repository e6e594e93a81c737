"""The composition root: settings become a running program.

Everything that lives as long as the program is opened here, in order, and closed in reverse.
Nothing below knows settings as a whole or reads the environment.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio.abc import TaskGroup

from wheelyard.access.elsewhere import Elsewhere, ElsewhereRules, open_elsewhere
from wheelyard.access.keys import load_key
from wheelyard.access.ldap import open_ldap
from wheelyard.access.signing_in import Access, open_access
from wheelyard.app.background import Background
from wheelyard.app.directories import follow, open_directories
from wheelyard.app.groups import Groups, GroupsOpening, GroupsParts, open_groups
from wheelyard.app.indexes import Indexes, IndexesParts
from wheelyard.app.looking_after import watch_outages
from wheelyard.app.noticing import Noticing
from wheelyard.app.program import App
from wheelyard.blobs import (
    DiskThreads,
    FillingParts,
    Fills,
    KeyLocks,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
    WaitingRoom,
)
from wheelyard.catalog import (
    Catalog,
    DataDirectory,
    open_catalog,
    open_directory,
)
from wheelyard.clock import Clock, SystemClock
from wheelyard.decide.ownership import Ownership
from wheelyard.mirror import Uses
from wheelyard.monitor import Counters
from wheelyard.repository.public_names import PublicNames
from wheelyard.repository.served import Served
from wheelyard.settings import ServerSettings, Settings
from wheelyard.stats import Tally
from wheelyard.transport import Listening, read_proxies
from wheelyard.transport.pip_settings import Machine, load_pip_settings
from wheelyard.upload.inspecting import Inspector
from wheelyard.upload.pipeline import Pipeline, PipelineParts
from wheelyard.upload.verified import open_attesting

__all__ = ["running", "via_token"]

_LOG = logging.getLogger(__name__)

_Closable = TypeVar("_Closable", Catalog, DataDirectory)


@asynccontextmanager
async def running(
    settings: Settings, environment: Mapping[str, str], *, records_doors: bool = True
) -> AsyncIterator[App]:
    """Open everything, yield the running program, close everything.

    Without ``records_doors`` the doors that the settings name count for this once, and nothing is
    said of what is out of the usual: that is for who starts a server.

    Raises:
        ConfigError: something in the settings or on this machine makes it impossible.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = await _opened(stack, partial(open_directory, settings.store.data, clock))
        catalog = await _opened(stack, partial(open_catalog, directory.path, clock))
        pip = await anyio.to_thread.run_sync(load_pip_settings, Machine(environment))
        via, netrc = via_token(directory.instance), _netrc(environment)
        listening = _listening(settings.server) if records_doors else None
        # Closed after the tasks in the background have ended, which use what is in it.
        tools = await stack.enter_async_context(AsyncExitStack())
        background = Background(await stack.enter_async_context(_cancelled_at_exit()))
        fills = _fills(settings, directory, background)
        contact = settings.server.contact
        opening = GroupsOpening(
            environment, pip, via, clock, netrc, listening, records_doors, contact
        )
        waiting = WaitingRoom(settings.server.max_waiting_misses)
        parts = GroupsParts(catalog, fills, background, waiting)
        groups = await open_groups(tools, settings, opening, parts)
        keys = partial(_access, settings, catalog, directory, background, clock)
        access = await anyio.to_thread.run_sync(keys)
        rules = partial(_elsewhere_rules, settings, directory.path, environment)
        elsewhere = await _elsewhere(tools, catalog, rules, clock)
        inspector = await tools.enter_async_context(Inspector())
        served = await open_directories(settings, parts, clock)
        indexes = _indexes(settings, groups, parts, clock, served)
        app = App(
            settings,
            directory,
            catalog,
            fills,
            groups.doors,
            indexes,
            Counters(),
            clock,
            background=background,
            access=access,
            elsewhere=elsewhere,
            noticing=Noticing(catalog.changes(), indexes),
            pipeline=_pipeline(settings, catalog, fills, inspector, clock),
            public_names=PublicNames(catalog, tuple(groups.chains)),
            tally=Tally(clock, settings.stats),
            uses=Uses(catalog),
            unasked=groups.unasked,
            waiting=waiting,
            contradictions=groups.contradictions,
        )
        await _begin(app, is_server=records_doors)
        yield app


async def _begin(app: App, *, is_server: bool) -> None:
    """Take up what the catalog says, follow it from here on, and say what is out of the usual."""
    await app.indexes.reload()
    await app.noticing.notice()  # sets the mark: from here on everything is kept up to date
    app.background.start_soon(app.noticing.run)
    app.background.start_soon(app.fills.clean)
    watch_outages(app, knows_all_doors=is_server and not app.settings.is_offline)
    if is_server:
        await _explain(app.settings, app.catalog)


async def _explain(settings: Settings, catalog: Catalog) -> None:
    """Write down whose files are merged, and what a server that asks nobody has to offer."""
    for name in settings.names.merge:
        _LOG.warning(
            "The public files of `%s` are shown beside ours (`[names] merge`): whoever owns the "
            "public project can give our users a file.",
            name,
        )
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


async def _elsewhere(
    stack: AsyncExitStack, catalog: Catalog, rules: Callable[[], ElsewhereRules], clock: Clock
) -> Elsewhere:
    """Open the ways to whoever vouches for people and pipelines; ``rules`` reads the disk."""
    known = await anyio.to_thread.run_sync(rules)
    return await stack.enter_async_context(open_elsewhere(catalog, clock, known))


def _pipeline(
    settings: Settings, catalog: Catalog, fills: Fills, inspector: Inspector, clock: Clock
) -> Pipeline:
    """Return the way in for files of our own."""
    rules, attesting = settings.upload, open_attesting(settings.upload)
    store, most = fills.parts.store, settings.store.max_bytes
    return Pipeline(PipelineParts(catalog, store, inspector, clock, rules, attesting, most))


def _access(
    settings: Settings,
    catalog: Catalog,
    directory: DataDirectory,
    background: Background,
    clock: Clock,
) -> Access:
    """Return how people are recognised. Reads the key, and the directory's certificates."""
    ldap = open_ldap(settings.ldap, catalog.arrivals, is_offline=settings.is_offline)
    return open_access(catalog, directory.path, clock, background.start_soon, ldap)


def _elsewhere_rules(
    settings: Settings, directory: Path, environment: Mapping[str, str]
) -> ElsewhereRules:
    """Return whom to ask about people and pipelines. Reads the key of the data directory."""
    return ElsewhereRules(
        settings.oidc,
        settings.access,
        settings.server.base_url,
        load_key(directory),
        read_proxies(environment),
        is_offline=settings.is_offline,
    )


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


def _indexes(
    settings: Settings, groups: Groups, parts: GroupsParts, clock: Clock, served: Sequence[Served]
) -> Indexes:
    """Return the indexes of the configuration."""
    names = settings.names
    made_of = IndexesParts(
        catalog=parts.catalog,
        store=parts.fills.parts.store,
        clock=clock,
        server=settings.server,
        ownership=Ownership(names.reserved, names.blocked, names.route, names.merge),
        chains=groups.chains,
        held=groups.held,
        upstream=groups.upstream,
        contradictions=groups.contradictions,
        served=served,
    )
    indexes = Indexes(made_of, settings.indexes)
    follow(served, indexes, parts.background)
    return indexes
