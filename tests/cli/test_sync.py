"""``wheelyard sync``, from the arguments to the exit code; as a process in `tests/scenario`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.people import Console
from support.packages import make_wheel
from support.simulator import Simulator, status
from support.syncing import fill
from wheelyard.cli.main import run

COUNT = 3


@pytest.fixture
def index() -> Iterator[Simulator]:
    """An upstream with a few projects."""
    with Simulator() as simulator:
        fill(simulator, COUNT)
        yield simulator


@pytest.fixture
def door(index: Simulator, console: Console) -> list[str]:
    """Return the flags that name the upstream; nothing of this machine counts."""
    del console
    return ["--upstream", index.url]


def test_everything_is_here_and_exit_0(
    index: Simulator, door: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The doors are recorded at the first start: the next run needs no flag for them."""
    assert run(["sync", "--all", *door]) == 0
    first = capsys.readouterr().out
    index.forget()
    assert run(["sync", "--all"]) == 0
    second = capsys.readouterr().out

    assert f"{COUNT} projects of `main` looked at, {2 * COUNT} files fetched" in first
    assert second.startswith("0 projects of `main` looked at, 0 files fetched")
    assert second.endswith("Everything wanted is here.\n")
    assert index.count() <= 2


def test_what_is_missing_is_exit_1_with_the_reason(
    index: Simulator, door: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In a table, with the next step."""
    index.fault(lambda request: "/simple/demo-1/" in request.path, status(500))

    assert run(["sync", "--all", *door]) == 1
    out = capsys.readouterr().out
    assert "demo-1" in out
    assert "the upstream answered 500" in out
    assert "run it again to try the rest" in out


def test_report_as_json(door: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs."""
    assert run(["sync", "--project", "demo-1", "--project", "nobody", "--json", *door]) == 1
    report = json.loads(capsys.readouterr().out)

    assert (report["index"], report["outcome"], report["files"]) == ("main", "partial", 2)
    assert report["problems"] == [
        {"project": "nobody", "reason": "the upstream has no such project"}
    ]


def test_dry_run_prints_the_plan_and_does_nothing(
    index: Simulator, door: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, files, bytes."""
    assert run(["sync", "--all", "--dry-run", *door]) == 0
    out = capsys.readouterr().out
    assert run(["sync", "--all", "--dry-run", "--json", *door]) == 0
    plan = json.loads(capsys.readouterr().out)

    assert out.splitlines()[0].strip() == "demo-0"
    assert f"{COUNT} projects of `main` to look at, {2 * COUNT} files to fetch (" in out
    assert (plan["projects"], plan["files"], plan["names"][0]) == (COUNT, 2 * COUNT, "demo-0")
    assert index.count("file") == 0


def test_configuration_says_what_is_wanted(
    index: Simulator, console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a flag that says which projects; any other flag replaces one setting."""
    config = console.data.parent / "wheelyard.toml"
    config.write_text(
        f'[upstream.corp]\nurls = ["{index.url}"]\n\n'
        '[sync.main]\nprojects = ["demo-*"]\nwithout = ["demo-2"]\n',
        "utf-8",
    )
    assert run(["sync", "--no-prereleases", "--sdists", "never", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)

    assert (report["looked_at"], report["files"]) == (2, 2)


def test_brake_is_told_with_the_flag_that_lets_go(
    index: Simulator, door: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A-32: exit 1, and nothing is removed before somebody says that it is meant."""
    assert run(["sync", "--all", *door]) == 0
    for number in range(COUNT):
        index.remove_project(f"demo-{number}")
    index.add(make_wheel("other", "1.0"))
    capsys.readouterr()

    assert run(["sync", "--all", *door]) == 1
    assert "`--allow-removals`" in capsys.readouterr().out
    assert run(["sync", "--all", "--allow-removals", *door]) == 0
    assert f"{COUNT} removed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "says nothing of what is wanted"),
        (["--all", "--project", "demo"], "take one of them out"),
        (["--all", "--platform", "windoze"], "windoze"),
        (["nowhere", "--all"], "There is no index `nowhere`"),
        (["--requirement", "missing.txt"], "missing.txt"),
        (["--requirement", "pylock.toml"], "`pylock.toml` is not TOML"),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_asked(
    index: Simulator,
    door: list[str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    """Exit 2, and not one page was asked for."""
    Path("pylock.toml").write_text("nonsense = [", "utf-8")
    assert run(["sync", *arguments, *door]) == 2
    assert said in capsys.readouterr().err
    assert index.count("page") == index.count("file") == 0
