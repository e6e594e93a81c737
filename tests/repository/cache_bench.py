"""A cache to ask, over a door in memory and a real catalog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import msgspec
from anyio.abc import TaskGroup

from support.fakes import FakeDoor, make_deck, make_file, make_project, opened_catalog
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.freshness import Rules
from wheelyard.model import Knowledge, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.keepers import KeeperParts
from wheelyard.repository.keeping import KeepingRules

__all__ = ["FLASK", "JSON", "NEWER", "PAGE", "TOO_OLD", "Bench", "known_of", "opened_bench", "said"]

FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0.tar.gz"), serial=7)
NEWER = make_project("flask", *PAGE.files, make_file("flask-1.1.tar.gz"), serial=8)
JSON = DocumentWanted("json", "flask")
RULES = KeepingRules(Rules(max_seconds=600, renew_behind_seconds=300), negative_seconds=15)
TOO_OLD = 1_000
"""Seconds after which a page is neither fresh nor good enough to be renewed behind."""


@dataclass(slots=True)
class Bench:
    """A cache over a door in memory and a real catalog."""

    tasks: TaskGroup
    path: Path
    clock: FrozenClock
    catalog: Catalog
    door: FakeDoor
    cached: Cached

    def restarted(self, door: FakeDoor) -> Cached:
        """Return the cache of another process, with nothing but the catalog in common."""
        return cache(self.tasks, self.path, KeeperParts("main", self.catalog, self.clock), door)


def cache(tasks: TaskGroup, path: Path, keepers: KeeperParts, door: FakeDoor) -> Cached:
    """Return a cache in front of ``door``."""
    return Cached(door, CachedParts(keepers, make_deck(tasks, path / "locks"), RULES))


@asynccontextmanager
async def opened_bench(path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a cache in front of a door that has a page, documents and validators."""
    (path / "locks").mkdir()
    door = FakeDoor(
        {"flask": PAGE}, documents={"flask": b"{}"}, etag='"one"', last_modified="today"
    )
    async with opened_catalog(path, clock) as catalog, anyio.create_task_group() as tasks:
        cached = cache(tasks, path, KeeperParts("main", catalog, clock), door)
        yield Bench(tasks, path, clock, catalog, door, cached)


def known_of(project: Project) -> Knowledge:
    """Return how the answer says that it came about."""
    assert project.known is not None
    return project.known


def said(project: Project) -> Project:
    """Return what a door said, without how we know it."""
    return msgspec.structs.replace(project, known=None)
