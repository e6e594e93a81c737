"""The program in offline mode: what is held is served, and there is nobody to ask."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import DEMO, NO_PIP, app_on, main_index, page, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import App, running
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository import doors
from wheelyard.settings import ServerSettings

pytestmark = pytest.mark.anyio

OLD, NEW = (make_wheel("demo", version) for version in ("1.0", "1.1"))


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(OLD, NEW)
        yield simulator


@asynccontextmanager
async def offline_on(data: Path, index: Simulator, how: str = "server") -> AsyncIterator[App]:
    """Run the program on ``data``, told to ask nobody."""
    door, server = upstream(index), ServerSettings(offline=how == "server")
    chosen = settings(data, replace(door, offline=how == "upstream"))
    async with running(replace(chosen, server=server), NO_PIP) as app:
        yield app


async def fill(data: Path, index: Simulator) -> None:
    """Have the page of a project in ``data``, and one of its two files."""
    async with app_on(data, index) as app:
        repository = main_index(app).chain.repository
        project = await repository.project(DEMO)
        file = next(file for file in project.files if file.filename == OLD.filename)
        blob = await repository.file(FileRef(DEMO, file))
        assert b"".join([chunk async for chunk in blob.read()]) == OLD.content
    index.forget()


@pytest.mark.parametrize("how", ["server", "upstream"])
async def test_offline_program_serves_what_is_held(
    tmp_path: Path, index: Simulator, how: str
) -> None:
    """The upstream is up and has more; of that nothing is seen."""
    await fill(tmp_path / "data", index)

    async with offline_on(tmp_path / "data", index, how) as app:
        body = await page(app)
        listed = await main_index(app).chain.repository.projects()
        with pytest.raises(Unavailable, match="offline mode"):
            await main_index(app).chain.repository.project(ProjectName("unknown"))

    assert OLD.filename.encode() in body
    assert NEW.filename.encode() not in body
    assert [entry.name for entry in listed.projects] == [DEMO]
    assert index.requests == []


async def test_offline_program_opens_no_client(
    tmp_path: Path, index: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A-13: without a client there is no name to look up and no connection to try."""

    def no_client(*_: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr(doors, "HttpClient", no_client)

    async with offline_on(tmp_path / "data", index) as app:
        (door,) = app.unasked

    assert app.doors == ()
    assert (door.name, door.url, door.is_offline) == ("corp", index.url, True)


async def test_offline_start_on_nothing_explains_itself(
    tmp_path: Path, index: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """It works, and says why it will have little to offer."""
    with caplog.at_level(logging.WARNING):
        async with offline_on(tmp_path / "data", index):
            pass

    assert "Offline, and nothing is held" in caplog.text
    assert "Start without `--offline`" in caplog.text


async def test_offline_start_tells_what_is_held(
    tmp_path: Path, index: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """So that a mistyped data directory shows."""
    await fill(tmp_path / "data", index)

    with caplog.at_level(logging.INFO):
        async with offline_on(tmp_path / "data", index):
            pass

    assert "Offline: nobody is asked. Files held: 1." in caplog.messages
