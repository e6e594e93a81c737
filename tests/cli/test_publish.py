"""``wheelyard publish``: what is wrong usage, and what a person is told."""

import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.house import ROOT
from support.packages import make_wheel
from wheelyard.catalog import open_catalog, open_directory
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of the command, in which nothing is held."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    clock = SystemClock()
    with open_directory(tmp_path / "data", clock) as directory:
        open_catalog(directory.path, clock).close()
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "`publish` needs a target"),
        (["t", "--activate", "--rollback"], "`--activate`, `--rollback`: give one of them"),
        (["t", "--rollback", "--dry-run"], "`--rollback`, `--dry-run`: give one of them"),
        (["t", "--watch", "--dry-run"], "`--watch` and `--dry-run`: give one of them"),
        (["t", "--data", "elsewhere"], "elsewhere` holds no data"),
        (["t", "--index", "team"], "There is no index `team`, only `hosted`, `main`. Correct the"),
        (["ftp://host/x"], "nothing that can be published to"),
    ],
)
@pytest.mark.usefixtures("data")
def test_wrong_usage_is_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no target is made."""
    assert run(["publish", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


@pytest.mark.usefixtures("data")
def test_publish_leaves_the_collector_of_its_process_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It looks for circles seldom while it runs; whoever called it goes on as before."""
    before = gc.get_threshold()

    assert run(["publish", str(tmp_path / "tree")]) == 1

    assert "nothing is held" in capsys.readouterr().err
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


@pytest.mark.usefixtures("data")
def test_what_cannot_be_published_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and no target is made."""
    assert run(["publish", "t"]) == 1
    assert "nothing is held of it yet" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


@pytest.mark.usefixtures("data")
def test_publish_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned, done, unchanged, taken back and forth; for people and for programs."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        package = make_wheel("acme", version)
        (wheels / package.filename).write_bytes(package.content)
        assert run(["project", "import", str(wheels), "--index", "main"]) == 0
        capsys.readouterr()
        said = []
        for words in (["--dry-run"], [], [], ["--json"]):
            assert run(["publish", "tree", *words]) == 0
            said.append(capsys.readouterr())
        planned, done, same, document = said

        assert f"`{tmp_path}/tree` would show " in planned.out
        assert planned.out.endswith("changed.\nProjects: `acme`\n")
        assert f"`{tmp_path}/tree` shows `main` at serial " in done.out
        assert done.out.endswith(("1 page changed.\n", "2 pages changed.\n"))
        assert "nothing was written" in same.out
        assert json.loads(document.out)["outcome"] == "unchanged"
        assert [each.err for each in (planned, done, same)] == ["", "", ""]
    for word, view in (("--rollback", "a"), ("--activate", "b"), ("--activate", "b")):
        assert run(["publish", "tree", word]) == 0
        assert f"(view `{view}`)" in capsys.readouterr().out
    assert run(["publish", "tree", "--rollback", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["view"] == "a"
    assert run(["publish", "tree", "--rollback"]) == 2
    assert "taken back already" in capsys.readouterr().err


def test_watching_says_what_it_does_and_is_stopped_by_a_signal(data: Path) -> None:
    """Whoever started it sees that it goes on, and how to end it; being stopped is no failure."""
    wheels = data.parent / "wheels"
    wheels.mkdir()
    package = make_wheel("acme", "1.0")
    (wheels / package.filename).write_bytes(package.content)
    assert run(["project", "import", str(wheels), "--index", "main"]) == 0

    with subprocess.Popen(
        [sys.executable, "-m", "wheelyard", "publish", "tree", "--watch"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate()

    tree = data.parent / "tree"
    assert told.startswith(f"`{tree}` shows `main` at serial ")
    assert (process.returncode, rest) == (0, "")
    assert said == "Publishing to `tree` after each change - stop it with Ctrl+C.\n"
