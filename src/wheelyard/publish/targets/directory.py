"""A directory as a target: plain files, which any web server can serve.

Nothing is visible under its name before it is whole: it is written in ``.wheelyard/`` and renamed.
Nothing is flushed one by one either: ``settle`` flushes the whole file system, once. Who writes
many objects between two calls of it pays for one. Until then a loss of power may leave a name
without its bytes, so that nothing counts as written before ``settle`` has returned.
"""

import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar, TypeVarTuple

import anyio

from wheelyard.blobs import DiskThreads
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import Sha256
from wheelyard.publish.targets.on_disk import TreeOnDisk
from wheelyard.publish.targets.paths import check_path
from wheelyard.publish.targets.target import (
    Body,
    HeldObject,
    ObjectHeaders,
    Outgoing,
    StoredObject,
)
from wheelyard.publish.targets.views_on_disk import active_now
from wheelyard.publish.targets.walking import Walk
from wheelyard.publish.targets.writing import NO_WRITERS, Writers, WritersRules
from wheelyard.wire.tree import View

__all__ = ["DirectoryTarget"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_CHUNK_BYTES: Final = 1024**2
_HASHED_BYTES: Final = 64 * 1024**2

_REASONS: Final = {
    errno.ENOSPC: "its disk is full; make room there",
    errno.EDQUOT: "its disk quota is used up; make room there",
    errno.EROFS: "its file system is read-only; mount it writable, or publish elsewhere",
    errno.EACCES: "this user may not do that; give it the directory",
    errno.EPERM: "this user may not do that; give it the directory",
    errno.EXDEV: "part of it is on another file system; publish to a directory that is on one",
    errno.ENOTDIR: "a file or a link stands where a folder is due; remove it, or publish elsewhere",
    errno.EISDIR: "a folder stands where a file is due; remove it, or publish elsewhere",
    errno.ENAMETOOLONG: "its file system takes no name that long",
}


class DirectoryTarget:
    """A ``Target`` that is a directory; use it as a context manager, which removes drafts."""

    can_switch = True
    prefers_views = True

    def __init__(self, root: Path, disk: DiskThreads, writers: WritersRules | None = None) -> None:
        """Publish to ``root``, an absolute path, which is made when something is written."""
        self._root = root
        self._disk = disk
        self._tree = TreeOnDisk(root)
        # Where not all is flushed at once, each process would have to tell what it wrote.
        rules = (writers or WritersRules()) if self._tree.flushes_at_once else NO_WRITERS
        self._writers = Writers(root, rules)
        self._one_at_a_time = anyio.Lock()

    async def __aenter__(self) -> Self:
        """Touch nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was never given a name."""
        await self._writers.aclose()
        await self._disk.run(self._tree.close)

    @property
    def url(self) -> str:
        """The path of the directory."""
        return str(self._root)

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None if there is none."""
        return await self._run(path, self._tree.read, check_path(path), max_bytes)

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object."""
        descriptor = await self._run(path, self._tree.open, check_path(path))
        if descriptor is None:
            raise Absent(f"`{path}`", self.url)
        try:
            while chunk := await self._run(path, os.read, descriptor, _CHUNK_BYTES):
                yield chunk
        finally:
            os.close(descriptor)

    async def put(self, path: str, body: Body, headers: ObjectHeaders) -> None:  # noqa: ARG002  as said
        """Write an object in one step; its headers are the web server's business."""
        await self._run(path, self._tree.put, check_path(path), body)

    async def put_many(self, objects: Sequence[Outgoing]) -> None:
        """Write objects, each in one step, all in one thread."""
        for each in objects:
            check_path(each.path)
        await self._run("", self._put_all, objects)

    async def put_held(self, objects: Sequence[HeldObject]) -> list[int | None]:
        """Write what is held of them, in another process if there are many."""
        for each in objects:
            check_path(each.path)
        try:
            sizes = await self._writers.write(objects)
        except OSError as error:
            raise self._failure("", error) from error
        if sizes is not None:
            self._tree.note_written()
            return sizes
        async with self._one_at_a_time:  # two threads would wait for each other, not for the disk
            return await self._run("", self._put_all_held, objects)

    async def copy(self, source: str, path: str) -> None:
        """Give the bytes of an object a second name, in one step."""
        if not await self._run(path, self._tree.copy, check_path(source), check_path(path)):
            raise Absent(f"`{source}`", self.url)

    async def copy_many(self, pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
        """Give objects second names, all in one thread; return those that are not there."""
        for pair in pairs:
            for path in pair:
                check_path(path)
        return await self._run("", self._copy_all, pairs)

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects, and the folders that are empty without them."""
        for path in paths:
            check_path(path)
        await self._run("", self._tree.remove, paths)

    async def listing(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield every plain file whose path begins with ``prefix``; links are not followed."""
        walk = Walk(self.url.rstrip("/"), prefix)
        try:
            while found := await self._run("", walk.next_objects):
                for each in found:
                    yield each
        finally:
            await self._disk.run(walk.close)

    async def sha256(self, path: str) -> Sha256 | None:
        """Return the digest of the bytes that are there; None without any."""
        descriptor = await self._run(path, self._tree.open, check_path(path))
        if descriptor is None:
            return None
        hasher = hashlib.sha256()
        try:
            while await self._run(path, _hash_some, descriptor, hasher.update):
                pass
        finally:
            os.close(descriptor)
        return Sha256(hasher.hexdigest())

    async def settle(self) -> None:
        """Flush the file system: everything written so far survives a loss of power."""
        await self._run("", self._tree.settle)

    async def active(self) -> View | None:
        """Return the view that ``current`` leads to; None before the first switch."""
        return await self._run("", active_now, self._root)

    async def switch(self, view: View) -> None:
        """Let ``current`` lead to ``view``, in one step, and flush that."""
        await self._run("", self._tree.switch, view)

    def _put_all(self, objects: Sequence[Outgoing]) -> None:
        """Write objects one after the other; touches the disk."""
        for each in objects:
            self._tree.put(each.path, each.body)

    def _put_all_held(self, objects: Sequence[HeldObject]) -> list[int | None]:
        """Write objects of our store one after the other; touches the disk."""
        put = self._tree.put_held
        return [put(each.path, each.place, each.sha256) for each in objects]

    def _copy_all(self, pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
        """Copy objects one after the other; touches the disk."""
        copy = self._tree.copy
        return frozenset(source for source, path in pairs if not copy(source, path))

    async def _run(self, path: str, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Return ``function(*args)``, called in a thread.

        Raises:
            Unavailable: the disk will not do it.
        """
        try:
            return await self._disk.run(function, *args)
        except OSError as error:
            raise self._failure(path, error) from error

    def _failure(self, path: str, error: OSError) -> Unavailable:
        """Return what the disk says in our words."""
        reason = _REASONS.get(error.errno or 0) or f"its disk says: {error.strerror or error}"
        where = f"at `{path}`, " if path else ""
        return Unavailable(f"The target `{self.url}`", f"{where}{reason}", failing="disk")


def _hash_some(descriptor: int, update: Callable[[bytes], None]) -> bool:
    """Hash the next bytes; say whether there may be more; touches the disk."""
    for _ in range(_HASHED_BYTES // _CHUNK_BYTES):
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            return False
        update(chunk)
    return True
