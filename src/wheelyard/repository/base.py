"""The one interface of the chain, and the narrower ones of what can be asked again and kept.

Every component of the chain *is* a repository and *has* repositories; what it adds is its
column in the failure table. The contract of the four questions is written here once.

A *door* is what a cache stands on: it answers the same questions, but may also say
"unchanged since you last asked". A *keeper* is where one kind of its answers is held.
"""

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from wheelyard.blobs import Blob
from wheelyard.clock import Instant
from wheelyard.decide.serials import Told
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName

__all__ = [
    "DocumentWanted",
    "Door",
    "Keeper",
    "Kept",
    "Loaded",
    "Repository",
    "Unchanged",
    "Validators",
]

T = TypeVar("T")


class Repository(Protocol):
    """Somebody who answers for the projects of an index.

    All four raise ``Absent`` (an authority says: not here), ``Unavailable`` (nobody can say),
    ``Refused`` (policy), ``Corrupt`` (the bytes are wrong).
    """

    async def projects(self) -> ProjectList:
        """Return the names of all projects."""

    async def project(self, name: ProjectName) -> Project:
        """Return the files and state of one project."""

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file that ``project`` listed."""

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the core metadata of a file that ``project`` listed with it.

        Source: PEP 658, PEP 714.
        """


@dataclass(frozen=True, slots=True)
class Validators:
    """What we hold of a door's answer, to ask whether it has changed. Source: RFC 9110, 8.8."""

    door: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A door's answer. ``lifetime_seconds`` is None if it did not say how long it is good for."""

    value: T
    validators: Validators
    lifetime_seconds: float | None = None
    url: str = ""
    content_type: str = ""
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A door confirmed what we hold."""

    door: str
    lifetime_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentWanted:
    """A document beside the simple pages: a JSON API answer, a file's provenance, or news.

    ``name`` is its key within its kind; ``url`` is absolute, or empty where each door makes its
    own from ``name`` (``PROJECT`` or ``PROJECT/VERSION`` for the JSON API). An older one than
    was ``told`` of is asked for anew, however fresh it is. News are never kept: ``last-modified``
    of a mirror, ``changes`` of another Wheelyard after the serial that ``name`` is, and ``call``,
    an XML-RPC method of that name with its ``body``.
    """

    kind: Literal["json", "provenance", "last-modified", "changes", "call"]
    name: str
    url: str = ""
    body: bytes | None = None
    told: Told | None = None


class Door(Protocol):
    """An upstream, or several equal ones, seen by the cache in front of it.

    Raises what ``Repository`` raises.
    """

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects, unless it is still what we hold."""

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project, unless it is still what we hold.

        ``again`` is a second opinion on what was just said: unconditional, past every cache, from
        another door if there is one.
        """

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document, unless it is still what we hold."""

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; reading them asks the door, holding the blob does not."""

    async def metadata(self, ref: FileRef) -> bytes:
        """Return what the door gives as the file's core metadata; the caller proves it."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """What is held for a key."""

    value: T
    validators: Validators
    fetched_at: Instant
    checked_at: Instant
    lifetime_seconds: float | None
    revision: int = 0
    serial: int | None = None


class Keeper(Protocol[T]):
    """Where one kind of thing is kept, and who is asked for it."""

    async def load(self, key: str) -> Kept[T] | None:
        """Return what is held."""

    async def save(self, key: str, loaded: Loaded[T]) -> Kept[T]:
        """Keep an answer; the revision grows if and only if the content changed."""

    async def confirm(self, key: str, kept: Kept[T], unchanged: Unchanged) -> Kept[T]:
        """Keep the news that nothing changed."""

    async def ask(
        self, key: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[T] | Unchanged:
        """Ask upstream; ``again`` for a second opinion, see ``Door``."""

    async def forget(self, key: str) -> None:
        """Drop what is held: upstream said with certainty that it is gone."""
