"""A preview counts files and bytes, and keeps nothing."""

from pathlib import Path

import pytest

from support.app import app_on
from support.packages import make_wheel
from support.simulator import running_simulator, status
from support.syncing import fill, order, synced
from wheelyard.app import plan_sync
from wheelyard.mirror.sync import Account
from wheelyard.settings import SyncSettings

pytestmark = pytest.mark.anyio


async def test_preview_counts_what_is_missing(tmp_path: Path) -> None:
    """Of a changed project only the new file; of a wanted kind only that kind."""
    new = make_wheel("demo-1", "2.0")
    with running_simulator() as index:
        fill(index, 3)
        async with app_on(tmp_path, index) as app:
            await synced(app)
            index.add(new)
            index.remove_project("demo-2")
            plan = await plan_sync(app, order(), Account("main", app.clock.now()))
            after = await synced(app)

    assert (plan.projects, plan.files, plan.bytes) == (1, 1, len(new.content))
    assert (plan.names, plan.removals, plan.held_back) == (("demo-1",), ("demo-2",), 0)
    assert (after.looked_at, after.files, after.removals) == (2, 1, ("demo-2",))


async def test_preview_tells_what_cannot_be_looked_at(tmp_path: Path) -> None:
    """Its files are not known; the others are."""
    with running_simulator() as index:
        fill(index, 3)
        index.fault(lambda request: "/simple/demo-1/" in request.path, status(500))
        async with app_on(tmp_path, index) as app:
            plan = await plan_sync(app, order(), Account("main", app.clock.now()))

    assert (plan.projects, plan.files, plan.unread) == (3, 4, 1)
    assert [problem.project for problem in plan.problems] == ["demo-1"]


async def test_preview_of_pages_alone_has_no_files(tmp_path: Path) -> None:
    """`--metadata-only`."""
    with running_simulator() as index:
        fill(index, 2)
        async with app_on(tmp_path, index) as app:
            only = order(SyncSettings(name="main", all=True, metadata_only=True))
            plan = await plan_sync(app, only, Account("main", app.clock.now()))

    assert (plan.projects, plan.files) == (2, 0)
