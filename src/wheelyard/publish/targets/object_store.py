"""A bucket as a target: every write is whole, and durable when the store has acknowledged it."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

import anyio
import anyio.to_thread

from wheelyard.blobs.object_store import Attributes, ObjectStore
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.names import Sha256
from wheelyard.publish.targets.held import read_proven
from wheelyard.publish.targets.paths import check_path
from wheelyard.publish.targets.target import (
    Body,
    HeldObject,
    ObjectHeaders,
    Outgoing,
    StoredObject,
)
from wheelyard.publish.targets.views import parse_pointer
from wheelyard.wire.tree import CURRENT, View

__all__ = ["ObjectStoreTarget"]

_POINTER: Final = Attributes("text/plain; charset=utf-8", "no-cache")
_MOST_POINTER_BYTES: Final = 1024


class ObjectStoreTarget:
    """A ``Target`` that is a bucket, or a part of one.

    ``key_name`` is what the metadata with the surrogate key is called: stores differ in the names
    that they take.
    """

    can_switch = True
    prefers_views = False

    def __init__(self, store: ObjectStore, key_name: str = "surrogate-key") -> None:
        """Publish to ``store``; nobody is asked yet."""
        self._store = store
        self._key_name = key_name

    @property
    def url(self) -> str:
        """The bucket and the prefix."""
        return self._store.url

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None if there is none."""
        return await self._store.get(check_path(path), max_bytes)

    def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object, all of one edition."""
        return self._store.read(check_path(path))

    async def put(self, path: str, body: Body, headers: ObjectHeaders) -> None:
        """Write an object in one step; it is durable."""
        await self._store.put(check_path(path), body, self.attributes(headers))

    async def put_many(self, objects: Sequence[Outgoing]) -> None:
        """Write objects, as many at the same time as the store is to have."""
        waiting = iter(objects)
        failures: list[WheelyardError] = []

        async def put_some() -> None:
            try:
                for each in waiting:
                    await self.put(each.path, each.body, each.headers)
            except WheelyardError as error:
                failures.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for _ in range(min(len(objects), self._store.max_concurrency)):
                group.start_soon(put_some)
        if failures:
            raise failures[0]

    async def put_held(self, objects: Sequence[HeldObject]) -> list[int | None]:
        """Write what is held of them, read in a thread while others are on their way."""
        bodies = await anyio.to_thread.run_sync(_read_all, objects)
        await self.put_many(
            [
                Outgoing(each.path, body, each.headers)
                for each, body in zip(objects, bodies, strict=True)
                if body is not None
            ]
        )
        return [len(body) if body is not None else None for body in bodies]

    async def copy(self, source: str, path: str) -> None:
        """Copy an object inside the store, in one step."""
        if not await self._store.copy(check_path(source), check_path(path)):
            raise Absent(f"`{source}`", self.url)

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects, many with one request."""
        await self._store.delete([check_path(path) for path in paths])

    async def settle(self) -> None:
        """Return at once: what was acknowledged is durable."""

    async def listing(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield every object whose path begins with ``prefix``, apart from the pointer."""
        async for each in self._store.listing(prefix):
            if each.key != CURRENT:
                yield StoredObject(each.key, each.size, each.etag)

    async def sha256(self, path: str) -> Sha256 | None:
        """Return the digest of the bytes that are there, by reading them; None without any."""
        hasher = hashlib.sha256()
        try:
            async for chunk in self.read(path):
                await anyio.to_thread.run_sync(hasher.update, chunk)
        except Absent:
            return None
        return Sha256(hasher.hexdigest())

    async def active(self) -> View | None:
        """Return the view that the pointer names; None without a pointer.

        Raises:
            Unavailable: it names none.
        """
        content = await self._store.get(CURRENT, _MOST_POINTER_BYTES)
        if content is None:
            return None
        view = parse_pointer(content)
        if view is None:
            raise Unavailable(
                f"The active view of `{self.url}`",
                f"the object `{CURRENT}` there names no view; remove it, and publish again",
            )
        return view

    async def switch(self, view: View) -> None:
        """Have the pointer name ``view``, in one step."""
        await self._store.put(CURRENT, f"{view}\n".encode(), _POINTER)

    def attributes(self, headers: ObjectHeaders) -> Attributes:
        """Return what the store is to keep with an object."""
        key = headers.surrogate_key
        return Attributes(
            headers.content_type,
            headers.cache_control,
            headers.content_encoding,
            {self._key_name: key} if key else {},
        )


def _read_all(objects: Sequence[HeldObject]) -> list[bytes | None]:
    """Return the bytes of those that are held as they should be; touches the disk."""
    return [read_proven(each.place, each.sha256) for each in objects]
