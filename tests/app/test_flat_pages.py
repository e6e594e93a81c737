"""The flat page of a running program: what was uploaded, and what was fetched."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import DEMO, NO_PIP, app_on, main_index, page, settings, upstream
from support.hosted_files import publish
from support.packages import make_wheel
from support.simulator import running_simulator
from wheelyard.app import HOSTED, App, flat_page_of, running
from wheelyard.model import FileRef
from wheelyard.names import IndexName

pytestmark = pytest.mark.anyio


async def links(app: App, name: IndexName) -> list[str]:
    """Return the file names on the flat page of an index."""
    flat = flat_page_of(app.indexes[name], app.catalog, app.clock)
    body = (await flat.variant("all", "identity")).body.decode()
    return [line.partition(">")[2].partition("<")[0] for line in body.splitlines() if "<a " in line]


async def test_flat_page_lists_what_is_ours_and_what_was_fetched(tmp_path: Path) -> None:
    """And nothing that only the upstream has."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("demo", "1.0"))
        simulator.add(make_wheel("demo", "2.0"))
        async with app_on(tmp_path, simulator) as app:
            await page(app)
            await fetch(app, "demo-1.0-py3-none-any.whl")
            await publish(app.catalog, "mine-1.0.tar.gz")

            found = await links(app, main_index(app).name)
            ours = await links(app, HOSTED)

    assert found == ["demo-1.0-py3-none-any.whl", "mine-1.0.tar.gz"]
    assert ours == ["mine-1.0.tar.gz"]


async def test_name_that_became_ours_hides_what_was_fetched(tmp_path: Path) -> None:
    """An installer that reads the flat page is as safe as one that reads the index."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("demo", "9.0"))
        async with app_on(tmp_path, simulator) as app:
            await page(app)
            await fetch(app, "demo-9.0-py3-none-any.whl")
            await publish(app.catalog, "demo-1.0.tar.gz")

            found = await links(app, main_index(app).name)

    assert found == ["demo-1.0.tar.gz"]


async def fetch(app: App, filename: str) -> None:
    """Fetch a file of the demo project, as a client's request does."""
    repository = main_index(app).chain.repository
    project = await repository.project(DEMO)
    [file] = [file for file in project.files if file.filename == filename]
    blob = await repository.file(FileRef(DEMO, file))
    assert [chunk async for chunk in blob.read()]
    for _ in range(100):  # what was read is noted as held a moment later
        if await app.catalog.held.of_project("corp", DEMO):
            return
        await anyio.sleep(0.05)
    raise AssertionError(filename)


async def test_flat_page_lists_the_directory_that_is_served(tmp_path: Path) -> None:
    """What lies there is ours as well."""
    package = make_wheel("lying", "1.0")
    directory = tmp_path / "wheels"
    directory.mkdir()
    (directory / package.filename).write_bytes(package.content)
    with running_simulator() as simulator:
        plain = settings(tmp_path / "data", upstream(simulator))
        given = replace(plain, server=replace(plain.server, directory=directory))
        async with running(given, NO_PIP) as app:
            found = await links(app, main_index(app).name)

    assert found == [package.filename]
