"""Syncing: an index of the program is filled ahead of need, by a command or by the server itself.

One run at a time per index, whichever process has its lock.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import anyio
import msgspec

from wheelyard.app.filling import origins_of
from wheelyard.app.program import App
from wheelyard.app.wanting import wish_of
from wheelyard.blobs import KeyLock
from wheelyard.catalog.sync_runs import Scope
from wheelyard.decide.removal import Brake
from wheelyard.errors import ConfigError, Unavailable, WheelyardError
from wheelyard.mirror.sync import Account, Report, Rules, SyncParts, sync
from wheelyard.mirror.sync.preview import preview
from wheelyard.mirror.sync.report import PlanReport
from wheelyard.names import IndexName
from wheelyard.settings import SyncSettings

__all__ = ["SyncOrder", "plan_sync", "run_sync", "schedule_syncs", "seconds_until_due"]

_LOG = logging.getLogger(__name__)
_TURN_SECONDS = 10.0
"""How often it is looked whether the process that syncs is gone."""

_LOOKED_BACK = 20


@dataclass(frozen=True, slots=True)
class SyncOrder:
    """What a run is for. ``settings`` say what is wanted; ``scope`` who said so."""

    settings: SyncSettings
    scope: Scope = "configured"
    is_patient: bool = False
    allows_removals: bool = False

    @property
    def index(self) -> IndexName:
        """The index that is filled."""
        return IndexName(self.settings.name)


async def run_sync(app: App, order: SyncOrder, account: Account) -> Report:
    """Fill an index, and return what that came to; ``account`` tells how it goes meanwhile.

    Raises:
        BadInput: a file of requirements cannot be used; nothing was asked for.
        ConfigError: nobody outside is asked for this index, or at all.
        Unavailable: another run of it goes on.
    """
    async with _turn(app, order.index) as is_ours:
        if not is_ours:
            reason = "another one is at work on this data, and does what is to be done"
            raise Unavailable(f"A sync of `{order.index}`", reason)
        return await _run(app, order, account)


async def _run(app: App, order: SyncOrder, account: Account) -> Report:
    """Do the work of ``run_sync``, as the only one who does; write down what that came to."""
    runs = app.catalog.sync_runs
    parts = await _parts(app, order, account)
    number = await runs.begin(order.index, order.scope, account.started_at)
    try:
        await sync(parts, account)
    finally:
        report = account.report(app.clock.now())
        text = msgspec.json.encode(report).decode()
        with anyio.CancelScope(shield=True):
            await runs.end(number, report.outcome, text, app.clock.now())
    return report


async def plan_sync(app: App, order: SyncOrder, account: Account) -> PlanReport:
    """Return what a run would do. Pages are looked at, and nothing is kept.

    Raises what ``run_sync`` does.
    """
    return await preview(await _parts(app, order, account), account)


def schedule_syncs(app: App) -> None:
    """Have the indexes filled by this server that are to be filled every so often."""
    if app.settings.is_offline or app.settings.server.read_only:
        return
    for settings in app.settings.syncs:
        if settings.every_seconds > 0:
            app.background.start_soon(
                partial(_run_often, app, SyncOrder(settings, is_patient=True))
            )


async def _run_often(app: App, order: SyncOrder) -> None:
    """Fill an index again and again, counted from start to start, until cancelled."""
    while True:
        try:
            await anyio.sleep(await seconds_until_due(app, order))
            async with _turn(app, order.index) as is_ours:
                # Another process may have done it while we slept.
                if is_ours and await seconds_until_due(app, order) <= 0:
                    await _run_by_itself(app, order)
        except (WheelyardError, OSError) as error:
            _LOG.warning("The sync of `%s` did not go well: %s", order.index, error)
            await anyio.sleep(order.settings.every_seconds)  # what is wrong stays so for a while
        await anyio.sleep(min(_TURN_SECONDS, order.settings.every_seconds))


async def _run_by_itself(app: App, order: SyncOrder) -> None:
    """Fill an index, and write to the log what that came to."""
    report = await _run(app, order, Account(order.index, app.clock.now()))
    level = logging.INFO if report.outcome == "done" else logging.WARNING
    _LOG.log(
        level,
        "The sync of `%s` is %s: %d projects looked at, %d files fetched, %d problems.",
        *(order.index, report.outcome, report.looked_at, report.files, report.failed),
    )


async def seconds_until_due(app: App, order: SyncOrder) -> float:
    """Return how long it is until the next run; 0 if it is due.

    One that was stopped or killed is gone on with soon.
    """
    runs = await app.catalog.sync_runs.last(order.index, _LOOKED_BACK)
    last = next((run for run in runs if run.scope != "given"), None)
    if last is None:
        return 0.0
    every = order.settings.every_seconds
    if last.outcome in {"running", "stopped"}:
        every = min(every, _TURN_SECONDS)
    since = app.clock.now() - last.started_at
    return every - since if 0 <= since < every else 0.0


@asynccontextmanager
async def _turn(app: App, index: IndexName) -> AsyncIterator[bool]:
    """Hold the lock of the one run of ``index``; yield whether it is ours."""
    disk = app.fills.parts.disk
    lock = await disk.run(app.fills.locks.try_lock, f"sync:{index}")
    if lock is None:
        yield False
        return
    try:
        yield True
    finally:
        with anyio.CancelScope(shield=True):
            await disk.run(_let_go, lock)


def _let_go(lock: KeyLock) -> None:
    """Give back the lock; where its file cannot be removed it holds nobody up."""
    with suppress(OSError):
        lock.release()


async def _parts(app: App, order: SyncOrder, account: Account) -> SyncParts:
    """Return what the run works with, once it is known what is wanted."""
    settings = order.settings
    app.indexes.find(order.index)
    if app.settings.is_offline:
        raise ConfigError(
            "A sync asks the upstream, and in offline mode nobody is asked: do it without "
            "`--offline` (`server.offline`)."
        )
    front = app.indexes.filling(order.index)
    if front is None:
        raise ConfigError(
            f"The index `{order.index}` has nothing but its own projects "
            f'(`[index.{order.index}] fallback = "none"`): there is nothing to fill it with.'
        )
    wish = await wish_of(settings, front.repository, app.clock.now())
    for project, problem in wish.problems:
        account.note_problem(project, problem)
    rules = Rules(
        brake=Brake(settings.max_removals_percent),
        patience_seconds=settings.patience_seconds,
        is_whole=order.scope != "given",
        is_patient=order.is_patient,
        allows_removals=order.allows_removals,
    )
    origins = await origins_of(app, front, settings.max_concurrency)
    return SyncParts(order.index, app.catalog, app.clock, origins, wish.wanted, rules)
