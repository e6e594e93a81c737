"""What a run asks of the index, each thing once: pages, metadata of wheels, facts about sdists."""

from collections.abc import Awaitable, Callable, Hashable
from pathlib import Path
from typing import Final, Generic, TypeVar

import anyio
import anyio.to_thread

from wheelyard.blobs import Blob
from wheelyard.blobs.base import has_path
from wheelyard.closure.sdist import SdistFacts, read_sdist
from wheelyard.errors import Absent, BadInput, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.remote_wheel import read_metadata

__all__ = ["Shop"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

MAX_SDIST_BYTES: Final = 4 * 1024 * 1024 * 1024
_AT_ONCE: Final = 4


class _Once(Generic[K, T]):
    """Answers that are asked for once, however many want them at the same time."""

    def __init__(self) -> None:
        self._answers: dict[K, T | WheelyardError] = {}
        self._asking: dict[K, anyio.Event] = {}

    async def ask(self, key: K, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to the question of that key; the same error for everybody."""
        while key in self._asking:
            await self._asking[key].wait()
        if key not in self._answers:
            done = self._asking[key] = anyio.Event()
            try:
                self._answers[key] = await question()
            except WheelyardError as error:
                self._answers[key] = error
            finally:
                del self._asking[key]
                done.set()
        answer = self._answers[key]
        if isinstance(answer, WheelyardError):
            raise answer
        return answer


class Shop:
    """An index, as long as a run lasts: what was answered once stays the answer."""

    def __init__(self, index: Repository) -> None:
        self._index = index
        self._pages: _Once[ProjectName, Project] = _Once()
        self._metadata: _Once[str, bytes] = _Once()
        self._facts: _Once[str, SdistFacts] = _Once()
        self._sdists = anyio.CapacityLimiter(_AT_ONCE)

    async def project(self, name: ProjectName) -> Project:
        """Return the page of a project; raises what the index raises."""
        return await self._pages.ask(name, lambda: self._index.project(name))

    async def wheel_metadata(self, project: Project, file: File) -> bytes:
        """Return the core metadata of a wheel; raises what the index raises."""
        return await self._metadata.ask(
            file.filename, lambda: self._load_wheel_metadata(project, file)
        )

    async def sdist_facts(self, project: Project, file: File) -> SdistFacts:
        """Return what an sdist says about itself; raises what the index raises.

        Raises:
            BadInput: it cannot be read.
        """
        return await self._facts.ask(file.filename, lambda: self._load_facts(project, file))

    async def _load_wheel_metadata(self, project: Project, file: File) -> bytes:
        """Ask for the metadata, or read them in the wheel."""
        ref = project.ref(file)
        if file.core_metadata:
            try:
                return await _content(await self._index.metadata(ref))
            except Absent:
                pass  # the page said more than was true; the wheel has them
        return await read_metadata(await self._index.file(ref), file.filename)

    async def _load_facts(self, project: Project, file: File) -> SdistFacts:
        """Have the sdist, and read it."""
        async with self._sdists:
            blob = await self._index.file(project.ref(file))
            if has_path(blob):
                return await anyio.to_thread.run_sync(read_sdist, blob.path, file.filename)
            async with anyio.TemporaryDirectory(prefix="wheelyard-") as folder:
                path = Path(folder, "sdist")
                await _save(blob, path, file.filename)
                return await anyio.to_thread.run_sync(read_sdist, path, file.filename)


async def _content(blob: Blob) -> bytes:
    """Return all bytes of a small blob."""
    return b"".join([chunk async for chunk in blob.read()])


async def _save(blob: Blob, path: Path, filename: str) -> None:
    """Write the bytes of a blob to a file."""
    written = 0
    async with await anyio.open_file(path, "wb") as file:
        async for chunk in blob.read():
            written += len(chunk)
            if written > MAX_SDIST_BYTES:
                raise BadInput(f"`{filename}` is larger than {MAX_SDIST_BYTES} bytes")
            await file.write(chunk)
