"""A directory that is served: one owner of the names in it, in every index that shows it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import DEMO, NO_PIP, main_index, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import HOSTED, App, running
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.names import ProjectName
from wheelyard.repository import DocumentWanted
from wheelyard.settings import Settings

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 180.0
OURS, STRANGER = make_wheel("demo", "1.0"), make_wheel("demo", "99.0")
PUBLIC = make_wheel("public", "1.0")


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream in which a stranger has taken the name."""
    with running_simulator() as simulator:
        simulator.add(STRANGER, PUBLIC)
        yield simulator


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory with one wheel."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    folder.joinpath(OURS.filename).write_bytes(OURS.content)
    return folder


def serving(data: Path, directory: Path, index: Simulator) -> Settings:
    """Return the settings of `wheelyard serve DIR`."""
    plain = settings(data, upstream(index))
    return replace(plain, server=replace(plain.server, directory=directory))


async def versions_of(app: App, name: ProjectName) -> list[str]:
    """Return the file names of a project as soon as the directory can tell them."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                shelved = await main_index(app).shelf.page(name)
                project = await main_index(app).chain.repository.project(name)
            except Unavailable:
                await anyio.sleep(0.01)
            else:
                assert shelved.known.how
                return [file.filename for file in project.files]


async def test_directory_owns_its_names(tmp_path: Path, directory: Path, index: Simulator) -> None:
    """Nothing about them is asked outside: no page, no document, no provenance."""
    async with running(serving(tmp_path / "data", directory, index), NO_PIP) as app:
        files = await versions_of(app, DEMO)
        chain = main_index(app).chain
        project = await chain.repository.project(DEMO)
        blob = await chain.repository.file(project.ref(project.files[0]))
        content = b"".join([chunk async for chunk in blob.read()])
        with pytest.raises(Absent):
            await chain.document(DocumentWanted("json", DEMO))
        with pytest.raises(Absent):
            await chain.provenance(DEMO, project.files[0].filename)
        own = await app.indexes[HOSTED].chain.repository.project(DEMO)

    assert (files, content) == ([OURS.filename], OURS.content)
    assert own.files == project.files
    assert [each.path for each in index.requests if "demo" in each.path] == []


async def test_name_that_becomes_ours_is_ours_at_once(
    tmp_path: Path, directory: Path, index: Simulator
) -> None:
    """A page of others that stood ready is not given out any more."""
    ours = make_wheel("public", "0.1")
    name = ProjectName("public")
    async with running(serving(tmp_path / "data", directory, index), NO_PIP) as app:
        before = await versions_of(app, name)
        directory.joinpath(ours.filename).write_bytes(ours.content)
        with anyio.fail_after(PATIENCE_SECONDS):
            while main_index(app).shelf.find(name) is not None:  # noqa: ASYNC110 - see above
                await anyio.sleep(0.01)
        after = await versions_of(app, name)

    assert (before, after) == ([PUBLIC.filename], [ours.filename])


async def test_missing_directory_makes_every_new_name_unavailable(
    tmp_path: Path, directory: Path, index: Simulator
) -> None:
    """Nobody knows whose a name is; the server starts all the same, and recovers."""
    aside = await anyio.Path(directory).rename(tmp_path / "aside")
    async with running(serving(tmp_path / "data", directory, index), NO_PIP) as app:
        for name in (DEMO, ProjectName("public")):
            with pytest.raises(WheelyardError) as caught:
                await main_index(app).shelf.page(name)
            assert isinstance(caught.value, Unavailable)
        asked = [each.path for each in index.requests]
        await aside.rename(directory)
        files = await versions_of(app, DEMO)

    assert (asked, files) == ([], [OURS.filename])
