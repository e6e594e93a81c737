"""Directories that are served where they lie: opened with the program, followed while it runs."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from wheelyard.app.background import Background
from wheelyard.app.groups import GroupsParts
from wheelyard.app.indexes import Indexes
from wheelyard.clock import Clock
from wheelyard.names import ProjectName
from wheelyard.pages import ROOT
from wheelyard.repository.flights import FlightDeck
from wheelyard.repository.served import Served
from wheelyard.repository.served_files import ReaderParts
from wheelyard.settings import Settings

__all__ = ["follow", "open_directories"]


async def open_directories(
    settings: Settings, parts: GroupsParts, clock: Clock
) -> Sequence[Served]:
    """Return the directory that is to be served, looked at once; none if none is to be."""
    directory = settings.server.directory
    if directory is None:
        return ()
    fills = parts.fills
    deck = FlightDeck(parts.background.start_soon, fills.locks, fills.parts.disk)
    reading = ReaderParts(Path(directory), parts.catalog, deck, clock)
    served = Served(reading, settings.store.data)
    await served.start()
    return (served,)


def follow(directories: Iterable[Served], indexes: Indexes, background: Background) -> None:
    """Have every page rendered anew that a change in one of ``directories`` concerns."""
    for served in directories:
        background.start_soon(partial(served.run, partial(_expire, indexes)))


def _expire(indexes: Indexes, names: Iterable[ProjectName]) -> None:
    """Expire the pages of ``names`` in every index: one that others had may have become ours."""
    changed = tuple(names)
    for index in indexes.views():
        index.shelf.expire(ROOT)
        for name in changed:
            index.shelf.expire(name)
            index.chain.locator.forget(name)
