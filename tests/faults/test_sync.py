"""A sync while its upstream breaks down, in every way of the outage matrix: A-33.

What is here stays here and stays as it is, nothing is removed, the run ends soon and says that it
is not complete, and the next one brings the rest.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from scenario.outage.matrix import OUTAGES, Outage
from support.app import NO_PIP, app_on, settings, upstream
from support.packages import make_wheel
from support.patience import until
from support.simulator import Simulator, silent, status, wrong_bytes
from support.syncing import fill, order, synced
from wheelyard.app import App, run_sync, running
from wheelyard.mirror.sync import Account, Report
from wheelyard.names import ProjectName
from wheelyard.settings import SyncSettings

pytestmark = pytest.mark.anyio

KNOWN = 4
NEW = 3
SPOILS_LITTLE = {"content-type", "shrunken", "empty", "older"}
LEAVES_OUT = {"shrunken": 1}
"""Files that a page with the right serial leaves out: nobody can know of them, if they are new."""
FETCHED_ON = {"truncated", "stalled", "reset-within", "short"}
"""Outages in which files are fetched on from where they broke off, if pages came in time."""

ELSEWHERE = {"trickle", "no-name"}
"""Outages that only take longer, or that nobody who asks for plain addresses can have."""

PLAIN = [each for each in OUTAGES if not (each.name in ELSEWHERE or each.name.startswith("tls-"))]
"""Outages of a connection that is not encrypted."""

SOON = SyncSettings(name="main", all=True, patience_seconds=0.5)
PATIENT = SyncSettings(name="main", all=True, patience_seconds=60)
"""For an upstream that is sound: it is slow only where this machine is."""


@pytest.fixture
def index() -> Iterator[Simulator]:
    """An upstream that holds a few projects."""
    with Simulator() as simulator:
        fill(simulator, KNOWN)
        yield simulator


async def filled(data: Path, index: Simulator) -> Report:
    """Return what a run comes to that waits for as long as it takes."""
    door = replace(upstream(index), connect_seconds=60, read_seconds=60)
    async with running(settings(data, door), NO_PIP) as app:
        return await synced(app, order(PATIENT))


@asynccontextmanager
async def hasty(data: Path, index: Simulator) -> AsyncIterator[App]:
    """Run the program, which gives a silent upstream up soon."""
    door = replace(upstream(index), connect_seconds=0.5, read_seconds=1)
    async with running(settings(data, door), NO_PIP) as app:
        yield app


async def holds(app: App) -> tuple[set[object], set[object]]:
    """Return the pages that are known and the files that are held."""
    names = await app.catalog.pages.names("corp")
    rows = [row for name in names for row in await app.catalog.held.of_project("corp", name)]
    return set(names), {(row.filename, row.sha256, row.unlisted_at) for row in rows}


async def broken_within(app: App, index: Simulator, outage: Outage) -> Report:
    """Return what a run comes to whose upstream breaks down while it asks for pages."""
    held_back = index.fault("page", silent())
    account = Account("main", app.clock.now())
    reports: list[Report] = []

    async def run() -> None:
        reports.append(await run_sync(app, order(SOON), account))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await until(lambda: index.count("page") > 0 or bool(reports))
        await anyio.to_thread.run_sync(outage.breaks, index)
        await anyio.to_thread.run_sync(held_back.clear)
    return reports[0]


@pytest.mark.parametrize("outage", PLAIN, ids=str)
async def test_outage_during_a_sync_loses_nothing_and_the_next_one_brings_the_rest(
    tmp_path: Path, index: Simulator, outage: Outage
) -> None:
    """A-33, for each fault of the matrix: exit 1, and everything is here afterwards."""
    first = await filled(tmp_path, index)
    async with hasty(tmp_path, index) as app:
        pages, files = await holds(app)
        index.add(make_wheel("demo-1", "2.0"))
        for number in range(NEW):
            index.add(make_wheel(f"newcomer-{number}", "1.0"))
        index.forget()
        report = await broken_within(app, index, outage)
        kept_pages, kept_files = await holds(app)

    assert first.outcome == "done"
    assert (report.outcome == "done") <= (outage.name in SPOILS_LITTLE | FETCHED_ON)
    assert report.removed == 0
    assert kept_pages >= pages
    assert kept_files >= files

    await anyio.to_thread.run_sync(index.clear_faults)
    await anyio.to_thread.run_sync(index.up)
    after = await filled(tmp_path, index)
    async with hasty(tmp_path, index) as app:
        _, all_files = await holds(app)

    assert (after.outcome, after.problems) == ("done", ())
    assert 0 <= 2 * KNOWN + 1 + NEW - len(all_files) <= LEAVES_OUT.get(outage.name, 0)


async def test_file_that_cannot_be_had_keeps_its_project_incomplete(
    tmp_path: Path, index: Simulator
) -> None:
    """The sentence names it; the other files of the project are here."""
    async with app_on(tmp_path, index) as app:
        broken = index.fault(lambda request: "demo_1-1.0-py3" in request.path, status(500))
        report = await synced(app, order(PATIENT))
        state = await app.catalog.mirrored.of_project("corp", ProjectName("demo-1"))
        broken.clear()
        later = await synced(app, order(PATIENT))

    assert (report.outcome, report.failed, report.files) == ("partial", 1, 2 * KNOWN - 1)
    assert "demo_1-1.0-py3-none-any.whl" in report.problems[0].reason
    assert state is not None
    assert (state.done_serial, state.failures) == (None, 1)
    assert (later.outcome, later.looked_at, later.files) == ("done", 1, 1)


async def test_wrong_bytes_are_never_taken_for_the_file(tmp_path: Path, index: Simulator) -> None:
    """What a door gives must be what the page states."""
    async with app_on(tmp_path, index) as app:
        index.fault(
            lambda request: request.path.endswith("demo_1-1.0-py3-none-any.whl"), wrong_bytes()
        )
        report = await synced(app, order(PATIENT))

    assert (report.outcome, report.failed, report.files) == ("partial", 1, 2 * KNOWN - 1)


async def test_upstream_that_is_out_from_the_start_fails_the_run(
    tmp_path: Path, index: Simulator
) -> None:
    """One sentence, soon; what is held stays."""
    await filled(tmp_path, index)
    async with app_on(tmp_path, index) as app:
        before = await holds(app)
        await anyio.to_thread.run_sync(index.down)
        report = await synced(app, order(SOON))
        after = await holds(app)

    assert (report.outcome, report.failed, report.looked_at) == ("failed", 1, 0)
    assert before == after
