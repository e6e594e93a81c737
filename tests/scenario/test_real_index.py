"""The promise of the first page of the README: no configuration, and real packages.

The one file of tests that needs a network; where no index answers, its tests are skipped, and the
reason is what the attempt said.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, VIRTUALENV, Installer, Kind, Sandbox, why_no_index_answers
from support.server import RunningServer, running_server

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

LOCK = VIRTUALENV.lock
"""A handful of small projects with the hashes that they have on PyPI."""
EXPECTED = {"distlib", "filelock", "platformdirs", "virtualenv"}


@pytest.fixture(scope="module")
def unconfigured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a server as somebody does who has read nothing: it serves what this machine's pip uses.

    Only where it keeps its data is said, because a test must not fill the user's directory.
    """
    if why_no_index_answers():
        pytest.skip(why_no_index_answers())
    machine = {key: os.environ[key] for key in os.environ if not key.startswith("WHEELYARD")}
    machine.pop("PYTHONPATH", None)
    data = tmp_path_factory.mktemp("unconfigured") / "data"
    with running_server(data, environ=machine) as running:
        yield running


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_real_packages_install_without_configuration(
    unconfigured: RunningServer,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Each file has the hash in the lock, which nobody took from this server."""
    words = ["--require-hashes", "-r", str(LOCK)]

    result = kind.start(new_sandbox("first")).install(words, unconfigured.url, tmp_path / "first")

    assert set(result.checked().installed) >= EXPECTED
