"""One server in front of one upstream for all tests that leave them as they are."""

from collections.abc import Iterator

import pytest

from contract.conformance.asking import Client
from contract.conformance.contents import fill
from contract.conformance.hosting import Hosting
from contract.conformance.hosting import hosting as hosting_on
from contract.conformance.serving import Site, serving
from support.simulator import Simulator, running_simulator


@pytest.fixture(scope="session")
def upstream() -> Iterator[Simulator]:
    """An upstream as PyPI is; no test changes it."""
    with running_simulator() as simulator:
        fill(simulator)
        yield simulator


@pytest.fixture(scope="session")
def client(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server in front of ``upstream``."""
    with serving(upstream.url, tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="session")
def _troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A second server and its upstream, for tests that spoil answers or change contents."""
    with (
        running_simulator() as simulator,
        serving(simulator.url, tmp_path_factory.mktemp("data")) as found,
    ):
        yield Site(found, simulator)


@pytest.fixture
def troubled(_troubled: Site) -> Iterator[Site]:
    """A server whose upstream may be spoiled: each test uses projects of its own."""
    yield _troubled
    _troubled.recover()


@pytest.fixture(scope="session")
def hosting(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server that hosts projects in front of ``upstream``; each test uploads its own."""
    with hosting_on(upstream.url, tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="session")
def members(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server with an index `team` for members only; each test uploads projects of its own."""
    settings = {"INDEX__TEAM__READ": "members"}
    with hosting_on(upstream.url, tmp_path_factory.mktemp("data"), settings) as found:
        yield found
