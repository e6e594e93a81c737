"""`poetry.lock` before 2.1, whose conditions are on its edges; samples: `test_reading.py`."""

from pathlib import Path

from support.closures import LINUX, WINDOWS, written
from wheelyard.closure.poetry_lock import read_poetry_lock

LOCK = """
[[package]]
name = "click"
version = "8.0"
optional = false
python-versions = ">=3.7"
files = []

[package.dependencies]
colorama = {version = "*", markers = "platform_system == 'Windows'"}
twice = [
    {version = ">=1", markers = "platform_system == 'Windows'"},
    {version = "<1", markers = "platform_system == 'Plan9'"},
]
plain = "*"

[[package]]
name = "colorama"
version = "0.4"
optional = false
python-versions = "*"
files = []

[[package]]
name = "plain"
version = "1.0"
optional = false
python-versions = "*"
files = []

[[package]]
name = "twice"
version = "1.0"
optional = false
python-versions = "*"
files = []

[[package]]
name = "tests-need-this"
version = "1.0"
optional = false
python-versions = "*"
files = []

[metadata]
lock-version = "2.0"
python-versions = "^3.8"
content-hash = "0"
"""
PROJECT = """
[tool.poetry.dependencies]
python = "^3.8"
click = "^8"

[tool.poetry.group.dev.dependencies]
Tests_need-this = "*"
"""
STANDARD = """
[project]
dependencies = ["click>=8", "not a requirement"]

[dependency-groups]
dev = ["tests-need-this", {include-group = "other"}]
"""


def places(path: Path) -> dict[str, int]:
    """Return on how many of two targets each package is needed."""
    reading = read_poetry_lock(path, LOCK.encode(), [LINUX, WINDOWS])
    return {one.name: len(one.targets) for one in reading.locked}


def test_edges_are_followed_from_the_project(tmp_path: Path) -> None:
    """What only Windows needs is not needed on Linux."""
    for text in (PROJECT, STANDARD):
        written(tmp_path, text, "pyproject.toml")

        assert places(tmp_path / "poetry.lock") == {
            "click": 2,
            "colorama": 1,
            "plain": 2,
            "tests-need-this": 2,
            "twice": 1,
        }


def test_without_a_project_everything_is_needed_and_that_is_said(tmp_path: Path) -> None:
    """Too much is wanted then, never too little."""
    reading = read_poetry_lock(tmp_path / "poetry.lock", LOCK.encode(), [LINUX, WINDOWS])

    assert {len(one.targets) for one in reading.locked} == {2}
    assert len(reading.remarks) == 1


def test_project_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    """It is only a help."""
    written(tmp_path, "= broken", "pyproject.toml")

    assert set(places(tmp_path / "poetry.lock").values()) == {2}
