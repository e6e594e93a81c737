"""Another index by its address, and a mirror's tree on this machine, which is read as one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import anyio

from wheelyard.blobs import reading
from wheelyard.clock import Instant
from wheelyard.errors import Absent, BadInput, Refused, Unavailable
from wheelyard.model import File, Project, ProjectList
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.repository.base import Door, Unchanged
from wheelyard.upload.importing.offers import Offer, Unusable, Wanted

__all__ = ["SimpleSource"]

T = TypeVar("T")

_TRIES: Final = 3
_BREAKS: Final = 5
"""How often the download of one file may break."""

_PAUSE_SECONDS: Final = 1.0
_MOST_PAUSE_SECONDS: Final = 30.0


class SimpleSource:
    """The files that the pages of an index list."""

    def __init__(self, door: Door, shown: str) -> None:
        """Offer what ``door`` has; ``shown`` is its address without credentials."""
        self._door = door
        self._shown = shown

    @property
    def shown(self) -> str:
        """What people call it."""
        return f"the index `{self._shown}`"

    async def offers(self, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
        """Yield the files of each project; see ``Source``."""
        names = sorted(wanted.names) if wanted.names else await self._names()
        for name in names:
            try:
                project = await _tried(partial(self._project, name))
            except Absent:
                yield Unusable(name, self._shown, "there is no such project")
                continue
            except (Unavailable, Refused) as error:
                yield Unusable(name, self._shown, str(error), may_come=True)
                continue
            if project.dropped:
                reason = f"{project.dropped} lines of its page are no files that can be used"
                yield Unusable(name, self._shown, reason)
            for file in project.files:
                yield self._offer(project, file)

    async def _names(self) -> list[ProjectName]:
        """Return the projects that the index lists."""
        listed = await _tried(self._list)
        names = []
        for entry in listed.projects:
            try:
                names.append(parse_project_name(entry.name))
            except BadInput:
                continue
        return sorted(set(names))

    async def _list(self) -> ProjectList:
        """Return the project list."""
        loaded = await self._door.refresh_projects(None)
        if isinstance(loaded, Unchanged):
            raise Unavailable("The project list", "it was not given")
        return loaded.value

    async def _project(self, name: ProjectName) -> Project:
        """Return the page of a project."""
        loaded = await self._door.refresh_project(name, None)
        if isinstance(loaded, Unchanged):
            raise Unavailable(f"`{name}`", "its page was not given")
        return loaded.value

    def _offer(self, project: Project, file: File) -> Offer:
        """Return the offer of a file on a page."""
        yanked = file.yanked if isinstance(file.yanked, str) else ("" if file.yanked else None)
        return Offer(
            file.filename,
            self._shown,
            project.name,
            partial(self._read, project, file),
            hashes=file.hashes,
            size=file.size,
            uploaded_at=_instant(file.upload_time),
            yanked=yanked,
        )

    async def _read(self, project: Project, file: File) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; a download that breaks goes on where it broke."""
        blob = await self._door.file(project.ref(file))
        position, failures = 0, 0
        while True:
            try:
                async with reading(blob, position) as chunks:
                    async for chunk in chunks:
                        position += len(chunk)
                        yield chunk
            except Unavailable as error:
                failures += 1
                if failures == _BREAKS:
                    raise
                await anyio.sleep(_pause(error))
            else:
                return


async def _tried(ask: Callable[[], Awaitable[T]]) -> T:
    """Return the answer, asked for several times if it cannot be had at first."""
    for left in reversed(range(_TRIES)):
        try:
            return await ask()
        except Unavailable as error:
            if not left:
                raise
            await anyio.sleep(_pause(error))
    raise Unavailable("The source", "it was never asked")


def _pause(error: Unavailable) -> float:
    """Return how long to wait before asking again."""
    return min(error.retry_seconds or _PAUSE_SECONDS, _MOST_PAUSE_SECONDS)


def _instant(upload_time: str | None) -> Instant | None:
    """Return when the page says that a file was uploaded."""
    if upload_time is None:
        return None
    try:
        return Instant(datetime.fromisoformat(upload_time).timestamp())
    except ValueError:
        return None
