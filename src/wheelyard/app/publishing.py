"""Publishing: an index of the program becomes a tree, by a command or by the server itself.

What is published is what a server gives out that asks nobody. One publish of a target runs at a
time, whichever process it is in.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from wheelyard import __version__
from wheelyard.app.indexes import Index
from wheelyard.app.program import App
from wheelyard.app.reading_ahead import open_walking
from wheelyard.app.snapshots import Since, TreeSnapshot, open_tree_snapshot
from wheelyard.blobs import KeyLock
from wheelyard.decide.publishing import basis_of
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.names import IndexName
from wheelyard.pages import PageLinks
from wheelyard.publish.purging import (
    PurgeParts,
    PurgerParts,
    Purging,
    open_purgers,
    read_aws_credentials,
)
from wheelyard.publish.targets.opening import open_target
from wheelyard.publish.targets.target import Target
from wheelyard.publish.tree import (
    Account,
    Direction,
    Hooks,
    Order,
    Reconcile,
    Report,
    SnapshotWanted,
    Switched,
    TreeParts,
    TreeRules,
    publish_tree,
    switch_tree,
)
from wheelyard.publish.tree.nesting import refuse_nested
from wheelyard.settings import PublishSettings
from wheelyard.transport import read_proxies

__all__ = [
    "PublishOrder",
    "let_go",
    "publish_to",
    "run_publish",
    "run_switch",
    "switch_in",
]

_WAIT_SECONDS = 0.25
_MOST_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """What is published where, and how. ``settings`` are those of the index.

    ``heeds_rollback`` is for who publishes by itself: what somebody took back stays taken back.
    """

    settings: PublishSettings
    environment: Mapping[str, str] = field(repr=False)
    target: str = ""
    reconcile: Reconcile = "due"
    activates: bool = True
    heeds_rollback: bool = False
    is_dry: bool = False
    adopts: bool = False

    @property
    def index(self) -> IndexName:
        """The index that is published."""
        return IndexName(self.settings.name)

    @property
    def url(self) -> str:
        """Where it is published to."""
        return self.target or self.settings.target


async def run_publish(app: App, order: PublishOrder, account: Account) -> Report:
    """Publish an index, and return what that came to; ``account`` tells how it goes meanwhile.

    Another publish of the same target is waited for.

    Raises:
        BadInput: there is no such index, or the target is no place, or not ours; nothing was
            written.
        ConfigError: the target cannot be had like this; nothing was written.
        Refused: only members may read the index, and nobody said that this is meant.
        Unavailable: there is nothing to publish, or the target does not take it.
    """
    _shown(app, order)  # refused before anything is opened
    concurrency = order.settings.max_concurrency
    async with open_target(order.url, order.environment, concurrency) as target:
        if target.prefers_views:
            await anyio.to_thread.run_sync(_refuse_own_place, app.directory.path, target.url)
        known = await app.catalog.published.target(target.url)
        if known is None or known.published_at is None:  # else it was looked at before
            await refuse_nested(target, order.environment, await app.catalog.published.urls())
        return await publish_to(app, order, account, target)


def _refuse_own_place(data: Path, target: str) -> None:
    """Refuse a directory that is the data directory, or in it, or has it in it.

    Raises:
        BadInput: it is so: keys and members' files would be served, or the tree be backed up.
    """
    ours, place = data.resolve(), Path(target).resolve()
    if place == ours or ours in place.parents or place in ours.parents:
        raise BadInput(
            f"`{target}` cannot be published to, because of the data directory `{data}`: one must "
            "not be in the other. Name another directory."
        )


async def publish_to(app: App, order: PublishOrder, account: Account, target: Target) -> Report:
    """Publish to a target that is open. Raises what ``run_publish`` does."""
    shown = _shown(app, order)
    async with _turn(app, target.url, account), _parts(app, order, shown, target) as parts:
        return await publish_tree(parts, await _how(app, order, target), account)


async def _how(app: App, order: PublishOrder, target: Target) -> Order:
    """Return how to publish, decided in our turn: nobody can take the target back any more.

    What is held back is published all the same: a takedown has to reach that view, too.
    """
    row = await app.catalog.published.target(target.url) if order.heeds_rollback else None
    return Order(
        reconcile=order.reconcile,
        reconcile_seconds=order.settings.reconcile_seconds,
        views=order.settings.views,
        activates=order.activates and not (row is not None and row.is_held),
        is_dry=order.is_dry,
        adopts=order.adopts,
    )


async def run_switch(app: App, order: PublishOrder, direction: Direction) -> Switched:
    """Let the other view of a target count. Raises what ``run_publish`` and ``switch_tree`` do."""
    _shown(app, order)
    concurrency = order.settings.max_concurrency
    async with open_target(order.url, order.environment, concurrency) as target:
        return await switch_in(app, order, direction, target)


async def switch_in(
    app: App, order: PublishOrder, direction: Direction, target: Target
) -> Switched:
    """Let the other view of a target that is open count."""
    shown = _shown(app, order)
    async with _turn(app, target.url, Account()), _parts(app, order, shown, target) as parts:
        return await switch_tree(parts, direction)


def _shown(app: App, order: PublishOrder) -> Index:
    """Return the view of the index that is published."""
    index = app.indexes.find(order.index)
    if index.rules.read == "members" and not order.settings.members:
        raise Refused(
            f"Publishing the index `{order.index}`",
            "only members may read it, and whoever can read the target could read all of it: say "
            "`--members` if that is meant.",
        )
    return index.held or index


@asynccontextmanager
async def _parts(
    app: App, order: PublishOrder, shown: Index, target: Target
) -> AsyncIterator[TreeParts]:
    """Yield what a publish works with."""
    settings = order.settings
    links = PageLinks(settings.files_url, settings.base_url)
    rules = TreeRules(
        page_max_age_seconds=settings.page_max_age_seconds,
        removal_delay_seconds=settings.removal_delay_seconds,
        manifest_days=settings.manifest_days,
        snapshot_seconds=settings.snapshot_seconds,
    )
    walking = open_walking(app, shown.chain)
    async with _hooks(app, order, target) as hooks:
        yield TreeParts(
            index=order.index,
            instance=app.directory.instance,
            front=walking.front,
            links=links,
            catalog=app.catalog,
            store=app.fills.parts.store,
            clock=app.clock,
            data=app.directory.path,
            basis=_basis(app, shown, links, rules),
            target=target,
            rules=rules,
            hooks=hooks,
            read_ahead=walking.read_ahead,
        )


def _basis(app: App, shown: Index, links: PageLinks, rules: TreeRules) -> str:
    """Return a digest of all that every page depends on: another one, and all are looked at."""
    bases = [app.indexes[name].rules for name in app.indexes.bases_of(IndexName(shown.rules.name))]
    owners = sorted(shown.chain.owners)
    names = app.settings.names
    age = rules.page_max_age_seconds
    return basis_of([__version__, links, shown.rules, bases, owners, names, age])


@asynccontextmanager
async def _hooks(app: App, order: PublishOrder, target: Target) -> AsyncIterator[Hooks]:
    """Yield what is done beside a publish: the snapshot, and telling the caches."""
    settings = order.settings
    snapshot = partial(_open_snapshot, app, order.index)
    if not (settings.purge_hooks or settings.purge_cloudfront or settings.purge_fastly):
        yield Hooks(snapshot)
        return
    row = await app.catalog.published.target(target.url)
    async with AsyncExitStack() as stack:
        parts = PurgerParts(
            app.clock,
            read_proxies(order.environment),
            app.settings.telling.publish_webhook_secret,
            credentials=read_aws_credentials(order.environment),
            has_views=row.has_views if row else target.prefers_views,
        )
        purgers = await stack.enter_async_context(open_purgers(settings, parts))
        purging = Purging(
            PurgeParts(app.catalog.purges, purgers, app.directory.instance, str(order.index))
        )
        yield Hooks(snapshot, purging.note, purging.purge_owed)


def _open_snapshot(
    app: App, index: IndexName, wanted: SnapshotWanted
) -> AbstractAsyncContextManager[TreeSnapshot]:
    """Return the database to query in the making."""
    since = Since(f"{index}.{wanted.tree}", wanted.before, mark=wanted.mark)
    return open_tree_snapshot(app, index, since, wanted.serial)


# --- one at a time --------------------------------------------------------------------------------


@asynccontextmanager
async def _turn(app: App, url: str, account: Account) -> AsyncIterator[None]:
    """Hold the lock of the one publish of a target.

    Raises:
        Unavailable: another one has it for too long.
    """
    disk, locks = app.fills.parts.disk, app.fills.locks
    lock: KeyLock | None = None
    with anyio.move_on_after(_MOST_PATIENCE_SECONDS):
        while (lock := await disk.run(locks.try_lock, f"publish:{url}")) is None:
            account.phase = "Waiting for another publish of this target"
            await anyio.sleep(_WAIT_SECONDS)
    if lock is None:
        reason = "another one is at work there: try again when it is done"
        raise Unavailable(f"A publish to `{url}`", reason)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await disk.run(let_go, lock)


def let_go(lock: KeyLock) -> None:
    """Give back the lock; where its file cannot be removed it holds nobody up."""
    with suppress(OSError):
        lock.release()
