"""A directory of archives that is served, with a real catalog and a real disk beneath."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from support.packages import Package
from wheelyard.blobs import DiskThreads, KeyLocks
from wheelyard.catalog import Catalog
from wheelyard.clock import SystemClock
from wheelyard.names import ProjectName
from wheelyard.repository.flights import FlightDeck
from wheelyard.repository.served import Served
from wheelyard.repository.served_files import ReaderParts

__all__ = ["ServedBench", "opened_served", "until"]

PATIENCE_SECONDS = 180.0


@dataclass(slots=True)
class ServedBench:
    """A served directory that was looked at once; ``expired`` collects what it tells."""

    directory: Path
    catalog: Catalog
    parts: ReaderParts
    served: Served
    expired: list[ProjectName] = field(default_factory=list)

    def put(self, package: Package, folder: str = "") -> Path:
        """Have an archive in the directory, put there whole."""
        place = self.directory / folder
        place.mkdir(parents=True, exist_ok=True)
        draft = place / f".{package.filename}.draft"
        draft.write_bytes(package.content)
        return draft.rename(place / package.filename)

    async def again(self) -> Served:
        """Return the same directory after a restart."""
        served = Served(self.parts, self.directory / "data")
        await served.start()
        return served


@asynccontextmanager
async def opened_served(folder: Path, catalog: Catalog) -> AsyncIterator[ServedBench]:
    """Serve the directory ``folder / "wheels"``; nobody follows it yet."""
    directory, locks = folder / "wheels", folder / "locks"
    for each in (directory, locks):
        each.mkdir(exist_ok=True)
    async with anyio.create_task_group() as tasks:

        def spawn(function: Callable[[], Coroutine[None, None, None]]) -> None:
            tasks.start_soon(function)

        deck = FlightDeck(spawn, KeyLocks(locks), DiskThreads())
        parts = ReaderParts(directory, catalog, deck, SystemClock())
        yield ServedBench(directory, catalog, parts, Served(parts, folder / "data"))
        tasks.cancel_scope.cancel()


async def until(holds: Callable[[], bool]) -> None:
    """Return as soon as something is true."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what is waited for is a file
            await anyio.sleep(0.01)
