"""What every test of published trees starts from."""

from collections.abc import Iterator

import pytest

from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with a few files of two projects."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("demo", "1.0"), make_sdist("demo", "2.0"))
        simulator.add(make_wheel("other", "1.0"))
        yield simulator
