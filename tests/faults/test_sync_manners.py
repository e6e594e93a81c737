"""A-40: how a sync treats its upstream: it says who asks, waits if told to, and asks not too much.

The upstream itself notes what it is asked, and when.
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from support.app import NO_PIP, settings, upstream
from support.simulator import Simulator, running_simulator, status
from support.simulator.message import Request
from support.syncing import fill, order, synced
from wheelyard import __version__
from wheelyard.app import running
from wheelyard.settings import Settings, SyncSettings

pytestmark = pytest.mark.anyio

CONTACT = "mailto:mirrors@wheelyard.example"
PATIENT = SyncSettings(name="main", all=True, patience_seconds=30)


@dataclass(slots=True)
class Notes:
    """What the upstream sees: when each page was asked for, and how many at the same time."""

    index: Simulator
    asked_at: list[float] = field(default_factory=list)
    most: int = 0

    def __call__(self, request: Request) -> bool:
        """Note a request, and do nothing about it."""
        if request.kind == "page":
            self.asked_at.append(time.monotonic())
        # An answer that has begun may be over for who asked before it is for who sends it.
        under_way = sum(1 for each in self.index.requests if each.status is None)
        self.most = max(self.most, under_way)
        return False


def noted(index: Simulator) -> Notes:
    """Have the upstream note what it is asked from now on."""
    notes = Notes(index)
    index.fault(notes, status(500))
    return notes


def settings_of(data: Path, index: Simulator, contact: str = "") -> Settings:
    """Return settings with that way to reach us."""
    made = settings(data, upstream(index))
    return replace(made, server=replace(made.server, contact=contact))


@pytest.mark.parametrize("contact", ["", CONTACT])
async def test_every_request_says_who_asks(tmp_path: Path, contact: str) -> None:
    """Pages, files and lists alike, and where we can be reached if that is configured."""
    with running_simulator() as index:
        fill(index, 2)
        async with running(settings_of(tmp_path / "data", index, contact), NO_PIP) as app:
            report = await synced(app)
        agents = {request.headers.get("user-agent") for request in index.requests}
        kinds = {request.kind for request in index.requests}

    assert report.outcome == "done"
    assert {"root", "page", "file"} <= kinds
    assert agents == {f"wheelyard/{__version__}" + (f" (+{contact})" if contact else "")}


@pytest.mark.parametrize("code", [429, 503])
async def test_upstream_that_asks_for_a_pause_gets_it(tmp_path: Path, code: int) -> None:
    """No request before it is over; then the sync goes on and is whole."""
    with running_simulator() as index:
        fill(index, 1)
        notes = noted(index)
        index.fault("page", status(code, retry_after=1), times=1)
        async with running(settings_of(tmp_path / "data", index), NO_PIP) as app:
            report = await synced(app, order(PATIENT))

    assert report.outcome == "done"
    first, *others = notes.asked_at
    assert others
    assert min(others) - first >= 1.0


@pytest.mark.parametrize("cap", [1, 5])
async def test_sync_asks_no_more_at_the_same_time_than_its_cap(tmp_path: Path, cap: int) -> None:
    """However many projects wait, and however slow the answers are."""
    capped = SyncSettings(name="main", all=True, patience_seconds=30, max_concurrency=cap)
    with running_simulator() as index:
        fill(index, 20)
        index.latency_seconds = 0.005
        notes = noted(index)
        async with running(settings_of(tmp_path / "data", index), NO_PIP) as app:
            report = await synced(app, order(capped))

    assert report.outcome == "done"
    assert 1 <= notes.most <= cap
