"""Publishing onwards from one server to another: the same bytes, with nobody's token in sight."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from scenario.publishing.yard import Yard, open_yard
from support.clients import release_of
from support.house import ROOT
from support.programs import run_program

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A second server, which has nothing of the first."""
    with open_yard(tmp_path_factory.mktemp("other")) as opened:
        yield opened


def push(yard: Yard, other: Yard, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command on the data of a server that runs."""
    line = ["project", "push", *words, "--to", other.account.url, "--token-env", "PUSH_TOKEN"]
    return run_program(
        [*line, "--data", str(yard.hosting.data)],
        cwd=yard.hosting.data.parent,
        environ={
            "HOME": str(yard.hosting.data.parent),
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "src"),
            "PUSH_TOKEN": other.hosting.token,
        },
        timeout=60,
    )


def test_release_goes_on_to_another_index(yard: Yard, other: Yard) -> None:
    """Every file with the same digest; a second push finds the same bytes and is well."""
    release = release_of("acme-onwards", "1.0")
    yard.publish(release)

    first = push(yard, other, "acme-onwards", "1.0")
    second = push(yard, other, "acme-onwards", "1.0")

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert other.hashes("acme-onwards") == yard.hashes("acme-onwards")
    assert "2 files uploaded" in first.stderr
    assert other.hosting.token not in first.stderr + first.stdout


def test_name_with_other_bytes_is_not_pushed_over(yard: Yard, other: Yard) -> None:
    """The other index says so, and the command says what it said."""
    other.publish(release_of("acme-taken", "1.0"))
    yard.publish(release_of("acme-taken", "1.0", requires=["acme-onwards"]))

    pushed = push(yard, other, "acme-taken", "1.0")

    assert pushed.returncode == 1
    assert "already exists" in pushed.stderr.lower()
    assert other.hashes("acme-taken") != yard.hashes("acme-taken")
