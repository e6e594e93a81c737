"""``wheelyard project accept``, from the arguments to the rows."""

import os
from collections.abc import Iterator

import anyio
import pytest

from cli.contents import audit_of, files_of, publish
from cli.people import Console
from support.app import DEMO, NO_PIP, main_index, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import running
from wheelyard.catalog import hosted_owner, open_catalog
from wheelyard.clock import SystemClock
from wheelyard.names import ProjectName, Sha256

OLD = make_wheel("demo", "1.0")
REBUILT = make_wheel("demo", "1.0", payload_bytes=5_000)
OURS = "ours-1.0.tar.gz"


@pytest.fixture
def index(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Run an upstream of which the data directory holds a wheel."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    async def fill(simulator: Simulator) -> None:
        async with running(settings(console.data, upstream(simulator)), NO_PIP) as app:
            repository = main_index(app).chain.repository
            project = await repository.project(DEMO)
            blob = await repository.file(project.ref(project.files[0]))
            assert [chunk async for chunk in blob.read()]

    with running_simulator() as simulator:
        simulator.add(OLD)
        anyio.run(fill, simulator)
        yield simulator


def test_other_bytes_of_a_public_file_are_accepted(console: Console, index: Simulator) -> None:
    """They are fetched and proven first; the sentence has what the name stands for now."""
    index.remove(OLD.filename)
    index.add(REBUILT)

    said = console.said(f"project accept demo {OLD.filename} --reason rebuilt")

    assert f"`{OLD.filename}` stands for sha256 {REBUILT.sha256} from now on" in said
    assert "(generation 2)" in said
    line = audit_of(console)[-1]
    assert (line.action, line.origin) == ("file.accepted", "command line")


def test_page_is_accepted_without_a_file(console: Console, index: Simulator) -> None:
    """As it is today, however much is gone from it; or that there is none."""
    assert "what its owner says: 1 file." in console.said("project accept demo --reason restored")
    index.remove_project("demo")

    said = console.said("project accept demo --reason deleted")

    assert "Its owner has no `demo`; the page that was held is forgotten." in said


def test_owner_that_is_down_is_exit_code_1(console: Console, index: Simulator) -> None:
    """Nobody is there to be believed."""
    index.down()

    code, _, errors = console.call(f"project accept demo {OLD.filename} --reason rebuilt")

    assert code == 1
    assert "cannot be had now" in errors


def test_name_of_a_deleted_file_may_be_used_again(console: Console) -> None:
    """What it stood for is told once more."""
    publish(console, OURS)
    console.said("project delete ours 1.0 --reason leaked")

    said = console.said(f"project accept Ours {OURS} --reason same-name")

    assert f"`{OURS}` may be uploaded again, with other bytes than sha256 " in said
    publish(console, OURS, sha256=Sha256("b" * 64))
    assert files_of(console, "ours")[OURS].generation == 2
    with open_catalog(console.data, SystemClock()) as catalog:
        owner = hosted_owner("main")
        assert anyio.run(catalog.hosting.tombstones, owner, ProjectName("ours")) == ()


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (f"project accept ours {OURS}", 2, "Say with `--reason` why this is right"),
        ("project accept ours --reason x", 2, "is a project of our own: name the deleted file"),
        (f"project accept ours {OURS} --reason x", 1, f"A deleted file `{OURS}` does not exist"),
        ("project accept ours a/b --reason x", 2, "is not a usable file name"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """With the exit code that scripts look at."""
    publish(console, OURS)

    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
