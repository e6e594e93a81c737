"""Environments are made, and filled from a file of requirements, while the upstream is gone."""

import json
import subprocess
from importlib.util import find_spec
from typing import Any

import pytest

from scenario.new_environments import INDEX, MAKERS, TREE, UPSTREAM
from support.clients import VIRTUALENV, need
from support.clients.closed_room import run_in_closed_room, why_no_closed_room

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

Story = dict[str, Any]  # what another process printed


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Return what the program says."""
    need(VIRTUALENV)
    if find_spec("ensurepip") is None:
        pytest.skip("this Python has no ensurepip: the system's package for it is not installed")
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())
    folder = tmp_path_factory.mktemp("environments")
    try:
        said = run_in_closed_room("scenario.new_environments", str(folder))
    except subprocess.CalledProcessError as error:
        pytest.fail(f"the story broke off:\n{error.stderr}")
    told: Story = json.loads(said)
    return told


@pytest.mark.parametrize("maker", MAKERS)
def test_a02_new_environment_is_filled_without_the_upstream(story: Story, maker: str) -> None:
    """What one person installed, the next one can: environment, its pip, and the requirements."""
    projects = story["later"][maker]["projects"]

    assert projects.items() >= TREE.expected.items()
    assert "pip" in projects


def test_a02_bytes_are_those_from_before_the_outage(story: Story) -> None:
    """The pip that virtualenv downloads, too."""
    assert story["later"]["virtualenv"]["files"] == story["first"]["files"]


def test_a02_nobody_else_is_looked_for(story: Story) -> None:
    """No client and no server wants to know another name; there is no way to any other place."""
    assert story["asked"] == [INDEX, UPSTREAM]


def test_a28_status_command_works_with_every_upstream_down(story: Story) -> None:
    """The operator reads which door is out, and that the server is ready all the same."""
    report = json.loads(story["status"]["said"])

    assert story["status"]["exit_code"] == 0, story["status"]["problem"]
    assert report["ready"]
    assert [door["state"] for door in report["doors"]] == ["down"]
    assert "refused" in report["doors"][0]["last_error"]
