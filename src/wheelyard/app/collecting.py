"""Collecting: what ``wheelyard gc`` does, with as little of the program as it takes.

Doors are opened only if a quota has to be kept: nothing goes for it that could not be fetched
again, and somebody has to be asked for that. A dry run asks nobody and changes nothing, so it
believes that every upstream answers of which no outage lasts.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeVar

import anyio.to_thread

from wheelyard.app.indexes import MAIN
from wheelyard.app.quotas import is_up_in, scopes_of, scopes_of_settings
from wheelyard.app.running import running
from wheelyard.blobs import DiskThreads, KeyLocks, LocalBlobs, Quarantine
from wheelyard.catalog import Catalog, DataDirectory, open_catalog, open_directory
from wheelyard.clock import SystemClock
from wheelyard.decide.evict import Rules
from wheelyard.hosting import load_places
from wheelyard.mirror import Collecting, Collection, IsUp, Scope, StoreParts, collect
from wheelyard.names import ProjectName
from wheelyard.repository.doors import resolve_upstream
from wheelyard.settings import IndexSettings, Settings
from wheelyard.transport.pip_settings import Machine, load_pip_settings

__all__ = ["collected"]

_DAY_SECONDS = 86_400.0
_ORPHAN_SECONDS = 86_400.0
"""An upload or a download that is on its way has named its bytes long before that."""

Tell = Callable[[int], None]
_Closable = TypeVar("_Closable", Catalog, DataDirectory)


async def collected(
    settings: Settings, environment: Mapping[str, str], tell: Tell, *, dry_run: bool = False
) -> Collection:
    """Collect what nobody can be missing in the data directory of ``settings``.

    Raises:
        ConfigError: there is no usable data.
        Unavailable: the catalog or the disk cannot be read or changed.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = await _opened(stack, partial(open_directory, settings.store.data, clock))
        catalog = await _opened(stack, partial(open_catalog, directory.path, clock))
        store = LocalBlobs(
            directory.blobs, directory.spool, DiskThreads(), Quarantine(directory.quarantine)
        )
        parts = StoreParts(catalog, store, KeyLocks(directory.locks))
        scopes = await _scopes(settings, environment, catalog)
        if dry_run or not scopes:
            is_up = await _as_recorded(settings, catalog)
            work = _work(settings, parts, directory, scopes, is_up)
            return await collect(work, tell, dry_run=dry_run)
    async with running(settings, environment, records_doors=False) as app:
        parts = StoreParts(app.catalog, app.fills.parts.store, app.fills.locks)
        work = _work(settings, parts, app.directory, scopes_of(app), is_up_in(app))
        return await collect(work, tell)


async def _opened(stack: AsyncExitStack, opening: Callable[[], _Closable]) -> _Closable:
    """Return what ``opening`` opens, off the loop; ``stack`` closes it."""
    opened = await anyio.to_thread.run_sync(opening)
    stack.push_async_callback(anyio.to_thread.run_sync, opened.close)
    return opened


def _work(
    settings: Settings,
    parts: StoreParts,
    directory: DataDirectory,
    scopes: Sequence[Scope],
    is_up: IsUp,
) -> Collecting:
    """Return what a collection works with."""
    grace = settings.store.keep_removed_days * _DAY_SECONDS
    rules = Rules(grace, _ORPHAN_SECONDS)
    return Collecting(parts, directory.spool, SystemClock(), rules, is_up, scopes)


async def _scopes(
    settings: Settings, environment: Mapping[str, str], catalog: Catalog
) -> tuple[Scope, ...]:
    """Return what has a quota, without opening a door."""
    places = await load_places(settings.indexes, catalog)
    rules: dict[str, IndexSettings] = {place.name: place.rules for place in places.values()}
    usual = ""
    if any(each.max_bytes for each in rules.values()):
        pip = await anyio.to_thread.run_sync(load_pip_settings, Machine(environment))
        usual = (await resolve_upstream(settings, catalog, MAIN, pip, records=False)).name
    return scopes_of_settings(rules, settings.names, settings.store, usual)


async def _as_recorded(settings: Settings, catalog: Catalog) -> IsUp:
    """Return who says of an owner that it answers, as far as that is written down."""
    lasting = await catalog.outages.since(SystemClock().now())
    down = {row.upstream for row in lasting}

    async def is_up(owner: str, _: ProjectName) -> bool:
        return not settings.is_offline and owner not in down

    return is_up
