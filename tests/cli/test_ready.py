"""``wheelyard ready``, from the arguments to what is said, written down and pinned."""

import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from cli.people import Console
from support.app import NO_PIP, chain_of, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import App, running
from wheelyard.catalog import open_catalog
from wheelyard.clock import SystemClock
from wheelyard.errors import Absent
from wheelyard.names import ProjectName

LIB, APP = make_wheel("lib", "1.0"), make_wheel("app", "1.0", requires=["lib"])
NEWER = make_wheel("lib", "2.0")
PLAT = [
    make_wheel("plat", "1.0", tag=f"py3-none-{tag}") for tag in ("manylinux_2_17_x86_64", "win32")
]
TARGETS = "--python 3.12 --platform manylinux_2_28_x86_64 --platform win32"


@pytest.fixture
def index(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Run an upstream of which the data directory knows and holds nothing."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    async def record(_: App) -> None:
        return

    with running_simulator() as simulator:
        simulator.add(LIB, APP, *PLAT)
        at_work(console, simulator, record)
        yield simulator


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """Return a requirements file."""
    path = tmp_path / "app.txt"
    path.write_text("app\n", "utf-8")
    return path


def at_work(console: Console, index: Simulator, work: Callable[[App], Awaitable[None]]) -> None:
    """Do something in the program that runs on the console's data."""

    async def run() -> None:
        async with running(settings(console.data, upstream(index)), NO_PIP) as app:
            await work(app)

    anyio.run(run)


def targets_of(output: str) -> list[dict[str, object]]:
    """Return the targets of a judgement."""
    found: list[dict[str, object]] = json.loads(output)["targets"]
    return found


def test_what_is_missing_is_listed_with_its_reason(console: Console, index: Simulator) -> None:
    """A line for each target, and each file that an installer would take."""
    code, output, _ = console.call(f"ready -r {lines_in(console, 'app')}")

    first, *missing = output.splitlines()
    assert code == 1
    assert first.endswith(": not ready: 0 of 2")
    assert [line.split(": ")[0].split()[0] for line in missing] == [APP.filename, LIB.filename]
    assert all("it is not held. Fetch and pin it with `--fetch`." in line for line in missing)
    assert index.count("file") == 0


def lines_in(console: Console, *lines: str) -> Path:
    """Return a requirements file of these lines."""
    path = console.data.with_name("requirements.txt")
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_a03_what_is_fetched_installs_when_everything_vanished(
    console: Console, index: Simulator, listed: Path
) -> None:
    """It is pinned under the name of the file; upstream may delete all of it."""
    code, output, errors = console.call(f"ready -r {listed} --fetch")

    assert (code, errors) == (0, "Pinned: 2 files, 2 of them new.\n")
    assert output.endswith(": ready: 2 of 2\n")
    pins = console.documents("pin list --label app.txt")
    assert [each["filename"] for each in pins] == [APP.filename, LIB.filename]

    async def forget(app: App) -> None:
        for name in ("app", "lib"):
            index.remove_project(name)
            with pytest.raises(Absent):
                await chain_of(app).pages.believe(ProjectName(name))

    at_work(console, index, forget)
    assert console.read(f"ready -r {listed} --offline").endswith(": ready: 2 of 2\n")
    assert console.call(f"drill -r {listed}")[0] == 0


@pytest.mark.usefixtures("index")
def test_each_target_is_judged_by_itself(console: Console) -> None:
    """One file is enough for one platform, and not for another."""
    console.said(f"pin add {PLAT[0].filename}")

    code, output, _ = console.call(f"ready -r {lines_in(console, 'plat')} {TARGETS} --json")

    linux, windows = targets_of(output)
    assert code == 1
    assert (linux["ready"], linux["held"], windows["ready"]) == (True, 1, False)
    assert [each["file"] for each in windows["missing"]] == [PLAT[1].filename]  # type: ignore[attr-defined]  # JSON


def test_older_release_that_is_held_is_a_note(console: Console, index: Simulator) -> None:
    """It would install, and something else than with upstreams; until it is fetched."""
    file = lines_in(console, "app")
    console.call(f"ready -r {file} --fetch")
    index.add(NEWER)

    async def renew(app: App) -> None:
        await chain_of(app).pages.renew(ProjectName("lib"))

    at_work(console, index, renew)
    code, output, _ = console.call(f"ready -r {file}")

    assert code == 0
    assert "Note: `lib` would be 1.0: 2.0, which is listed, is not held." in output
    code, output, _ = console.call(f"ready -r {file} --fetch")
    assert (code, "Note" in output) == (0, False)


@pytest.mark.usefixtures("index")
def test_locked_to_other_bytes_is_said(console: Console) -> None:
    """No fetching helps: the sentence says what does."""
    console.said("pin add lib")
    file = lines_in(console, f"lib==1.0 --hash=sha256:{'0' * 64}")

    code, output, _ = console.call(f"ready -r {file} --fetch")

    assert (code, "not ready" in output) == (1, True)


def test_what_was_taken_down_is_said(console: Console, index: Simulator) -> None:
    """Nothing brings it back."""
    index.status("lib", "quarantined", "malware")

    code, output, _ = console.call(f"ready -r {lines_in(console, 'lib==1.0')} --fetch")

    assert code == 1
    assert "lib" in output


def test_judgement_is_written_down(console: Console, index: Simulator, listed: Path) -> None:
    """For the status page: the last one for each name, whatever it was."""
    console.call(f"ready -r {listed}")
    console.call(f"ready -r {listed} --fetch --name site")
    console.call(f"ready -r {listed} {TARGETS} --offline")

    with open_catalog(console.data, SystemClock()) as catalog:
        rows = anyio.run(catalog.readiness.load)

    assert [(row.name, row.wanted, row.missing) for row in rows] == [
        ("app.txt", 2, 0),
        ("app.txt", 2, 0),
        ("site", 2, 0),
    ]
    assert index.count("file") == 2


def test_upstream_that_is_down_is_no_error(console: Console, index: Simulator) -> None:
    """That is what the question is about."""
    index.down()

    code, output, errors = console.call(f"ready -r {lines_in(console, 'app')}")

    assert (code, errors) == (1, "")
    assert "not ready" in output


@pytest.mark.parametrize(
    "words",
    [
        "-r missing.txt",
        "-r app.txt --platform atari",
        "-r app.txt --python two",
        "-r app.txt --fetch --offline",
        "-r app.txt --index nowhere",
        "-r pyproject.toml",
        "",
    ],
)
@pytest.mark.usefixtures("listed")
def test_bad_input_is_said_before_anybody_is_asked(
    console: Console, index: Simulator, words: str
) -> None:
    """Exit code 2, and no request."""
    console.data.with_name("pyproject.toml").write_text("[project]\n", "utf-8")
    index.forget()

    code, _, errors = console.call(f"ready {words}")

    assert (code, index.requests) == (2, [])
    assert errors


@pytest.mark.usefixtures("listed")
def test_directory_without_data_is_wrong_usage(console: Console) -> None:
    """There is nothing to judge; nothing is made."""
    code, _, errors = console.call("ready -r app.txt")

    assert (code, console.data.exists()) == (2, False)
    assert "holds no data" in errors
