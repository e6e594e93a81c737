"""A server that fills its indexes by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio.lowlevel
import pytest

from support.app import NO_PIP, settings, upstream
from support.packages import make_wheel
from support.patience import until
from support.simulator import Simulator
from support.syncing import fill
from wheelyard.app import SyncOrder, running, schedule_syncs
from wheelyard.app.syncing import seconds_until_due
from wheelyard.clock import Instant, SystemClock
from wheelyard.settings import SyncSettings

pytestmark = pytest.mark.anyio

COUNT = 2


@pytest.fixture
def index() -> Iterator[Simulator]:
    """An upstream with two projects of two files each."""
    with Simulator() as simulator:
        fill(simulator, COUNT)
        yield simulator


async def test_server_fills_an_index_by_itself(tmp_path: Path, index: Simulator) -> None:
    """`every_seconds`: at once if it never did, and again when it is time."""
    often = SyncSettings(name="main", all=True, every_seconds=0.2)
    given = replace(settings(tmp_path, upstream(index)), syncs=(often,))
    async with running(given, NO_PIP) as app:
        schedule_syncs(app)
        await until(lambda: index.count("file") >= 2 * COUNT)
        index.add(make_wheel("newcomer", "1.0"))
        await until(lambda: index.count("file") > 2 * COUNT)


async def test_offline_server_fills_nothing(tmp_path: Path, index: Simulator) -> None:
    """Nobody is asked."""
    often = SyncSettings(name="main", all=True, every_seconds=0.2)
    given = replace(settings(tmp_path, upstream(index)), syncs=(often,))
    offline = replace(given, server=replace(given.server, offline=True))
    async with running(offline, NO_PIP) as app:
        index.forget()
        schedule_syncs(app)
        await anyio.lowlevel.checkpoint()

    assert index.count() == 0


async def test_schedule_counts_from_start_to_start_whoever_ran(
    tmp_path: Path, index: Simulator
) -> None:
    """A server that is started again does not begin anew; runs for some names do not count."""
    seldom = SyncSettings(name="main", all=True, every_seconds=3_600)
    given = replace(settings(tmp_path, upstream(index)), syncs=(seldom,))
    now = SystemClock().now()
    async with running(given, NO_PIP) as app:
        number = await app.catalog.sync_runs.begin("main", "configured", Instant(now - 60))
        await app.catalog.sync_runs.end(number, "done", "{}", now)
        number = await app.catalog.sync_runs.begin("main", "given", now)
        await app.catalog.sync_runs.end(number, "done", "{}", now)
        wait = await seconds_until_due(app, SyncOrder(seldom))

    assert 3_500 < wait <= 3_540


async def test_run_that_was_killed_is_gone_on_with_soon(tmp_path: Path, index: Simulator) -> None:
    """Not after an hour, and not in the same second: what killed it may do so again."""
    seldom = SyncSettings(name="main", all=True, every_seconds=3_600)
    given = replace(settings(tmp_path, upstream(index)), syncs=(seldom,))
    async with running(given, NO_PIP) as app:
        await app.catalog.sync_runs.begin("main", "configured", app.clock.now())
        wait = await seconds_until_due(app, SyncOrder(seldom))

    assert 0 < wait <= 10
