"""A data directory that holds files of our own and of an upstream, and archives of it."""

import shutil
from pathlib import Path

import anyio
import pytest

from backup.archives import archive_of
from support.app import NO_PIP, settings, upstream
from support.own_files import publish
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.app import MAIN, running
from wheelyard.blobs import reading
from wheelyard.names import ProjectName

OURS = (make_wheel("ours", "1.0"), make_sdist("ours", "1.0"))
THEIRS = (make_wheel("demo", "1.0"), make_wheel("demo", "2.0"), make_sdist("other", "1.0"))


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a data directory, once."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with Simulator() as simulator:
        simulator.add(*THEIRS)
        anyio.run(_fill, data, simulator)
    return data


async def _fill(data: Path, simulator: Simulator) -> None:
    """Have files of our own and of an upstream."""
    async with running(settings(data, upstream(simulator)), NO_PIP) as app:
        for package in OURS:
            await publish(app, package)
        repository = app.indexes[MAIN].chain.repository
        for name in sorted({package.name for package in THEIRS}):
            page = await repository.project(ProjectName(name))
            for file in page.files:
                async with reading(await repository.file(page.ref(file))) as chunks:
                    async for _ in chunks:
                        pass


@pytest.fixture
def data(_filled: Path, tmp_path: Path) -> Path:
    """Return a copy of the data directory that a test may change."""
    return Path(shutil.copytree(_filled, tmp_path / "data"))


@pytest.fixture(scope="session")
def archive(_filled: Path) -> bytes:
    """Return a backup of it."""
    return archive_of(_filled)
