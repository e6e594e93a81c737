"""Logs in an object store, where CDNs put them: which there are, and one at a time on this machine.

A log is fetched into a file without a name, which is gone with the program, however it ends: what
is in a log is about people, and stays nowhere.
"""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol, cast

import anyio.to_thread

from wheelyard.blobs.store_urls import parse_store_url

__all__ = ["BucketLogs", "StoredLog", "StoredLogs", "is_bucket", "open_bucket_logs"]

_SCHEMES: Final = ("s3://", "gs://", "az://", "memory://")


class StoredLog(Protocol):
    """An object of a store. ``etag`` is empty where the store has none."""

    @property
    def key(self) -> str:
        """What it is called below the store's place."""

    @property
    def size(self) -> int:
        """How many bytes it has."""

    @property
    def etag(self) -> str:
        """What changes with its bytes."""


class StoredLogs(Protocol):
    """The part of an object store that is needed here: ``blobs.ObjectStore``."""

    @property
    def url(self) -> str:
        """Where it is, without anything secret."""

    def listing(self, prefix: str = "") -> AsyncIterator[StoredLog]:
        """Yield every object whose key begins with ``prefix``."""

    def read(self, key: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object."""


@dataclass(frozen=True, slots=True)
class BucketLogs:
    """The logs whose keys begin with ``prefix``."""

    store: StoredLogs
    prefix: str = ""

    async def each(self) -> AsyncIterator[StoredLog]:
        """Yield what is there, but for what has nothing in it."""
        async for found in self.store.listing(self.prefix):
            if found.size > 0 and not found.key.endswith("/"):
                yield found

    def name(self, log: StoredLog) -> str:
        """Return what a log is called in what is said of it."""
        return f"{self.store.url}/{log.key}"

    def source(self, log: StoredLog) -> str:
        """Return what tells this log from others and from itself before; empty if nothing does."""
        return f"{self.name(log)}#{log.etag}" if log.etag else ""

    @asynccontextmanager
    async def opened(self, log: StoredLog) -> AsyncIterator[BinaryIO]:
        """Fetch a log, and open it; it is gone afterwards.

        Raises:
            Absent: it is gone already.
            Unavailable: it cannot be had.
        """
        with tempfile.TemporaryFile() as file:
            async for piece in self.store.read(log.key):
                await anyio.to_thread.run_sync(file.write, piece)
            file.seek(0)
            yield cast("BinaryIO", file)


def is_bucket(source: str) -> bool:
    """Say whether ``source`` is a place in an object store, and no file."""
    return source.lower().startswith(_SCHEMES)


def open_bucket_logs(url: str, environment: Mapping[str, str]) -> BucketLogs:
    """Return the logs whose addresses begin with ``url``: one, a folder, or what begins so.

    ``environment`` has the credentials.

    Raises:
        BadInput: ``url`` is no place in a store.
        ConfigError: the environment says something that cannot be used.
    """
    # Half a second of every start would go into loading what only this needs.
    from wheelyard.blobs.object_store import ObjectStore  # noqa: PLC0415  # as said

    scheme, _, rest = url.partition("://")
    bucket, _, path = rest.partition("/")
    folder, _, prefix = path.rpartition("/")
    place = parse_store_url("/".join(filter(None, (f"{scheme.lower()}://{bucket}", folder))))
    return BucketLogs(ObjectStore(place, environment), prefix)
