"""What every test of targets starts from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from publish.targets.places import Places
from wheelyard.blobs import DiskThreads
from wheelyard.publish.targets.directory import DirectoryTarget


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Places:
    """Return a maker of places; one in the real store asks for that store."""
    kind = getattr(request.node, "callspec", None)
    needs_store = kind is not None and kind.params.get("kind") in {"bucket", "prefix"}
    return Places(tmp_path, request.getfixturevalue("radosgw") if needs_store else None)


@pytest.fixture
async def directory(tmp_path: Path) -> AsyncIterator[DirectoryTarget]:
    """Open a directory that is not there yet."""
    async with DirectoryTarget(tmp_path / "tree", DiskThreads()) as target:
        yield target
