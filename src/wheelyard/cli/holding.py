"""What a data directory holds, read without a server and without changing anything."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import anyio

from wheelyard.monitor import Held

__all__ = ["Holding", "load_holding"]


@dataclass(frozen=True, slots=True)
class Holding:
    """How much a data directory holds, and the recorded addresses of its upstream."""

    held: Held
    doors: tuple[str, ...] = ()


def load_holding(data: Path) -> Holding | None:
    """Return what the data directory ``data`` holds, or None if it is none.

    Raises:
        ConfigError: it was made by another version, or is damaged.
    """
    from wheelyard.catalog.layout import CATALOG_NAME

    if not (data / CATALOG_NAME).is_file():
        return None
    return anyio.run(_load, data)


async def _load(data: Path) -> Holding:
    """Return what the catalog in ``data`` counts."""
    from wheelyard.catalog import open_catalog
    from wheelyard.clock import SystemClock
    from wheelyard.names import MAIN

    with open_catalog(data, SystemClock()) as catalog:
        counts = await catalog.counts()
        rows = await catalog.doors.load(MAIN)
    free_bytes = shutil.disk_usage(data).free
    held = Held(counts.pages, counts.held, counts.held_bytes, free_bytes)
    return Holding(held, tuple(row.url for row in rows))
