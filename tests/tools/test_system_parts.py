"""`tools/system_parts.py`: programs that pip cannot install."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import system_parts
from system_parts import PARTS, missing_parts, provide_system_parts

Answer = Callable[[list[str]], bool]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a clone that has every kind of test."""
    for part in PARTS:
        tmp_path.joinpath(part.needed_by).mkdir(parents=True, exist_ok=True)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Pretend to be root on a Debian without any of the programs; return what is executed."""
    executed: list[list[str]] = []

    def succeeds(command: list[str], _: Mapping[str, str]) -> bool:
        executed.append(command)
        return command[-1] != "wrk"  # the one package that this Debian does not have

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name, **_: name if name == "apt-get" else None)
    monkeypatch.setattr(system_parts, "succeeds", succeeds)
    monkeypatch.setattr(system_parts, "POLICY", tmp_path / "policy-rc.d")
    return executed


def test_missing_parts_without_their_tests_are_not_missed(tmp_path: Path) -> None:
    """A program is asked for only when there are tests that drive it."""
    assert missing_parts(tmp_path) == []


def test_provide_when_everything_is_there_runs_nothing(
    root: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An equipped machine is left alone."""
    monkeypatch.setattr(shutil, "which", lambda name, **_: name)

    missing = provide_system_parts(root)

    assert missing == []
    assert commands == []


def test_provide_installs_one_by_one_when_together_fails(
    root: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that does not exist here does not cost the others."""
    monkeypatch.setattr(
        system_parts, "PARTS", [part for part in PARTS if part.program in {"openssl", "wrk"}]
    )

    provide_system_parts(root)

    assert [command[-1] for command in commands] == ["update", "wrk", "openssl", "wrk"]


def test_provide_without_root_names_what_is_missing(
    root: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be installed nothing is tried, and nothing fails."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    missing = provide_system_parts(root)

    assert missing == [part.program for part in PARTS]
    assert commands == []


def test_installed_daemons_do_not_start(root: Path, commands: list[list[str]]) -> None:
    """Running the tests does not leave a web server on port 80 behind."""
    with system_parts.nothing_starts():
        during = system_parts.POLICY.read_text("utf-8")

    assert "exit 101" in during
    assert not system_parts.POLICY.exists()


def test_policy_of_the_machine_is_kept(commands: list[list[str]]) -> None:
    """A machine that has its own word on starting daemons keeps it."""
    system_parts.POLICY.write_text("own", "utf-8")

    with system_parts.nothing_starts():
        pass

    assert system_parts.POLICY.read_text("utf-8") == "own"
