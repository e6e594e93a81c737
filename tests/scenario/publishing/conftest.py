"""One server for every client: each test publishes projects of its own."""

from collections.abc import Iterator

import pytest

from scenario.publishing.yard import Yard, open_yard


@pytest.fixture(scope="session")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server with an administrator, for tests that add to it and take nothing away."""
    with open_yard(tmp_path_factory.mktemp("yard")) as opened:
        yield opened
