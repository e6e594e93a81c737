"""``wheelyard drill``, from the arguments to the exit code."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from cli.people import Console
from support.app import NO_PIP, settings, upstream
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import running

APP, SRC = make_wheel("app", "1.0"), make_sdist("src", "1.0")


@pytest.fixture
def index(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Run an upstream; one of its two projects is held."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    async def record() -> None:
        async with running(settings(console.data, upstream(simulator)), NO_PIP):
            return

    with running_simulator() as simulator:
        simulator.add(APP, SRC)
        anyio.run(record)
        console.said("pin add app")
        yield simulator


def lines_in(console: Console, *lines: str) -> Path:
    """Return a requirements file of these lines."""
    path = console.data.with_name("requirements.txt")
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_what_is_held_installs_without_asking_anybody(console: Console, index: Simulator) -> None:
    """The upstream is there, and hears nothing."""
    index.forget()

    output = console.read(f"drill -r {lines_in(console, 'app')}")

    assert output.endswith(": installed with uv, 1 project\n")
    assert index.requests == []


@pytest.mark.usefixtures("index")
def test_what_is_not_held_is_exit_code_1(console: Console) -> None:
    """With what the installer said."""
    code, output, _ = console.call(f"drill -r {lines_in(console, 'app', 'src')}")

    assert code == 1
    assert ": not installed; uv said:" in output
    assert "src" in output


@pytest.mark.usefixtures("index")
def test_index_for_members_installs_too(console: Console) -> None:
    """Who may read the data directory may drill; nobody else is served meanwhile."""
    Path("wheelyard.toml").write_text('[index.main]\nread = "members"\n', "utf-8")

    assert console.call(f"drill -r {lines_in(console, 'app')}")[0] == 0


@pytest.mark.usefixtures("index")
def test_result_as_json(console: Console) -> None:
    """The same for programs, target by target."""
    code, output, _ = console.call(f"drill -r {lines_in(console, 'app')} --only-binary --json")

    document = json.loads(output)
    assert (code, document["installed"], document["contacted"]) == (0, True, [])
    assert document["targets"][0]["installed"] == ["app 1.0"]


@pytest.mark.usefixtures("index")
def test_wheels_only_builds_nothing(console: Console) -> None:
    """Whoever does not want to run what an author wrote gets a failure instead."""
    console.said("pin add src")
    file = lines_in(console, "src")

    assert console.call(f"drill -r {file} --only-binary")[0] == 1
    assert console.call(f"drill -r {file}")[0] == 0


@pytest.mark.parametrize("words", ["-r missing.txt", "-r requirements.txt --installer conda", ""])
@pytest.mark.usefixtures("index")
def test_bad_input_is_wrong_usage(console: Console, words: str) -> None:
    """Nothing is installed anywhere."""
    lines_in(console, "app")

    assert console.call(f"drill {words}")[0] == 2
