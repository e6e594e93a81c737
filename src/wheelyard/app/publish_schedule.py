"""Publishing again and again: when it is due, and on each change, by a server or by a command.

One process on the data directory does so for a target, whichever was the first.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import anyio
import anyio.to_thread

from wheelyard.app.program import App
from wheelyard.app.publishing import PublishOrder, let_go, run_publish
from wheelyard.catalog.published import TargetRow
from wheelyard.decide.publishing import seconds_until
from wheelyard.errors import Absent, BadInput, ConfigError, Refused, Unavailable, WheelyardError
from wheelyard.names import IndexName
from wheelyard.publish.targets.opening import shown_url
from wheelyard.publish.tree import Account, Report

__all__ = ["Teller", "schedule_publishes", "watch_publish"]

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
"""How often it is looked whether something has changed."""

_CALM_SECONDS = 1.0
"""How long after a change another one is waited for, so that both are published at once."""

_WRONG_USE = (Absent, BadInput, ConfigError, Refused)
"""What a person who has just started it can put right, and waiting cannot."""

_TURN_SECONDS = 10.0
_MOST_DELAY_SECONDS = 300.0


def schedule_publishes(app: App, environment: Mapping[str, str]) -> None:
    """Have this server publish the indexes that have a target, when they are due or change."""
    if app.settings.server.read_only:
        return
    for settings in app.settings.publishes:
        if settings.target and (settings.watch or settings.every_seconds > 0):
            order = PublishOrder(settings, environment)
            app.background.start_soon(partial(_lead, app, order))


async def _lead(app: App, order: PublishOrder) -> None:
    """Publish again and again, as the one process on this data that does so."""
    disk, locks = app.fills.parts.disk, app.fills.locks
    # Another process gives no sign when it lets go.
    while (lock := await disk.run(locks.try_lock, f"publisher:{order.url}")) is None:  # noqa: ASYNC110 - as said
        await anyio.sleep(_TURN_SECONDS)
    try:
        await _publish_often(app, order, _Log(order.index))
    finally:
        with anyio.CancelScope(shield=True):
            await disk.run(let_go, lock)


class Teller(Protocol):
    """Whoever hears of each publish of many."""

    def begins(self) -> Account:
        """Return what the next publish is counted in."""

    def told(self, report: Report) -> None:
        """Tell of a publish that was made."""

    def failed(self, error: Exception) -> None:
        """Tell of one that was not."""


@dataclass(frozen=True, slots=True)
class _Log:
    """Tells the log."""

    index: IndexName

    def begins(self) -> Account:
        """Return what the next publish is counted in."""
        return Account()

    def told(self, report: Report) -> None:
        """Tell of a publish that was made."""
        if report.outcome == "unchanged":
            return
        level = logging.INFO if report.outcome == "done" else logging.WARNING
        _LOG.log(
            level,
            "The publish of `%s` to `%s` is %s: %d pages and %d objects written, %d problems.",
            *(report.index, report.target, report.outcome, report.pages, report.objects),
            report.failed,
        )

    def failed(self, error: Exception) -> None:
        """Tell of one that was not."""
        _LOG.warning("The publish of `%s` did not go well: %s", self.index, error)


async def watch_publish(app: App, order: PublishOrder, teller: Teller) -> None:
    """Publish at once and after each change, until cancelled; ``teller`` hears of each time.

    The first time is by hand: clients get it. What somebody takes back after that stays so.

    Raises:
        Absent, BadInput, ConfigError, Refused: the first publish is one that cannot be.
    """
    await _publish_often(app, order, teller, is_ours=True)


async def _publish_often(
    app: App, order: PublishOrder, teller: Teller, *, is_ours: bool = False
) -> None:
    """Publish when it is due, and if it is to be watched when something changes."""
    watches = order.settings.watch or is_ours
    changes = _Changes(app)
    await changes.seen()
    failures, is_first = 0, is_ours
    now, later = order if is_ours else None, replace(order, heeds_rollback=True)
    while True:
        try:
            if not (failures or is_first):
                await _until_due(app, order, changes if watches else None)
            teller.told(await run_publish(app, now or later, teller.begins()))
            failures, is_first, now = 0, False, None
        except (WheelyardError, OSError) as error:
            if is_first and isinstance(error, _WRONG_USE):
                raise
            is_first = False
            # Tried again by itself: that something has changed was heard of once.
            failures += 1
            teller.failed(error)
            await anyio.sleep(min(_MOST_DELAY_SECONDS, 2.0**failures))
        else:
            if not watches:
                await anyio.sleep(min(_TURN_SECONDS, order.settings.every_seconds))


async def _row_of(app: App, order: PublishOrder) -> TargetRow | None:
    """Return what the catalog has of the target, which the settings may spell otherwise."""
    url = await anyio.to_thread.run_sync(shown_url, order.url)
    return await app.catalog.published.target(url)


async def _until_due(app: App, order: PublishOrder, changes: "_Changes | None") -> None:
    """Return when it is time to publish: something changed, or it was long ago."""
    while True:
        if changes is not None and await changes.seen():
            await changes.calm()
            return
        seconds = await _seconds_left(app, order)
        if seconds is not None and seconds <= 0:
            return
        pause = _LOOK_SECONDS if changes is not None else _TURN_SECONDS
        await anyio.sleep(pause if seconds is None else min(pause, seconds))


async def _seconds_left(app: App, order: PublishOrder) -> float | None:
    """Return how long it is until the next publish by time; None if there is none."""
    every = order.settings.every_seconds
    if every <= 0:
        return None
    row = await _row_of(app, order)
    return seconds_until(row.published_at if row else None, every, app.clock.now())


class _Changes:
    """What changes of an index, as far as somebody has to look: by the journal, and by arrivals."""

    def __init__(self, app: App) -> None:
        """Look from now on."""
        self._app = app
        self._watcher = app.catalog.changes()
        self._arrival = -1.0

    async def seen(self) -> bool:
        """Say whether something has changed since the last look."""
        try:
            rows = await self._watcher.poll()
            arrival = await self._app.catalog.published.last_arrival()
        except Unavailable:
            return False  # the next look makes up for it
        has_arrived, self._arrival = arrival != self._arrival, arrival
        return bool(rows) or has_arrived

    async def calm(self) -> None:
        """Return once nothing has changed for a moment, or after a few of them."""
        for _ in range(5):
            await anyio.sleep(_CALM_SECONDS)
            if not await self.seen():
                return
