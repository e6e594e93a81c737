"""Every client installs through the server: cold, warm, and what it would install without it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scenario.upstream_log import asked_more_than_once, count_of, strangers
from support.clients import INSTALLERS, PIP_EDITIONS, Installer, Kind, Pip, Sandbox
from support.packages import closure, make_sdist, make_wheel
from support.server import RunningServer, running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

TREE = closure(3)
SDIST = make_sdist("Only.Sdist", "1.0", requires=["Acme.Core.1"])
WANTED = [TREE.root, "only-sdist"]
EXPECTED = {**TREE.expected, "only-sdist": "1.0"}
SEEDS = {"pip", "setuptools"}
"""What some clients put into every environment that they make."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run one server for tests that only read, in front of a project of both kinds."""
    sdist = make_sdist("demo.sdist", "1.0", requires=["Demo_Wheel>=1"])
    with Simulator() as upstream:
        upstream.add(make_wheel("Demo.Wheel", "1.0"), make_wheel("Demo.Wheel", "0.9"), sdist)
        data = tmp_path_factory.mktemp("shared") / "data"
        with running_server(data, upstreams=[upstream.url]) as running:
            yield running


@pytest.mark.parametrize("kind", PIP_EDITIONS, ids=str)
def test_c98_pip_installs_wheel_and_sdist(
    shared: RunningServer, kind: Kind[Pip], tmp_path: Path
) -> None:
    """Every pip that starts finds both kinds, whichever form of a page it reads."""
    pip = kind.start(Sandbox(tmp_path / "sandbox"))

    result = pip.install(["demo-sdist"], shared.url, tmp_path / "target")

    assert result.checked().installed == {"demo-wheel": "1.0", "demo-sdist": "1.0"}
    assert tmp_path.joinpath("target/demo_wheel/__init__.py").read_text() == 'version = "1.0"\n'


@pytest.mark.parametrize("kind", INSTALLERS, ids=str)
def test_a70_client_installs_through_the_server_alone(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Told where the index is in its own way, a client goes nowhere else and gets the same bytes.

    Cold, each page and each file is asked for upstream once. A server that starts again on the
    same data asks for nothing.
    """
    upstream.add(*TREE.packages, SDIST)
    direct = kind.start(new_sandbox("direct")).install(WANTED, upstream.url, tmp_path / "direct")
    upstream.forget()

    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        cold = kind.start(new_sandbox("cold")).install(WANTED, server.url, tmp_path / "cold")

    assert {name: cold.checked().installed[name] for name in EXPECTED} == EXPECTED
    assert set(cold.installed) - SEEDS == set(EXPECTED)
    assert cold.files == direct.checked().files
    assert strangers(upstream) == []
    assert asked_more_than_once(upstream) == []
    assert count_of(upstream).items() >= {"page": 4, "file": 4}.items()

    upstream.forget()
    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        warm = kind.start(new_sandbox("warm")).install(WANTED, server.url, tmp_path / "warm")

    assert warm.checked().files == direct.files
    assert upstream.requests == []
