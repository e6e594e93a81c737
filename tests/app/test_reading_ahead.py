"""Reading ahead: a walk through an index costs a few queries for many projects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.packages import make_sdist, make_wheel
from support.publishing import hold, publishing
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App
from wheelyard.app.reading_ahead import Walking, open_walking
from wheelyard.catalog.connections import Connections
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository import Repository

pytestmark = pytest.mark.anyio

NAMES = [ProjectName(f"demo-{number}") for number in range(8)]
WHEELS = [make_wheel(name, "1.0") for name in NAMES]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with some projects of two files each."""
    with running_simulator() as simulator:
        simulator.add(*WHEELS, *(make_sdist(name, "2.0") for name in NAMES))
        yield simulator


async def _pages(repository: Repository) -> list[Project]:
    """Return the page of each project."""
    return [await repository.project(name) for name in NAMES]


def _walking(app: App) -> Walking:
    """Return a walk through the main index."""
    index = app.indexes[MAIN]
    return open_walking(app, (index.held or index).chain)


async def test_pages_of_a_walk_are_those_of_the_index(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was read ahead is not read again, page by page."""
    async with publishing(tmp_path, simulator) as yard:
        await hold(yard.app, *WHEELS)
        walking = _walking(yard.app)
        index = yard.app.indexes[MAIN]
        expected = await _pages((index.held or index).chain.repository)
        await walking.read_ahead(NAMES)
        monkeypatch.setattr(Connections, "read", _fail)

        found = await _pages(walking.front.repository)

        monkeypatch.undo()
    assert [(each.name, each.files, each.versions) for each in found] == [
        (each.name, each.files, each.versions) for each in expected
    ]
    assert [len(each.files) for each in found] == [1] * len(NAMES)


async def _fail(*_: object, **__: object) -> None:
    """Refuse to read."""
    raise AssertionError("it was read already")


async def test_file_that_is_gone_by_now_is_not_on_its_page(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The disk is looked at for each walk, whatever the rows say; the other pages stay."""
    async with publishing(tmp_path, simulator) as yard:
        await hold(yard.app, *WHEELS)
        walking = _walking(yard.app)
        await yard.app.fills.parts.store.remove(Sha256(WHEELS[0].sha256))

        await walking.read_ahead(NAMES)

        (chain,) = walking.front.parts.outside.values()
        with pytest.raises(Unavailable, match="none of its files is held"):
            await chain.repository.project(NAMES[0])
        assert len((await chain.repository.project(NAMES[1])).files) == 1
