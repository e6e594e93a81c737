"""Offline: the door that asks nobody.

It stands where doors would stand. What is above it works as in an outage that never ends, but
without a name looked up, a connection tried or a second waited.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from wheelyard.blobs import Blob
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators

__all__ = ["Offline", "not_asked"]


def not_asked(what: str, why: str = "it is not held") -> Unavailable:
    """Return what to say of something that is out of reach because nobody is asked for it.

    Never ``Absent``: whether it exists, only who is not asked could say.
    """
    remedy = "fetch it once without `--offline` (`server.offline`)"
    reason = f"{why}, and in offline mode nobody is asked; {remedy}"
    return Unavailable(what, reason, failing="unasked")


class Offline:
    """A door that answers every question with ``Unavailable``, at once."""

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Raise; see ``Door``."""
        del held
        raise not_asked("The project list")

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Raise; see ``Door``."""
        del held, again
        raise not_asked(f"`{name}`")

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Raise; see ``Door``."""
        del held
        raise not_asked(f"`{wanted.name}`")

    async def file(self, ref: FileRef) -> Blob:
        """Return bytes that nobody can read: what is held is never read from its door."""
        return _Unread(f"`{ref.file.filename}`")

    async def metadata(self, ref: FileRef) -> bytes:
        """Raise; see ``Door``."""
        raise not_asked(f"`{ref.file.filename}.metadata`")


@dataclass(frozen=True, slots=True)
class _Unread:
    """The bytes of a file that is somewhere else."""

    what: str
    size: int | None = None
    sha256: Sha256 | None = None

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Raise; see ``Blob``."""
        del start, stop
        raise not_asked(self.what)
