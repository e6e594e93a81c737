"""Where a pip comes from before there is a pip: virtualenv and ensurepip."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from support.clients import VIRTUALENV, Sandbox, Virtualenv, need, projects_in, seed_wheels
from support.clients.projects import packages_of
from support.server import RunningServer
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@pytest.fixture
def stocked(upstream: Simulator) -> dict[str, str]:
    """Give the upstream real wheels of pip and setuptools, and return their versions."""
    need(VIRTUALENV)
    wheels = seed_wheels()
    upstream.add(*wheels)
    return {each.name: each.version for each in wheels}


def test_a79_virtualenv_downloads_its_seeds(
    upstream: Simulator,
    server: RunningServer,
    stocked: dict[str, str],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """`virtualenv --download`, for somebody new when the upstream is gone."""
    words = ("--download", "--setuptools=bundle")

    cold = Virtualenv(new_sandbox("cold")).create(server.url, tmp_path / "cold", *words)
    asked = upstream.count("file")
    upstream.down()
    warm = Virtualenv(new_sandbox("warm")).create(server.url, tmp_path / "warm", *words)

    assert cold.checked().installed.items() <= stocked.items()
    assert asked >= 1
    assert warm.checked().files == cold.files


def test_a79_pip_of_ensurepip_renews_itself(
    upstream: Simulator,
    server: RunningServer,
    stocked: dict[str, str],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """`python -m ensurepip`, then `pip install -U pip`, the second time without an upstream."""
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("this Python has no ensurepip: the system's package for it is not installed")

    def renewed(how: str) -> str:
        sandbox, folder = new_sandbox(how), tmp_path / how
        sandbox.run(sys.executable, "-m", "venv", folder).checked()
        words = ("-m", "pip", "install", "--upgrade", "pip", "--index-url", server.url)
        sandbox.run(folder / "bin" / "python", *words).checked()
        return projects_in(packages_of(folder))["pip"]

    cold = renewed("cold")
    upstream.down()
    warm = renewed("warm")

    assert Version(cold) >= Version(stocked["pip"])
    assert warm == cold
