"""Reading a file while it is still being written, by this process or by another."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.elder import Elder
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.passing import Given, PassingOn
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.names import Sha256

__all__ = ["GrowingBlob"]

_COMPARED_BYTES = 1024**2
"""A difference is looked for after each so many new bytes: who has wrong ones soon knows it."""


class GrowingBlob:
    """The bytes of a running fill, as any number of readers see them.

    A reader ends well only when the whole is proven: everything it was given is then part of the
    proven bytes, because bytes of different editions meet in one reader only where they are the
    same: see ``elder.py``.
    """

    def __init__(
        self,
        growth: Growth,
        final: Callable[[Sha256], Path],
        disk: DiskThreads,
        passing: PassingOn | None = None,
    ) -> None:
        """Read what ``growth`` has; ``final`` says where it is after the proof.

        If this machine cannot go on with it, ``passing`` brings the rest to clients.
        """
        self._growth = growth
        self._final = final
        self._disk = disk
        self._spare = passing
        self._passing: PassingOn | None = None
        self._promised: int | None = None

    @property
    def size(self) -> int | None:
        """Length in bytes, once the page or the source told it.

        Whoever has seen it relies on it: bytes of another length are then an error.
        """
        if self._promised is None:
            self._promised = self._growth.progress.size
        return self._promised

    @property
    def sha256(self) -> Sha256 | None:
        """The digest, once the bytes were proven."""
        progress = self._growth.progress
        return Sha256(progress.digest) if progress.ending is Ending.PROVEN else None

    def for_client(self) -> "GrowingBlob":
        """Return the same for a client, which is given it even if it cannot be kept."""
        twin = copy(self)
        twin._passing = self._spare  # noqa: SLF001  one of us
        return twin

    async def started(self) -> None:
        """Return once a byte can be read, or the fill has ended well.

        Raises:
            WheelyardError: the fill failed before it released a byte.
        """
        while True:
            progress = self._growth.progress
            if progress.ending is Ending.FAILED:
                if self._passing is not None and self._passing.can_follow(self._growth.failure):
                    return
                raise self._growth.failure
            if progress.released or progress.ending is Ending.PROVEN:
                return
            await self._growth.moved(progress)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield bytes as they are released; see ``Blob.read``."""
        growth, passing = self._growth, self._passing
        reader = _Reader(start, stop, growth.progress.edition)
        with growth.one_reader_more(), reader:
            try:
                while (end := await self._wait(reader)) is not None:
                    if passing is not None:  # what was given may have to be hashed again
                        reader.file = reader.file or growth.take_file()
                    # A thousand readers come through here for every chunk: nothing is asked twice.
                    while reader.position < end:
                        reach = min(end, reader.position + growth.chunk_bytes)
                        chunk = growth.recent.at(reader.position, reach)
                        if not chunk:
                            reader.file = reader.file or await self._open()
                            chunk = await self._load(reader.file, reader.position, reach)
                        if growth.progress.edition != reader.edition:
                            break
                        reader.position += len(chunk)
                        yield chunk
            except Unavailable as error:
                if passing is None or not passing.can_follow(error):
                    raise
            else:
                return
            async with aclosing(passing.read(reader.given(self._promised), reader.let_go)) as rest:
                async for chunk in rest:
                    yield chunk

    async def _wait(self, reader: "_Reader") -> int | None:
        """Return how far ``reader`` may read, once that is further; None at the proven end."""
        while True:
            progress = self._growth.progress
            if progress.ending is Ending.FAILED:
                raise self._growth.failure
            if progress.edition != reader.edition and not await self._rejoins(reader, progress):
                if self._growth.progress is progress:
                    await self._growth.moved(progress)
                continue
            # Before anything of the last block is given out, not after.
            if progress.size is not None and self._promised not in {None, progress.size}:
                expected, actual = f"{self._promised} bytes", f"{progress.size} bytes"
                raise Corrupt(self._growth.what, expected=expected, actual=actual)
            end = progress.end_for(reader.stop)
            if reader.position < end:
                return end
            if progress.ending is Ending.PROVEN:
                return None
            await self._growth.moved(progress)

    async def _rejoins(self, reader: "_Reader", progress: Progress) -> bool:
        """Have ``reader`` go on in the present edition, if what it has are its bytes too.

        Returns whether it does; it cannot be told before the edition has come that far.

        Raises:
            WheelyardError: the bytes differ, or it cannot be told any more.
        """
        if reader.has_bytes:
            elder = self._growth.elder(reader.edition)
            reach = min(reader.position, progress.released)
            is_over = progress.ending is Ending.PROVEN
            if elder is None or (is_over and reach < reader.position):
                raise self._growth.setback
            fresh = reach - elder.agreed(progress.edition, reader.start)
            if reach < reader.position and fresh < _COMPARED_BYTES:
                return False
            if not await self._is_same(elder, progress, (reader.start, reach)):
                raise self._growth.setback
            if reach < reader.position or self._growth.progress.edition != progress.edition:
                return False
        reader.edition = progress.edition
        reader.let_go()
        return True

    async def _is_same(self, elder: Elder, progress: Progress, part: tuple[int, int]) -> bool:
        """Say whether a part of an earlier edition is the same in the present one."""
        file = await self._open()
        try:
            return await elder.compare((progress.edition, file), part, self._disk)
        except OSError as error:
            raise disk_failure(self._growth.what, error) from error
        finally:
            file.give_back()

    async def _open(self) -> SharedFile:
        """Return the growing, or just finished, file."""
        if file := self._growth.take_file():
            return file
        progress, what = self._growth.progress, self._growth.what
        if progress.ending is not Ending.PROVEN:
            raise Unavailable(what, "its download went away")
        try:
            path = self._final(Sha256(progress.digest))
            return SharedFile(await self._disk.run(os.open, path, os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError:
            reason = "it has left the store; ask again"
            raise Unavailable(what, reason, retry_seconds=1) from None
        except OSError as error:
            raise disk_failure(what, error) from error

    async def _load(self, file: SharedFile, position: int, end: int) -> bytes:
        """Return the next chunk from the disk."""
        wanted = min(CHUNK_BYTES, end - position)
        try:
            chunk = await self._disk.run(os.pread, file.descriptor, wanted, position)
        except OSError as error:
            raise disk_failure(self._growth.what, error) from error
        if not chunk:
            reason = f"its file ends at {position} of {end} bytes"
            raise Unavailable(self._growth.what, reason)
        return chunk


@dataclass(slots=True)
class _Reader:
    """Where one reader is."""

    start: int
    stop: int | None
    edition: int
    file: SharedFile | None = None
    position: int = field(init=False)

    def __post_init__(self) -> None:
        self.position = self.start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    @property
    def has_bytes(self) -> bool:
        """Whether it was given anything, which what follows must fit."""
        return self.position > self.start

    def given(self, size: int | None) -> Given:
        """Return what it has, and the ``size`` that it was told."""
        descriptor = self.file.descriptor if self.file else None
        return Given(self.start, self.position, self.stop, descriptor, size)

    def let_go(self) -> None:
        """Give back the file."""
        file, self.file = self.file, None
        if file is not None:
            file.give_back()
