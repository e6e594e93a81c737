"""What ``wheelyard gc`` does, over an upstream that answers and one that does not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import DEMO, NO_PIP, app_on, main_index, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator
from wheelyard.app import App, collected, running
from wheelyard.blobs import reading
from wheelyard.mirror import Collection
from wheelyard.settings import IndexSettings, Settings

pytestmark = pytest.mark.anyio

WHEELS = [make_wheel("demo", f"{number}.0", payload_bytes=2_000) for number in range(3)]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Return the upstream."""
    with Simulator() as index:
        yield index


async def fetch(app: App, position: int) -> None:
    """Have a file fetched, as a client does."""
    repository = main_index(app).chain.repository
    project = await repository.project(DEMO)
    [file] = [each for each in project.files if each.filename == WHEELS[position].filename]
    blob = await repository.file(project.ref(file))
    async with reading(blob) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == WHEELS[position].content


def with_quota(data: Path, simulator: Simulator, max_bytes: int) -> Settings:
    """Return settings with a quota of everything."""
    made = settings(data, upstream(simulator))
    return replace(made, store=replace(made.store, max_bytes=max_bytes))


def downloads(simulator: Simulator) -> int:
    """Return how many files the upstream gave."""
    return sum(request.path.endswith(".whl") for request in simulator.requests)


async def collect(made: Settings, *, dry_run: bool = False) -> Collection:
    """Collect."""
    return await collected(made, NO_PIP, lambda _: None, dry_run=dry_run)


@pytest.fixture
async def data(tmp_path: Path, simulator: Simulator) -> Path:
    """Return a data directory with three files in it."""
    simulator.add(*WHEELS)
    async with app_on(tmp_path / "data", simulator) as app:
        for position in range(len(WHEELS)):
            await fetch(app, position)
    return tmp_path / "data"


def held(data: Path) -> int:
    """Return how many blobs are in the store that are no metadata."""
    return len(
        [
            each
            for each in (data / "blobs").rglob("*")
            if each.is_file() and each.stat().st_size > 1_500
        ]
    )


async def test_evicted_file_is_fetched_again_when_it_is_asked_for(
    data: Path, simulator: Simulator
) -> None:
    """A-14: from the upstream, as if it had never been here."""
    made = with_quota(data, simulator, len(WHEELS[0].content) * 6 // 5)

    collection = await collect(made)
    left = held(data)
    async with app_on(data, simulator) as app:
        for position in range(len(WHEELS)):
            await fetch(app, position)

    assert (collection.is_kept, collection.reasons["quota"].files) == (True, 2)
    assert (left, held(data)) == (1, 3)


async def test_nothing_is_evicted_while_the_upstream_is_down(
    data: Path, simulator: Simulator
) -> None:
    """A-14: the quota is not kept, and that is said."""
    simulator.down()

    collection = await collect(with_quota(data, simulator, 10))

    assert not collection.is_kept
    assert collection.quotas[0].down == ("corp",)
    assert held(data) == 3


async def test_offline_nothing_is_evicted(data: Path, simulator: Simulator) -> None:
    """Nobody may be asked. Nor does a dry run say anything else."""
    made = with_quota(data, simulator, 10)
    made = replace(made, server=replace(made.server, offline=True))

    dry, done = await collect(made, dry_run=True), await collect(made)

    assert [each.reasons["quota"].files for each in (dry, done)] == [0, 0]
    assert held(data) == 3


async def test_dry_run_asks_nobody(data: Path, simulator: Simulator) -> None:
    """And says what a collection would do if the upstream answers."""
    before = len(simulator.requests)

    collection = await collect(with_quota(data, simulator, 10), dry_run=True)

    assert collection.reasons["quota"].files == 3
    assert len(simulator.requests) == before
    assert held(data) == 3


async def test_quota_and_collection_make_a_mirror_fetch_nothing_again(
    data: Path, simulator: Simulator
) -> None:
    """A-14: what is kept is of use whether it was cached or mirrored."""
    made = with_quota(data, simulator, 10**9)
    before = downloads(simulator)
    for fallback in ("mirror", "proxy", "mirror"):
        now = replace(made, indexes=(IndexSettings(name="main", fallback=fallback),))
        await collect(now)
        async with running(now, NO_PIP) as app:
            for position in range(len(WHEELS)):
                await fetch(app, position)

    assert downloads(simulator) == before
