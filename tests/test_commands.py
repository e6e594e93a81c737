"""The two commands of the README, the lock files they install, and what CI calls."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.house import ROOT, blocks_of

LOCKS = ("run", "test", "installer")
REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?P<marker>[^\\]*)")


def locked(name: str) -> dict[str, str]:
    """Return the versions that a lock names."""
    lines = ROOT.joinpath("requirements", f"{name}.txt").read_text("utf-8").splitlines()
    found = (REQUIREMENT.match(line) for line in lines)
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_names_versions_and_hashes_only(name: str) -> None:
    """A lock says what, never where from: no address, no option, no path."""
    allowed = re.compile(
        r"#.*|    # .*|[a-z0-9.-]+==\S+(?: ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    )
    lines = ROOT.joinpath("requirements", f"{name}.txt").read_text("utf-8").splitlines()

    assert [line for line in lines if not allowed.fullmatch(line) or "://" in line] == []
    assert locked(name)


def test_test_lock_contains_the_run_lock() -> None:
    """What is tested is what runs, version by version; and the installer is one of both."""
    assert locked("run").items() <= locked("test").items()
    assert locked("installer").items() <= locked("test").items()


@pytest.mark.parametrize("lock", ["run", "test"])
def test_lock_covers_what_the_project_declares(lock: str) -> None:
    """Whoever adds a dependency refreshes the locks with `just lock`."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))
    declared = list(project["project"]["dependencies"])
    if lock == "test":
        declared += project["dependency-groups"]["test"]
    names = {re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in declared}

    assert names - locked(lock).keys() == set()


@pytest.mark.parametrize("path", ["run", "test", ".ci/run"])
def test_command_is_executable(path: str) -> None:
    """The README says `./run`, not `sh run`."""
    assert os.access(ROOT / path, os.X_OK)


@pytest.mark.parametrize(("heading", "command"), [("## Run it", "./run"), ("## Test it", "./test")])
def test_readme_names_the_command(heading: str, command: str) -> None:
    """Each heading is followed by one block of one line, and that line is the command."""
    text = ROOT.joinpath("README.md").read_text("utf-8")
    number = text[: text.index(f"\n{heading}\n")].count("\n") + 2
    block = next(block for block in blocks_of(Path("README.md")) if block.line > number)

    assert (block.language, block.text) == ("sh", f"{command}\n")


def test_ci_calls_the_command_of_the_readme() -> None:
    """CI proves what the README promises, and knows no other way."""
    lines = ROOT.joinpath(".ci", "run").read_text("utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]

    assert commands == ['exec ./test "$@" </dev/null']


def test_justfile_has_the_six_verbs() -> None:
    """The verbs that `CONTRIBUTING.md` explains exist, and `just` can read their file."""
    just = f"{sys.prefix}/bin/just"
    command = [just, "--justfile", str(ROOT / "justfile"), "--summary"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)

    assert {"setup", "check", "fix", "test", "docs", "bench"} <= set(answer.stdout.split())


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with the commands of this clone, in a path with a blank."""
    root = tmp_path / "a clone"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run", "test"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.mark.parametrize("name", ["run", "test"])
def test_command_without_new_enough_python_says_so(clone: Path, tmp_path: Path, name: str) -> None:
    """An old Python is named as the reason, before anything is tried with it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("sh", "dirname"):
        programs.joinpath(program).symlink_to(str(shutil.which(program)))
    write_script(programs / "python3", "exit 1")

    answer = subprocess.run(
        [clone / name], env={"PATH": str(programs)}, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 2
    assert answer.stderr.startswith("Wheelyard needs Python 3.11 or newer")
    assert answer.stderr.count("\n") == 1


def test_command_prefers_a_python_that_is_new_enough(clone: Path, tmp_path: Path) -> None:
    """Where `python3` is old, `python3.12` and its like are found; arguments arrive unchanged."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("sh", "dirname", "printf"):
        programs.joinpath(program).symlink_to(str(shutil.which(program)))
    write_script(programs / "python3", "exit 1")
    write_script(programs / "python3.12", '[ "$1" = -c ] || printf "%s|" "$@"')

    answer = subprocess.run(
        [clone / "run", "--port", "0", "my wheels"],
        env={"PATH": str(programs)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.stderr == ""
    assert answer.stdout == f"{clone}/tools/bootstrap.py|run|--port|0|my wheels|"


def test_version_is_written_once() -> None:
    """The program and the built package say the same version, because they read the same line."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))
    command = [sys.executable, "-c", "import wheelyard; print(wheelyard.__version__)"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT / "src")

    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/wheelyard/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", answer.stdout)


def write_script(path: Path, line: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    path.chmod(0o755)
