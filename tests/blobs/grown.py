"""A file that grows as a test says, and readers of it that run beside the test."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from blobs.fakes import DEADLINE_SECONDS, KIB, content_of, digest_of
from wheelyard.blobs import DiskThreads
from wheelyard.blobs.growing import GrowingBlob
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.errors import Corrupt

__all__ = ["CONTENT", "SIZE", "Grown", "in_background"]

CONTENT = content_of(600 * KIB)
SIZE = len(CONTENT)


@dataclass(slots=True)
class Grown:
    """A growth that the test moves by hand, and blobs that read it."""

    path: Path
    growth: Growth = field(default_factory=lambda: Growth("`a.whl`", SIZE))
    edition: int = 1

    def begin(self, content: bytes = CONTENT, why: Corrupt | None = None) -> None:
        """Begin an edition: all bytes are on the disk, none is released."""
        self.path.unlink(missing_ok=True)
        self.path.write_bytes(content)
        file = SharedFile(os.open(self.path, os.O_RDONLY))
        self.growth.begin(file, Progress(self.edition, 0, len(content)), why)

    def release(self, released: int) -> None:
        """Let readers have the bytes before ``released``."""
        self.growth.tell(Progress(self.edition, released, SIZE))

    def prove(self, size: int = SIZE) -> None:
        """Say that all is well."""
        digest = digest_of(CONTENT)
        self.growth.tell(Progress(self.edition, size, size, Ending.PROVEN, digest))

    def blob(self) -> GrowingBlob:
        """Return what one more reader sees."""
        return GrowingBlob(self.growth, lambda _: self.path, DiskThreads())


@asynccontextmanager
async def in_background(
    *reads: Callable[[], object],
) -> AsyncIterator[None]:
    """Run ``reads`` beside the block, until they end."""
    with anyio.fail_after(DEADLINE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for read in reads:
                tasks.start_soon(read)  # type: ignore[arg-type]  # any coroutine function
            await anyio.wait_all_tasks_blocked()
            yield
