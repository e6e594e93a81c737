"""Files: fetch what a page lists and is not held, with what belongs to it.

A file is wanted with its core metadata and, where its page names one, its provenance. A wheel that
is held can be installed without either, so metadata that nobody can give, or that contradicts the
wheel, is no failure: pages stop advertising it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio

from wheelyard.catalog.mirrored import Filled
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.sync.patience import Patience
from wheelyard.mirror.sync.report import Account
from wheelyard.model import File, FileRef, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted

__all__ = ["Fetching", "FetchingParts", "FileJob", "amount_of", "is_held", "missing_files"]

_LARGE_BYTES = 32 * 1024**2
_SMALL_AT_ONCE = 64
_LARGE_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class FileJob:
    """Files of one page that are to be here, and what is held already."""

    page: Project
    files: Sequence[File]
    filled: Filled


@dataclass(frozen=True, slots=True)
class FetchingParts:
    """What files are fetched with. ``provenance`` has a provenance object held."""

    bulk: Bulk
    provenance: Callable[[DocumentWanted], Awaitable[object]]
    patience: Patience


def missing_files(wanted: Sequence[File], filled: Filled) -> tuple[File, ...]:
    """Return the files of ``wanted`` that are not held with all that belongs to them."""
    return tuple(file for file in wanted if not is_held(file, filled) or _lacks(file, filled))


def amount_of(files: Sequence[File]) -> tuple[int, int, int]:
    """Return how many they are, how many bytes as far as is known, and of how many it is not."""
    sizes = [file.size for file in files if file.size is not None]
    return len(files), sum(sizes), len(files) - len(sizes)


class Fetching:
    """Fetches files, small ones and large ones in places of their own."""

    def __init__(self, parts: FetchingParts) -> None:
        """Fetch with ``parts``."""
        self._parts = parts
        self._small = anyio.CapacityLimiter(_SMALL_AT_ONCE)
        self._large = anyio.CapacityLimiter(_LARGE_AT_ONCE)

    async def fetch(self, job: FileJob, account: Account) -> list[str]:
        """Have the files of ``job`` held; return what went wrong, a sentence for each."""
        todo = [file for file in job.files if not is_held(file, job.filled)]
        account.wanted = account.wanted.add(*amount_of(todo))
        problems: list[str] = []

        async def one(file: File) -> None:
            try:
                await self._one(job, file, account)
            except WheelyardError as error:
                problems.append(str(error))

        async with anyio.create_task_group() as tasks:
            for file in job.files:
                tasks.start_soon(one, file)
        return sorted(problems)

    async def _one(self, job: FileJob, file: File, account: Account) -> None:
        """Have one file held, and what belongs to it."""
        ref = job.page.ref(file)
        places = self._large if (file.size or 0) > _LARGE_BYTES else self._small
        async with places:
            if not is_held(file, job.filled):
                received = await self._file(ref)
                account.fetched = account.fetched.add(1, received)
            if _lacks_metadata(file, job.filled):
                await self._metadata(ref)
            if file.provenance and file.filename not in job.filled.provenance:
                await self._provenance(job.page.name, file, file.provenance)

    async def _file(self, ref: FileRef) -> int:
        """Have the bytes held; return how many they are."""
        patience, received = self._parts.patience, 0
        is_worth_it = await patience.is_worth_asking()
        try:
            with patience.asking() as scope:
                if is_worth_it:
                    received = await self._parts.bulk.file(ref)
        except Unavailable as error:
            patience.note_failure(error)
            raise
        if scope.cancelled_caught or not is_worth_it:
            raise Unavailable(f"`{ref.file.filename}`", patience.given_up_for)
        patience.note_answer()
        return received

    async def _metadata(self, ref: FileRef) -> None:
        """Have the core metadata held, if it can be had and is right."""
        try:
            await self._parts.bulk.metadata(ref)
        except WheelyardError:
            return

    async def _provenance(self, name: ProjectName, file: File, url: str) -> None:
        """Have the provenance object held; one that is announced and is not there is none."""
        wanted = DocumentWanted("provenance", f"{name}/{file.filename}", url)
        try:
            await self._parts.provenance(wanted)
        except Absent:
            return


def is_held(file: File, filled: Filled) -> bool:
    """Say whether the bytes that the page states are held under this name."""
    held = filled.files.get(file.filename)
    return held is not None and file.sha256 in {None, held}


def _lacks(file: File, filled: Filled) -> bool:
    """Say whether something that belongs to the file is not held."""
    no_provenance = bool(file.provenance) and file.filename not in filled.provenance
    return no_provenance or _lacks_metadata(file, filled)


def _lacks_metadata(file: File, filled: Filled) -> bool:
    """Say whether the page advertises core metadata that is not held."""
    is_advertised = file.core_metadata is not None and file.core_metadata is not False
    return is_advertised and file.filename not in filled.metadata
