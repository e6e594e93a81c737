"""``wheelyard pin``, from the arguments to the rows, and what a pin is good for."""

import os
from collections.abc import Awaitable, Callable, Iterator

import anyio
import anyio.to_thread
import pytest

from cli.contents import audit_of, publish
from cli.people import Console
from support.app import DEMO, NO_PIP, chain_of, main_index, page, settings, upstream
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator, status
from wheelyard.app import App, running
from wheelyard.blobs import HeldBlob
from wheelyard.errors import Absent, Refused
from wheelyard.mirror.bulk import Bulk
from wheelyard.model import FileRef

OLD, NEW = make_wheel("demo", "1.0"), make_wheel("demo", "2.0")
SDIST, NEXT = make_sdist("demo", "2.0"), make_wheel("demo", "3.0rc1")


@pytest.fixture
def index(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Run an upstream of a project with some releases; nothing of it is held."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    async def record(_: App) -> None:
        return

    with running_simulator() as simulator:
        simulator.add(OLD, NEW, SDIST, NEXT)
        at_work(console, simulator, record)
        yield simulator


def at_work(console: Console, index: Simulator, work: Callable[[App], Awaitable[None]]) -> None:
    """Do something in the program that runs on the console's data."""

    async def run() -> None:
        async with running(settings(console.data, upstream(index)), NO_PIP) as app:
            await work(app)

    anyio.run(run)


async def names(app: App) -> list[str]:
    """Return the files on the page as it is read now."""
    await chain_of(app).pages.believe(DEMO)
    return [file.filename for file in (await main_index(app).chain.repository.project(DEMO)).files]


def pinned(console: Console) -> list[str]:
    """Return the names of the pinned files."""
    return [str(document["filename"]) for document in console.documents("pin list")]


def test_release_is_fetched_and_pinned(console: Console, index: Simulator) -> None:
    """All of its files, proven and with evidence, so that the upstream is not needed again."""
    said = console.said("pin add demo==2.0 --label app")

    assert said == "Pinned: 2 files.\n"
    assert index.count("file") == 2
    documents = console.documents("pin list --label app")
    assert [(each["filename"], each["sha256"]) for each in documents] == [
        (NEW.filename, NEW.sha256),
        (SDIST.filename, SDIST.sha256),
    ]
    line = audit_of(console)[-1]
    assert (line.action, line.project, line.origin) == ("pin.added", "demo", "command line")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("words", "expected"),
    [("demo", [NEW.filename, SDIST.filename]), (OLD.filename, [OLD.filename])],
)
def test_project_means_its_newest_final_release(
    console: Console, words: str, expected: list[str]
) -> None:
    """And the name of a file that file alone."""
    console.said(f"pin add {words}")

    assert pinned(console) == expected


@pytest.mark.usefixtures("index")
def test_pin_added_again_is_nothing_new(console: Console) -> None:
    """It is said, and it is no error."""
    console.said("pin add demo")

    assert console.said("pin add demo") == "Pinned: 0 files, 2 already.\n"


@pytest.mark.parametrize("loss", ["file", "project"])
def test_what_upstream_deletes_stays_installable(
    console: Console, index: Simulator, loss: str
) -> None:
    """The page shows what is pinned, and the bytes are given out without asking anybody."""
    console.said(f"pin add {OLD.filename}")
    if loss == "file":
        index.remove(OLD.filename)
    else:
        index.remove_project("demo")

    async def install(app: App) -> None:
        if loss == "file":
            listed = await names(app)
            assert sorted(listed) == sorted(
                [OLD.filename, NEW.filename, SDIST.filename, NEXT.filename]
            )
        else:
            with pytest.raises(Absent):
                await names(app)
        repository = main_index(app).chain.repository
        shown = await repository.project(DEMO)
        [file] = [file for file in shown.files if file.filename == OLD.filename]
        assert isinstance(await repository.file(shown.ref(file)), HeldBlob)
        metadata = await repository.metadata(shown.ref(file))
        assert b"".join([chunk async for chunk in metadata.read()]) == OLD.metadata

    before = index.count("file")
    at_work(console, index, install)
    assert index.count("file") == before


@pytest.mark.parametrize("then", ["stays", "is deleted"])
def test_takedown_wins_over_a_pin(console: Console, index: Simulator, then: str) -> None:
    """While the page says so, and when the project is deleted after it."""
    console.said(f"pin add {OLD.filename}")

    async def take_down(app: App) -> None:
        index.status("demo", "quarantined", "malware")
        assert await names(app) == []
        if then == "is deleted":
            index.remove_project("demo")
            with pytest.raises(Absent):
                await names(app)
            with pytest.raises(Absent):
                await main_index(app).chain.repository.project(DEMO)
            return
        shown = await main_index(app).chain.repository.project(DEMO)
        [pin] = await app.catalog.pins.load()
        with pytest.raises(Refused):
            await main_index(app).chain.repository.file(FileRef(DEMO, pin.file, shown.status))

    at_work(console, index, take_down)


def test_takedown_that_a_mirror_saw_counts_too(console: Console, index: Simulator) -> None:
    """Nobody asked for the page between the quarantine and the deletion, but a sync did."""
    console.said(f"pin add {OLD.filename}")

    async def mirror(app: App) -> None:
        bulk = Bulk(chain_of(app))
        index.status("demo", "quarantined", "malware")
        assert (await bulk.page(DEMO)).status.status == "quarantined"
        index.remove_project("demo")
        with pytest.raises(Absent):
            await bulk.page(DEMO)
        with pytest.raises(Absent):
            await main_index(app).chain.repository.project(DEMO)

    at_work(console, index, mirror)


def test_pins_are_back_when_the_takedown_was_a_mistake(console: Console, index: Simulator) -> None:
    """The page lists it again; what it loses after that is shown."""
    console.said(f"pin add {OLD.filename}")

    async def take_down(app: App) -> None:
        index.status("demo", "quarantined", "malware")
        assert await names(app) == []
        index.status("demo", "active")
        assert OLD.filename in await names(app)
        index.remove(OLD.filename)
        assert OLD.filename in await names(app)

    at_work(console, index, take_down)


@pytest.mark.usefixtures("index")
def test_pin_removed_is_no_longer_shown(console: Console, index: Simulator) -> None:
    """Its bytes stay, its page is what its owner says."""
    console.said("pin add demo==1.0 demo==2.0 --label app")

    said = console.said(f"pin remove {OLD.filename} --label app")

    assert said == "No longer pinned: 1 file. They stay until space is needed.\n"
    assert pinned(console) == [NEW.filename, SDIST.filename]
    index.remove(OLD.filename)

    async def look(app: App) -> None:
        assert OLD.filename not in await names(app)

    at_work(console, index, look)


def test_running_server_sees_at_once_what_is_pinned(console: Console, index: Simulator) -> None:
    """The journal tells it, as it does whatever a command changes."""
    console.said("pin add demo==1.0 demo==2.0")

    async def serve(app: App) -> None:
        index.remove(OLD.filename)
        await names(app)
        assert OLD.filename.encode() in await page(app)
        await anyio.to_thread.run_sync(console.said, f"pin remove {OLD.filename}")
        await app.noticing.notice()
        assert OLD.filename.encode() not in await page(app)

    at_work(console, index, serve)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("words", ["demo==9.0", "other", "demo-9.0.tar.gz"])
def test_what_nobody_has_is_an_error(console: Console, words: str) -> None:
    """Nothing is pinned."""
    code, _, errors = console.call(f"pin add {words}")

    assert code == 1
    assert "not" in errors
    assert pinned(console) == []


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("words", ["demo>=1", "demo==", "demo[extra]", "x.tar.gz", "-demo-"])
def test_what_is_neither_is_wrong_usage(console: Console, words: str) -> None:
    """Before anything is fetched."""
    assert console.call(f"pin add -- {words}")[0] == 2


def test_file_that_cannot_be_had_is_said(console: Console, index: Simulator) -> None:
    """The others are pinned all the same; the exit code tells that it is not all."""
    index.fault(f"*/{SDIST.filename}", status(503))

    code, _, errors = console.call("pin add demo==2.0")

    assert code == 1
    assert errors.startswith("Not pinned: ")
    assert SDIST.filename in errors
    assert pinned(console) == [NEW.filename]


def test_file_of_our_own_is_pinned(console: Console, index: Simulator) -> None:
    """It is held by nature; the pin keeps it from being expired."""
    ours = "ours-1.0.dev1.tar.gz"
    publish(console, ours)

    async def put(app: App) -> None:
        await app.fills.parts.store.put(ours.encode())

    at_work(console, index, put)

    console.said("pin add ours==1.0.dev1 --offline")

    assert [(each["filename"], each["owner"]) for each in console.documents("pin list")] == [
        (ours, "hosted:main")
    ]


def test_nothing_named_is_wrong_usage(console: Console) -> None:
    """To take all pins away, say which."""
    assert console.call("pin remove")[0] == 2


@pytest.mark.usefixtures("index")
def test_nothing_pinned_is_said(console: Console) -> None:
    """And what is not pinned cannot be removed."""
    assert console.read("pin list") == "Nothing is pinned.\n"
    assert console.call("pin remove demo")[0] == 1
