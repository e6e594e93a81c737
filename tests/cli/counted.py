"""A data directory in which downloads were counted."""

from collections.abc import Sequence
from pathlib import Path

import anyio

from wheelyard.catalog import open_catalog, open_directory
from wheelyard.catalog.downloads import Counted
from wheelyard.clock import SystemClock

__all__ = ["write_counts"]


def write_counts(data: Path, counted: Sequence[Counted]) -> None:
    """Write what was counted into ``data``, which is made if it is not there."""

    async def write() -> None:
        await catalog.downloads.add(counted, most_agents=99)

    clock = SystemClock()
    with open_directory(data, clock) as opened, open_catalog(opened.path, clock) as catalog:
        anyio.run(write)
