"""Runs that fill an index: begun, ended, remembered, forgotten."""

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.sync_runs import KEPT
from wheelyard.clock import Instant

pytestmark = pytest.mark.anyio


async def run(catalog: Catalog, at: float, outcome: str = "done", scope: str = "all") -> None:
    """Write down a run of the main index that began at ``at`` and took a second."""
    number = await catalog.sync_runs.begin("main", scope, Instant(at))  # type: ignore[arg-type]  # a test's word
    await catalog.sync_runs.end(number, outcome, "{}", Instant(at + 1))  # type: ignore[arg-type]  # a test's word


async def test_run_that_goes_on_is_running(catalog: Catalog) -> None:
    """So is one that was killed, for ever."""
    await catalog.sync_runs.begin("main", "configured", Instant(5.0))
    [row] = await catalog.sync_runs.last("main")

    assert (row.outcome, row.scope, row.started_at, row.ended_at) == (
        "running",
        "configured",
        5.0,
        None,
    )


async def test_last_runs_come_newest_first(catalog: Catalog) -> None:
    """And those of other indexes are not among them; a clock may have been set back meanwhile."""
    for at in (1.0, 3.0, 2.0):
        await run(catalog, at)
    rows = await catalog.sync_runs.last("main", 2)

    assert [row.started_at for row in rows] == [2.0, 3.0]
    assert await catalog.sync_runs.last("other") == ()


async def test_last_complete_run_is_one_that_had_everything(catalog: Catalog) -> None:
    """Not one that failed, and not one for what a command named: that tells of nothing else."""
    assert await catalog.sync_runs.last_complete("main") is None
    await run(catalog, 1.0)
    await run(catalog, 2.0, "partial")
    await run(catalog, 3.0, "done", "given")
    await run(catalog, 4.0, "stopped")

    assert await catalog.sync_runs.last_complete("main") == 1.0


async def test_last_complete_run_never_goes_backwards(catalog: Catalog) -> None:
    """A-30: not even after the clock was set back, which makes the newer run begin earlier."""
    for at in (1.0, 3.0, 2.0):
        await run(catalog, at)

    assert await catalog.sync_runs.last_complete("main") == 3.0


async def test_old_runs_are_forgotten_but_for_the_last_complete_one(catalog: Catalog) -> None:
    """A mirror that runs each minute does not grow by it, and knows how old it is."""
    await run(catalog, 0.0)
    for at in range(1, KEPT + 10):
        await run(catalog, float(at), "partial")
    rows = await catalog.sync_runs.last("main", 10 * KEPT)

    assert len(rows) == KEPT + 1
    assert rows[-1].started_at == 0.0
    assert await catalog.sync_runs.last_complete("main") == 0.0
