"""`support/second_chance.py`: who may be run again."""

import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from support.house import ROOT
from support.second_chance import RERUNS, lives_by_the_clock


@pytest.mark.parametrize("module", ["chaos/test_kills.py", "scenario/outage/test_matrix.py"])
def test_tests_with_real_servers_may_be_run_again(module: str) -> None:
    """What a machine that stands still can fail."""
    assert lives_by_the_clock(PurePath(module))


@pytest.mark.parametrize("module", ["decide/test_pacing.py", "test_house.py", "contract/x.py"])
def test_tests_that_drive_their_clock_have_one_chance(module: str) -> None:
    """They fail for one reason alone."""
    assert not lives_by_the_clock(PurePath(module))


def test_second_chance_is_a_mark_that_pytest_knows(request: pytest.FixtureRequest) -> None:
    """This test has one, because of its folder."""
    mark = request.node.get_closest_marker("flaky")

    assert mark is not None
    assert mark.kwargs == {"reruns": RERUNS}


FLAKY = """
import pytest

runs, ended = [], []

@pytest.fixture(scope="session")
def everybodys():
    yield []
    ended.append("session")

@pytest.fixture(scope="module")
def shared(everybodys):
    yield []
    ended.append("module")

@pytest.mark.flaky(reruns=2)
def test_that_is_run_again(everybodys, shared):
    for each in (everybodys, shared, runs):
        each.append("x")
    assert (len(everybodys), len(shared)) == (1, 1)
    assert len(runs) == 2

def test_that_comes_after_it(everybodys, shared):
    assert (len(everybodys), len(shared)) == (1, 1)
    assert ended == ["module", "session"]
"""
HOOK = """
import pytest
from support.second_chance import begin_anew

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    begin_anew(item)
"""


def test_second_run_meets_nothing_of_the_first(tmp_path: Path) -> None:
    """What tests share was ended, and made once more, for those that follow too."""
    (tmp_path / "conftest.py").write_text(HOOK, "utf-8")
    (tmp_path / "test_flaky.py").write_text(FLAKY, "utf-8")
    words = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", "test_flaky.py"]

    ran = subprocess.run(
        [*words, "-p", "no:cacheprovider", "-p", "no:randomly"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
    )

    assert "2 passed, 1 rerun" in ran.stdout, ran.stdout
