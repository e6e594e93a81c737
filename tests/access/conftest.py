"""A place with nobody in it yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from access.place import Place, open_place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Open an empty catalog and its access."""
    with open_place(tmp_path) as opened:
        yield opened
