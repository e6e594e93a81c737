"""A-30: a mirror is at least as new as it says, whatever happened while it was filled."""

import time
from pathlib import Path

import anyio
import pytest

from server.asgi import Call
from support.app import app_on, main_index, upstream_of
from support.packages import make_wheel
from support.simulator import running_simulator, silent, status
from support.syncing import synced
from wheelyard.app import App
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.names import ProjectName
from wheelyard.server.mirror_protocol import LastModified
from wheelyard.wire.last_modified import parse_last_modified

pytestmark = pytest.mark.anyio

EARLY, LATE = make_wheel("early", "1.0"), make_wheel("late", "1.0")


async def moment_of(app: App) -> float | None:
    """Return what ``/last-modified`` says; None while there is no such page."""
    call = Call("/last-modified")
    try:
        await LastModified(main_index(app), lambda: app.catalog.sync_runs)(call.exchange, [])
    except Absent:
        return None
    return parse_last_modified(call.body)


async def holds(app: App, name: str) -> bool:
    """Say whether the file of a project is here."""
    return bool(await app.catalog.held.of_project(upstream_of(app), ProjectName(name)))


async def test_a30_mirror_is_as_new_as_it_says(tmp_path: Path) -> None:
    """The start of a slow run counts, not its end; a partial one counts not, an empty one does."""
    clock = FrozenClock(float(int(time.time())))
    with running_simulator() as upstream:
        upstream.add(EARLY)
        async with app_on(tmp_path, upstream) as app:
            app.clock = clock
            never, began = await moment_of(app), clock.now()
            upstream.fault("file", silent())
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(synced, app)
                await upstream.seen("file")
                clock.forward(60)
                upstream.add(LATE)
                upstream.clear_faults()
            slow, early = await moment_of(app), await holds(app, "early")

            clock.forward(60)
            broken = upstream.fault("page", status(500))
            report = await synced(app)
            partial = await moment_of(app)
            broken.clear()

            clock.forward(3_600)
            again = clock.now()
            reports = [await synced(app) for _ in range(2)]
            full, late = await moment_of(app), await holds(app, "late")

    assert never is None
    assert (slow, partial) == (began, began)
    assert early
    assert report.outcome == "partial"
    assert [each.outcome for each in reports] == ["done", "done"]
    assert full == again
    assert late
