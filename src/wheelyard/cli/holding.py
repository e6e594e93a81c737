"""What a data directory holds, read without a server and without changing anything."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import anyio

from wheelyard.monitor import (
    Held,
    ReadinessStatus,
    SyncStatus,
    report_readiness,
    report_sync,
)
from wheelyard.settings import Settings
from wheelyard.spelling import MAIN

__all__ = ["Holding", "load_holding"]


@dataclass(frozen=True, slots=True)
class Holding:
    """How much a data directory holds, and the recorded addresses of its upstream.

    ``syncs`` are the last runs by index, ``readiness`` what was last found to install.
    """

    held: Held
    doors: tuple[str, ...] = ()
    syncs: tuple[SyncStatus, ...] = ()
    readiness: tuple[ReadinessStatus, ...] = ()


def load_holding(settings: Settings) -> Holding | None:
    """Return what the data directory of ``settings`` holds, or None if it is none.

    Raises:
        ConfigError: it was made by another version, or is damaged.
    """
    from wheelyard.catalog.layout import CATALOG_NAME

    data = settings.store.data
    if not (data / CATALOG_NAME).is_file():
        return None
    names = dict.fromkeys([MAIN, *(index.name for index in settings.indexes)])
    return anyio.run(_load, data, tuple(names))


async def _load(data: Path, indexes: tuple[str, ...]) -> Holding:
    """Return what the catalog in ``data`` counts."""
    from wheelyard.catalog import open_catalog
    from wheelyard.clock import SystemClock

    clock = SystemClock()
    with open_catalog(data, clock) as catalog:
        counts = await catalog.counts()
        rows = await catalog.doors.load(MAIN)
        runs = [run for name in indexes for run in await catalog.sync_runs.last(name)]
        judged = await catalog.readiness.load()
    free_bytes = shutil.disk_usage(data).free
    held = Held(counts.pages, counts.held, counts.held_bytes, free_bytes)
    return Holding(
        held,
        tuple(row.url for row in rows),
        tuple(report_sync(run) for run in runs),
        tuple(report_readiness(row, clock.now()) for row in judged),
    )
