"""The places that tests publish to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from support.radosgw import RadosGw
from wheelyard.blobs import DiskThreads
from wheelyard.blobs.object_store import ObjectStore, StoreRules
from wheelyard.blobs.store_urls import StoreUrl
from wheelyard.publish.targets import ObjectHeaders, Target, open_target
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.targets.object_store import ObjectStoreTarget
from wheelyard.publish.targets.writing import NO_WRITERS, WritersRules

__all__ = ["ALWAYS_HELPED", "HEADERS", "PLACES", "Places", "bucket_in_memory"]

HEADERS: Final = ObjectHeaders("text/html; charset=utf-8", "public, max-age=600")
PLACES: Final = ("directory", "helped", "memory", "bucket", "prefix")
ALWAYS_HELPED: Final = WritersRules(processes=1, after=0)
"""Another process writes from the first object on."""


def bucket_in_memory(rules: StoreRules | None = None) -> ObjectStoreTarget:
    """Return a bucket that is gone with the test."""
    return ObjectStoreTarget(ObjectStore(StoreUrl("memory", "bucket", "tree/"), {}, rules))


class Places:
    """Makes empty places; the real store is started when it is needed first."""

    def __init__(self, folder: Path, radosgw: RadosGw | None) -> None:
        self._folder = folder
        self._radosgw = radosgw

    @asynccontextmanager
    async def opened(self, kind: str) -> AsyncIterator[Target]:
        """Open a new place of that kind."""
        if kind in {"directory", "helped"}:
            rules = ALWAYS_HELPED if kind == "helped" else NO_WRITERS
            async with DirectoryTarget(self._folder / "tree", DiskThreads(), rules) as target:
                yield target
        elif kind == "memory":
            yield bucket_in_memory()
        else:
            assert self._radosgw is not None
            url = self._radosgw.make_bucket(f"tests-{uuid4().hex}")
            url = f"{url}/some/place" if kind == "prefix" else url
            async with open_target(url, self._radosgw.environment) as target:
                yield target
