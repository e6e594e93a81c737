"""Archives that lie in a directory, at any depth: a pypiserver's, a ``--find-links`` one, a disk.

The date of a file counts as that of its upload: no such server has another one.
"""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Final

from wheelyard.blobs import DiskThreads
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.repository.served_walk import Lying, walk
from wheelyard.transport import Beneath
from wheelyard.upload.importing.offers import Offer, Unusable, Wanted

__all__ = ["DirectorySource", "read_beneath"]

_CHUNK_BYTES: Final = 1024**2


class DirectorySource:
    """The archives in one directory, and beneath it."""

    def __init__(self, directory: Path, ignored: Path, disk: DiskThreads) -> None:
        """Offer what is in ``directory`` but for what is in ``ignored``."""
        self._directory = directory
        self._ignored = ignored
        self._disk = disk
        self._beneath = Beneath(directory)

    @property
    def shown(self) -> str:
        """What people call it."""
        return f"the directory `{self._directory}`"

    async def offers(self, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
        """Yield the archives; see ``Source``."""
        try:
            found = await self._disk.run(walk, self._directory, self._ignored)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Unavailable(f"`{self._directory}`", f"it cannot be read: {reason}") from error
        if not wanted.names:
            for path, reason in found.skipped.items():
                yield Unusable(path.rpartition("/")[2], path, reason)
        for name, files in sorted(found.projects.items()):
            if wanted.includes(name):
                for lying in files:
                    yield self._offer(lying)

    def _offer(self, lying: Lying) -> Offer:
        """Return the offer of a file that was found."""
        return Offer(
            lying.filename,
            lying.path,
            lying.project,
            partial(read_beneath, self._beneath, lying.path, self._disk),
            size=lying.stamp.size,
            uploaded_at=Instant(lying.modified_at),
            is_near=True,
        )


async def read_beneath(
    beneath: Beneath, path: str, disk: DiskThreads
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of the file at ``path``.

    Raises:
        OSError: the disk says so.
        Refused: it leads out of the directory.
    """
    descriptor = await disk.run(beneath.open, path)
    try:
        position = 0
        read: Callable[[int], bytes] = partial(os.pread, descriptor, _CHUNK_BYTES)
        while chunk := await disk.run(read, position):
            yield chunk
            position += len(chunk)
    finally:
        os.close(descriptor)
