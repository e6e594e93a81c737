"""Locks made through the server say what the upstream says, and install without it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.clients import LOCKERS, Kind, Locker, Sandbox
from support.packages import closure, normalize
from support.server import RunningServer
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

TREE = closure(4)
CHOSEN = frozenset(
    package.sha256
    for package in TREE.packages
    if TREE.expected[normalize(package.name)] == package.version
)
"""The SHA-256 of each file of each version that a resolver must choose."""


@pytest.mark.parametrize("kind", LOCKERS, ids=str)
def test_c99_client_locks_and_installs(
    upstream: Simulator,
    server: RunningServer,
    kind: Kind[Locker],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """A lock has the hash of each file, wheel and sdist; it still installs when upstream is gone.

    The second time somebody else has the project, who never saw the index.
    """
    upstream.add(*TREE.packages)
    client = kind.start(new_sandbox("mine"))

    locked = client.lock([TREE.root], server.url, tmp_path / "mine").checked()
    shutil.copytree(tmp_path / "mine", tmp_path / "theirs", ignore=shutil.ignore_patterns(".venv"))
    mine = client.install_locked(server.url, tmp_path / "mine").checked()
    upstream.down()
    theirs = kind.start(new_sandbox("theirs")).install_locked(server.url, tmp_path / "theirs")

    assert locked.sha256s == CHOSEN
    assert mine.installed.items() >= TREE.expected.items()
    assert theirs.checked().files == mine.files
