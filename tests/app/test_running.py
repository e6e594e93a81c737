"""The composition root: everything is opened, works together, and is closed again."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from support.app import DEMO, NO_PIP, app_on, main_index, page, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import App, running, via_token
from wheelyard.catalog.locking import FileLock
from wheelyard.errors import Absent, ConfigError
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.settings import DoorSettings, UpstreamSettings
from wheelyard.transport import Request

pytestmark = pytest.mark.anyio

OLD, KEPT = (make_wheel("demo", version) for version in ("1.0", "1.1"))


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(OLD, KEPT)
        yield simulator


def open_files_below(path: Path) -> list[str]:
    """Return the files below ``path`` that this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the descriptor of the listing itself is gone by now
            found.append(str(descriptor.readlink()))
    return [target for target in found if target.startswith(f"{path}/")]


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files can be listed on Linux only"
)


# --- opening and closing -------------------------------------------------------------------------


async def test_program_answers_from_its_upstream(tmp_path: Path, index: Simulator) -> None:
    """A page is rendered with our links, a file comes whole, a name that is not there is absent."""
    async with app_on(tmp_path / "data", index) as app:
        body = await page(app)
        chain = main_index(app).chain
        project = await chain.repository.project(DEMO)
        blob = await chain.repository.file(FileRef(DEMO, project.files[0]))
        content = b"".join([chunk async for chunk in blob.read()])
        with pytest.raises(Absent):
            await chain.repository.project(ProjectName("nothing"))

    assert OLD.filename.encode() in body
    assert index.base_url.encode() not in body
    assert content == OLD.content


async def test_program_names_itself_by_its_data_directory(tmp_path: Path, index: Simulator) -> None:
    """After a restart it is still the same server, and its requests say which one."""
    async with app_on(tmp_path / "data", index) as app:
        first = app.directory.instance
        await page(app)
    async with app_on(tmp_path / "data", index) as app:
        second = app.directory.instance
    async with app_on(tmp_path / "other", index) as app:
        other = app.directory.instance

    assert first == second != other
    assert {request.headers["via"] for request in index.requests} == {via_token(first)}


def test_via_token_is_a_protocol_and_a_pseudonym() -> None:
    """No address of ours is told to strangers. Source: RFC 9110, 7.6.3."""
    assert via_token("0a1b") == "1.1 wheelyard-0a1b"


async def test_doors_are_known_by_name_and_address(tmp_path: Path, index: Simulator) -> None:
    """What is counted of a door has the name of the settings on it."""
    async with app_on(tmp_path / "data", index) as app:
        await page(app)

        [door] = app.doors
        assert (door.state.name, door.state.url) == ("corp", index.url)
        assert dict(door.state.outcomes) == {"2xx": 1}
        assert main_index(app).chain.owners >= {"corp"}


@needs_proc
async def test_everything_is_closed_at_the_end(tmp_path: Path, index: Simulator) -> None:
    """No file stays open, no client can ask, nobody else is kept from the data directory."""
    data = tmp_path / "data"
    async with app_on(data, index) as app:
        await page(app)
        assert open_files_below(data) != []

    assert open_files_below(data) == []
    with pytest.raises(RuntimeError):
        await app.doors[0].parts.client.load(Request(index.url))
    with pytest.raises(RuntimeError):
        app.background.start_soon(anyio.sleep_forever)


async def test_data_directory_is_shared_while_the_program_runs(
    tmp_path: Path, index: Simulator
) -> None:
    """Nobody migrates it under our feet; afterwards it is free."""
    data = tmp_path / "data"
    async with app_on(data, index):
        taken = await anyio.to_thread.run_sync(FileLock(data / "lock").take, 0)

    afterwards = FileLock(data / "lock")
    assert not taken
    assert await anyio.to_thread.run_sync(afterwards.take, 0)
    afterwards.release()


@needs_proc
async def test_start_that_fails_half_way_closes_what_was_open(
    tmp_path: Path, index: Simulator
) -> None:
    """A slip in the settings leaves no lock behind, and its sentence arrives as it is."""
    data = tmp_path / "data"
    slip = UpstreamSettings(
        name="corp", doors=(DoorSettings(url=index.url),), ca=tmp_path / "nothing.pem"
    )

    with pytest.raises(ConfigError, match=r"nothing\.pem"):
        async with running(settings(data, slip), NO_PIP):
            pass

    assert open_files_below(data) == []


@needs_proc
async def test_error_of_the_program_leaves_it_as_it_is(tmp_path: Path, index: Simulator) -> None:
    """Who started it recognises its errors: they are in no group, and everything is closed."""
    data = tmp_path / "data"
    error = ConfigError("The port is taken.")

    with pytest.raises(ConfigError) as caught:
        async with app_on(data, index):
            raise error

    assert caught.value is error
    assert open_files_below(data) == []


@pytest.mark.parametrize("below", ["file", "file/data"], ids=["a file", "below a file"])
async def test_directory_that_cannot_be_written_is_a_slip_in_the_settings(
    tmp_path: Path, index: Simulator, below: str
) -> None:
    """The sentence names the place, and nothing is asked of the upstream."""
    (tmp_path / "file").write_text("not a directory")
    data = tmp_path / below

    with pytest.raises(ConfigError, match=str(data)):
        async with app_on(data, index):
            pass

    assert index.requests == []


# --- what it is told -----------------------------------------------------------------------------


async def test_pip_of_the_environment_names_the_door(tmp_path: Path, index: Simulator) -> None:
    """Without a word in the settings, the index of the given environment's pip is the upstream."""
    environment = {**NO_PIP, "PIP_INDEX_URL": index.url}
    data = tmp_path / "data"

    async with running(settings(data), environment) as app:
        assert OLD.filename.encode() in await page(app)
        assert main_index(app).chain.owners >= {"main"}
    async with running(settings(data), NO_PIP) as app:
        assert [door.state.url for door in app.doors] == [index.url]


@pytest.mark.parametrize("variable", ["NETRC", "HOME"])
async def test_netrc_is_the_one_of_the_environment(
    tmp_path: Path, index: Simulator, variable: str
) -> None:
    """Named, or in the home directory that the environment names."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\n")
    environment = {**NO_PIP, variable: str(netrc if variable == "NETRC" else tmp_path)}

    async with running(settings(tmp_path / "data", upstream(index)), environment) as app:
        await page(app)

    assert index.requests[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("max_seconds", "max_age", "lifetime"), [(400, None, 400), (400, 200, 200), (100, 500, 500)]
)
async def test_pages_are_fresh_for_as_long_as_the_settings_say(
    tmp_path: Path, index: Simulator, max_seconds: float, max_age: float | None, lifetime: float
) -> None:
    """What is said of the upstream alone counts before what is said of all."""
    told = settings(tmp_path / "data", upstream(index, max_age=max_age), max_seconds=max_seconds)

    async with running(told, NO_PIP) as app:
        project = await main_index(app).chain.repository.project(DEMO)

    assert project.known is not None
    assert project.known.fresh_until - project.known.checked_at == pytest.approx(lifetime, abs=60)


# --- the background ------------------------------------------------------------------------------


async def test_tasks_in_the_background_end_with_the_program(
    tmp_path: Path, index: Simulator
) -> None:
    """What would run for ever is cancelled, and may clean up while everything is still open."""
    cleaned: list[bool] = []

    async def forever(app: App) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await app.catalog.journal.last()
                await app.doors[0].parts.client.load(Request(index.url))
                cleaned.append(True)

    async with app_on(tmp_path, index) as app:
        app.background.start_soon(partial(forever, app))
        await anyio.wait_all_tasks_blocked()

    assert cleaned == [True]
