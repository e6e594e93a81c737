"""Fenced: an index of others, without the names that are ours.

It stands in front of everything that can ask an upstream. What is ours is absent behind it whoever
is up or down, so that neither a higher version of a stranger is ever seen, nor a name of ours ever
leaves the house: not for a page, a file or metadata, in no spelling, before the first upload and
after the last deletion.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.lists import only_names

__all__ = ["Fenced"]


@dataclass(frozen=True, slots=True)
class Fenced:
    """Answer ``Absent`` for what ``is_ours``, and ask ``whole`` for everything else.

    ``is_ours`` raises ``Unavailable`` if it cannot be known whose a name is; nobody is asked then.
    ``survey`` returns the same test for many names at once, where ``is_ours`` would be too slow for
    a list of all public names.
    """

    whole: Repository
    is_ours: Callable[[ProjectName], bool]
    survey: Callable[[], Awaitable[Callable[[ProjectName], bool]]] | None = None

    async def projects(self) -> ProjectList:
        """Return the names that are not ours; see ``Repository``."""
        is_ours = await self.survey() if self.survey else self.is_ours
        listed = await self.whole.projects()
        return await only_names(listed, lambda name: not is_ours(name))

    async def project(self, name: ProjectName) -> Project:
        """Return one project; see ``Repository``.

        Raises:
            Absent: the name is ours; nobody is asked.
        """
        self._admit(name, f"`{name}`")
        return await self.whole.project(name)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; as ``project``."""
        self._admit(ref.project, f"`{ref.file.filename}`")
        return await self.whole.file(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file; as ``project``."""
        self._admit(ref.project, f"`{ref.file.filename}.metadata`")
        return await self.whole.metadata(ref)

    def _admit(self, name: ProjectName, what: str) -> None:
        """Raise if the name is ours."""
        if self.is_ours(name):
            raise Absent(what)
