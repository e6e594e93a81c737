"""Reading a file while it is still being written, by this process or by another."""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.growth import Growth, SharedFile
from wheelyard.blobs.progress import Ending
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.names import Sha256

__all__ = ["GrowingBlob"]


class GrowingBlob:
    """The bytes of a running fill, as any number of readers see them.

    A reader ends well only when the whole is proven: everything it was given is then part of the
    proven bytes, because bytes of different editions never meet in one reader.
    """

    def __init__(self, growth: Growth, final: Callable[[Sha256], Path], disk: DiskThreads) -> None:
        """Read what ``growth`` has; ``final`` says where it is after the proof."""
        self._growth = growth
        self._final = final
        self._disk = disk
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

    async def started(self) -> None:
        """Return once a byte can be read, or the fill has ended well.

        Raises:
            WheelyardError: the fill failed before it released a byte.
        """
        while True:
            progress = self._growth.progress
            if progress.ending is Ending.FAILED:
                raise self._growth.failure
            if progress.released or progress.ending is Ending.PROVEN:
                return
            await self._growth.moved(progress)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield bytes as they are released; see ``Blob.read``."""
        growth = self._growth
        reader = _Reader(start, stop, growth.progress.edition)
        with growth.one_reader_more(), reader:
            while (end := await self._wait(reader)) is not None:
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

    async def _wait(self, reader: "_Reader") -> int | None:
        """Return how far ``reader`` may read, once that is further; None at the proven end."""
        while True:
            progress = self._growth.progress
            if progress.ending is Ending.FAILED:
                raise self._growth.failure
            if progress.edition != reader.edition:
                if reader.has_bytes:
                    raise self._growth.setback
                reader.edition = progress.edition
                reader.let_go()
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

    def let_go(self) -> None:
        """Give back the file."""
        file, self.file = self.file, None
        if file is not None:
            file.give_back()
