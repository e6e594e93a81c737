"""A catalog to change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import FrozenClock


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened
