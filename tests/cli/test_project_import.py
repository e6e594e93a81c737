"""``wheelyard project import``, from the arguments to the report."""

import json
from pathlib import Path

import pytest

from cli.people import Console
from support.packages import make_wheel

WHEEL = make_wheel("demo", "1.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a directory with a wheel, and a file that is none."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheels.joinpath(WHEEL.filename).write_bytes(WHEEL.content)
    wheels.joinpath("text-1.0-py3-none-any.whl").write_bytes(b"This is no wheel.")
    return wheels


def test_import_says_what_became_of_each_file(console: Console, folder: Path) -> None:
    """One line per file, and a sentence; what was rejected makes the exit code 1."""
    code, output, errors = console.call(f"project import {folder}")

    assert (code, output) == (1, "")
    assert f"imported: {WHEEL.filename}\n" in errors
    assert "rejected: text-1.0-py3-none-any.whl: " in errors
    assert "into the index `main`: 1 file imported, 0 there already, 1 rejected" in errors


def test_import_again_leaves_alone_what_is_there(console: Console, folder: Path) -> None:
    """And says so to programs."""
    console.call(f"project import {folder}")

    _, output, _ = console.call(f"project import {folder} --json")

    report = json.loads(output)
    assert (report["index"], report["complete"], report["imported"]) == ("main", False, [])
    assert [item["filename"] for item in report["skipped"]] == [WHEEL.filename]


def test_dry_run_imports_nothing(console: Console, folder: Path) -> None:
    """Twice, with the same answer."""
    for _ in range(2):
        code, _, errors = console.call(f"project import {folder} --project demo --dry-run")

        assert code == 0
        assert "1 file would be imported" in errors


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("https://index.example/simple/", "--all"),
        ("https://index.example/simple/ --all --project x", "do not go together"),
        ("/nowhere", "no directory `/nowhere`"),
        (". --index missing", "no index `missing`"),
        (". --project -x-", "not a project name"),
    ],
)
def test_order_that_makes_no_sense_is_refused(console: Console, words: str, problem: str) -> None:
    """With what to do instead."""
    code, _, errors = console.call(f"project import {words}")

    assert code == 2
    assert problem in errors
