"""One server with an upstream that may be broken in any way, for tests with names of their own."""

from collections.abc import Iterator

import pytest

from faults.yard import HASTY, PATIENT, Yard, open_yard
from support.simulator import PYPI, Simulator


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """An upstream of the test's own, for servers that the test starts itself."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """The server that most tests share."""
    with (
        Simulator() as simulator,
        open_yard(tmp_path_factory.mktemp("shared") / "data", simulator) as yard,
    ):
        yield yard


@pytest.fixture
def yard(_yard: Yard) -> Iterator[Yard]:
    """A running server whose upstream is sound again after the test."""
    yield _yard
    _yard.upstream.style = PYPI
    _yard.recover()


@pytest.fixture(scope="session")
def _hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server that gives a silent upstream up soon."""
    with (
        Simulator() as simulator,
        open_yard(tmp_path_factory.mktemp("hasty") / "data", simulator, settings=HASTY) as yard,
    ):
        yield yard


@pytest.fixture
def hasty(_hasty: Yard) -> Iterator[Yard]:
    """The same, for tests of upstreams that are not meant to answer."""
    yield _hasty
    _hasty.recover()


@pytest.fixture(scope="session")
def _patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server that waits for a silent upstream for as long as a test may last."""
    with (
        Simulator() as simulator,
        open_yard(tmp_path_factory.mktemp("patient") / "data", simulator, settings=PATIENT) as yard,
    ):
        yield yard


@pytest.fixture
def patient(_patient: Yard) -> Iterator[Yard]:
    """The same, for tests that hold an answer back until they have seen enough."""
    yield _patient
    _patient.recover()
