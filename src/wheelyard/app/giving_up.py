"""Giving up what no mirror wants any more: what ``wheelyard gc --unwanted`` does besides."""

from collections import defaultdict
from collections.abc import Mapping

from wheelyard.app.program import App
from wheelyard.app.quotas import is_up_in
from wheelyard.app.running import running
from wheelyard.app.wanting import wish_of
from wheelyard.clock import Instant
from wheelyard.errors import ConfigError, Unavailable
from wheelyard.mirror import StoreParts
from wheelyard.mirror.gc import Collected
from wheelyard.mirror.unwanted import GivingUp, give_up
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import IndexName
from wheelyard.repository.front import Front
from wheelyard.settings import Settings

__all__ = ["given_up"]

_DAY_SECONDS = 86_400.0


async def given_up(
    settings: Settings, environment: Mapping[str, str], *, dry_run: bool = False
) -> Collected:
    """Have the files go that no ``[sync.INDEX]`` wants, of the upstreams that these fill from.

    Raises:
        ConfigError: the configuration has no ``[sync.INDEX]``.
        Unavailable: it cannot be said what is wanted, so that nothing goes.
    """
    if not settings.syncs:
        raise ConfigError(
            "`--unwanted` gives up what no `[sync.INDEX]` wants, and the configuration has none: "
            "add one, or leave the flag out."
        )
    async with running(settings, environment, records_doors=False) as app:
        used_before = app.clock.now() - settings.store.keep_removed_days * _DAY_SECONDS
        parts = StoreParts(app.catalog, app.fills.parts.store, app.fills.locks)
        wanted = await _wanted(app)
        work = GivingUp(parts, wanted, is_up_in(app), Instant(used_before))
        return await give_up(work, dry_run=dry_run)


async def _wanted(app: App) -> Mapping[str, list[Wanted]]:
    """Return what is wanted of each owner. One of which pages alone are wanted is left alone.

    There, files come when somebody asks for them.
    """
    found: defaultdict[str, list[Wanted]] = defaultdict(list)
    for sync in app.settings.syncs:
        front = app.indexes.filling(IndexName(sync.name))
        if front is None:
            continue
        wish = await wish_of(sync, front.repository, app.clock.now())
        if wish.problems:
            raise Unavailable(f"What `[sync.{sync.name}]` wants", wish.problems[0][1])
        for owner in _owners(front):
            found[owner].append(wish.wanted)
    return {
        owner: each
        for owner, each in found.items()
        if not any(wanted.metadata_only for wanted in each)
    }


def _owners(front: Front) -> frozenset[str]:
    """Return whom an index is filled from."""
    parts = front.parts
    named = {parts.upstream, *(route.upstream for route in parts.ownership.routes)}
    return frozenset(parts.outside[name].owner for name in named)
