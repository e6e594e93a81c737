"""A disk that cannot take what is published: a sentence, and nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("on_a_bad_disk.py")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list[str]]]:
    """Run the script where it may mount; skips where that is not possible."""
    unshare = shutil.which("unshare", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if unshare is None:
        pytest.skip("there is no unshare here")
    folder = tmp_path_factory.mktemp("disks")
    apart = [unshare, "--mount"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs to be root")
    done = subprocess.run(
        [*apart, sys.executable, str(SCRIPT), str(folder)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=100,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, tuple[str, list[str]]] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("case", "sentence", "files"),
    [
        ("full", "its disk is full; make room there", ["page"]),
        ("elsewhere", "part of it is on another file system", ["page"]),
        ("read-only", "its file system is read-only", ["page"]),
        ("shut", "this user may not do that", []),
        ("shut above", "this user may not do that", []),
    ],
)
def test_disk_that_cannot_take_it_is_said(
    answers: dict[str, tuple[str, list[str]]], case: str, sentence: str, files: list[str]
) -> None:
    """What is wrong is said with what to do, and what was there before is what is there."""
    said, found = answers[case]

    assert sentence in said
    assert found == files
