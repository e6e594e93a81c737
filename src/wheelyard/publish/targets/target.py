"""What a place to publish to can do; directories and object stores do it in their own ways."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol, TypeGuard

import msgspec

from wheelyard.names import Sha256
from wheelyard.wire.tree import View

__all__ = [
    "Body",
    "CopiesMany",
    "HasViews",
    "HeldObject",
    "Listed",
    "ObjectHeaders",
    "Outgoing",
    "Readable",
    "StoredObject",
    "TakesHeld",
    "Target",
    "Writable",
    "copies_many",
]

Body = bytes | Path
"""The bytes of an object, or the file that has them."""


class ObjectHeaders(msgspec.Struct, frozen=True):
    """What an object store is to send along; a directory leaves that to the web server.

    ``surrogate_key`` names what the object is made of, for CDNs that purge by key.
    """

    content_type: str
    cache_control: str
    content_encoding: str = ""
    surrogate_key: str = ""


class Outgoing(msgspec.Struct, frozen=True):
    """An object that is to be written."""

    path: str
    body: Body
    headers: ObjectHeaders


class HeldObject(msgspec.Struct, frozen=True):
    """A small object that is to be written, whose bytes are a file of our store.

    ``place`` is where they are if they are held, and ``sha256`` what they have to be.
    """

    path: str
    place: str
    sha256: Sha256
    headers: ObjectHeaders


class StoredObject(msgspec.Struct, frozen=True):
    """An object that is there, as a listing tells of it. ``etag`` is empty where there is none."""

    path: str
    size: int
    etag: str = ""


class Readable(Protocol):
    """A tree that can be read."""

    @property
    def url(self) -> str:
        """What it is called, the same each time and without secrets."""

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None if there is none.

        Raises:
            BadInput: it is longer than ``max_bytes``.
            Unavailable: nobody can tell.
        """

    def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object.

        Raises:
            Absent: there is none.
            Unavailable: it cannot be read.
        """


class Writable(Protocol):
    """A place that takes objects. Calls may run concurrently."""

    async def put(self, path: str, body: Body, headers: ObjectHeaders) -> None:
        """Write an object in one step: who reads it has the old one or the new one, whole.

        It is durable after the next ``settle``.

        Raises:
            Unavailable: it cannot be written.
        """

    async def put_many(self, objects: Sequence[Outgoing]) -> None:
        """Write objects, each in one step, in any order: much faster than one call for each.

        If it raises, some of them may have been written.
        """

    async def copy(self, source: str, path: str) -> None:
        """Write an object that has the bytes and headers of another one, in one step.

        Raises:
            Absent: there is no ``source``.
        """

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects; one that is not there is no error."""

    async def settle(self) -> None:
        """Return when everything written so far would survive a loss of power."""


class TakesHeld(Protocol):
    """A place that takes objects straight from our store. Calls may run concurrently."""

    async def put_held(self, objects: Sequence[HeldObject]) -> list[int | None]:
        """Write what is held of ``objects``, as ``put_many`` does; return how long each one is.

        The bytes are proven as they are read. None is an object that was not written: there are no
        such bytes, they are others than they should be, or more than ``held.SMALL_BYTES``.
        """


class CopiesMany(Protocol):
    """A place in which many copies at a time cost much less than one call for each."""

    async def copy_many(self, pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
        """Copy each first path to the second one; return the first ones that are not there."""


def copies_many(target: object) -> TypeGuard[CopiesMany]:
    """Say whether ``target`` is a ``CopiesMany``."""
    return hasattr(target, "copy_many")


class Listed(Protocol):
    """A place that can be compared with what it should hold."""

    def listing(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield every object whose path begins with ``prefix``, in any order.

        What is still being written is not among them, nor is what leads to a view.
        """

    async def sha256(self, path: str) -> Sha256 | None:
        """Return the digest of the bytes that are there, by reading them; None without any."""


class HasViews(Protocol):
    """A place in which one of two views counts."""

    @property
    def can_switch(self) -> bool:
        """Whether it can have views at all; a directory can, and so can every store."""

    @property
    def prefers_views(self) -> bool:
        """Whether any web server that serves it follows a switch: then ``auto`` means views."""

    async def active(self) -> View | None:
        """Return the view that counts; None before the first switch."""

    async def switch(self, view: View) -> None:
        """Let ``view`` count from now on, in one step."""


class Target(Readable, Writable, TakesHeld, Listed, HasViews, Protocol):
    """A place to publish to. Paths are those of ``wire/tree.py``, and are never changed by it."""
