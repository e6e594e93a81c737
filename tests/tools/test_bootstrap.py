"""`tools/bootstrap.py`: what the two commands become once everything is there."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import bootstrap
from environment import CannotPrepareError

PYTHON = str(bootstrap.OWN.python)


class BecameError(Exception):
    """Stands for the moment in which this process would have become another program."""


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pretend that everything is installed; return the names of the locks that were asked for."""
    asked: list[str] = []

    def become(path: str, command: list[str]) -> None:
        raise BecameError(path, command)

    monkeypatch.setattr(bootstrap, "prepare", lambda _, lock: asked.append(lock))
    monkeypatch.setattr(bootstrap, "provide_system_parts", lambda _: [])
    monkeypatch.setattr(os, "execv", become)
    return asked


def test_run_becomes_the_server_and_passes_arguments_on(prepared: list[str]) -> None:
    """`./run` is `wheelyard serve` in the same process, so that signals reach the server."""
    with pytest.raises(BecameError) as caught:
        bootstrap.main(["run", "--port", "0", "my wheels"])

    command = [PYTHON, "-m", "wheelyard", "serve", "--port", "0", "my wheels"]
    assert caught.value.args == (PYTHON, command)
    assert prepared == ["run"]


def test_run_stays_where_it_was_started(
    prepared: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path among the arguments means what the caller meant."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BecameError):
        bootstrap.main(["run", "wheels"])

    assert Path.cwd() == tmp_path


def test_test_becomes_pytest_in_the_clone(
    prepared: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`./test` is pytest in the same process, started from the clone's root."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BecameError) as caught:
        bootstrap.main(["test", "-k", "house"])

    command = [PYTHON, "-m", "pytest", *bootstrap.SIDE_BY_SIDE, "-k", "house"]
    assert caught.value.args == (PYTHON, command)
    assert Path.cwd() == bootstrap.ROOT
    assert prepared == ["test"]


def test_lowest_is_the_tests_in_another_environment(prepared: list[str]) -> None:
    """The lowest allowed versions never touch the clone's own environment."""
    with pytest.raises(BecameError) as caught:
        bootstrap.main(["lowest", "-x"])

    lowest = str(bootstrap.ROOT / ".cache" / "lowest" / "bin" / "python")
    command = [lowest, "-m", "pytest", *bootstrap.SIDE_BY_SIDE, "-x"]
    assert caught.value.args == (lowest, command)


@pytest.mark.usefixtures("prepared")
def test_test_with_missing_programs_names_them_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that cannot be installed costs its tests, not the run."""
    monkeypatch.setattr(bootstrap, "provide_system_parts", lambda _: ["nginx", "wrk"])

    with pytest.raises(BecameError):
        bootstrap.main(["test"])

    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.usefixtures("prepared")
def test_failure_to_prepare_is_a_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody gets a traceback for a machine that lacks something."""
    monkeypatch.setattr(bootstrap, "prepare", raising(CannotPrepareError("Install pip.")))

    with pytest.raises(SystemExit) as caught:
        bootstrap.main(["run"])

    assert caught.value.code == 2
    assert capsys.readouterr().err == "Install pip.\n"


def raising(error: Exception) -> Callable[..., None]:
    """Return a function that raises ``error``, whatever it is called with."""

    def function(*_: object) -> None:
        raise error

    return function


def test_bootstrap_imports_only_the_standard_library() -> None:
    """It runs before anything is installed."""
    ours = {"bootstrap", "environment", "system_parts"}
    modules = [sys.modules[name] for name in ours]
    imported = {
        value.__name__.partition(".")[0]
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type(sys))
    }

    assert imported - ours <= sys.stdlib_module_names
