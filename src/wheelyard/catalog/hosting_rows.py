"""Records of what is our own: projects, files, and what was deleted.

The order of fields is the order in which queries select their columns. Times are seconds since
the Unix epoch, sizes are bytes, digests are 64 lower-case hex digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wheelyard.catalog.base import JournalRow
from wheelyard.clock import Instant
from wheelyard.model import StatusMarker
from wheelyard.names import Filename, IndexName, ProjectName, Sha256

__all__ = [
    "HeldMark",
    "HostedFile",
    "HostedProject",
    "NewRelease",
    "ProjectsChanged",
    "Publication",
    "Published",
    "Stretch",
    "Tombstone",
    "hosted_index",
    "hosted_owner",
]

_PREFIX = "hosted:"


def hosted_owner(index: str) -> str:
    """Return the owner of what the index of that name has of its own."""
    return f"{_PREFIX}{index}"


def hosted_index(owner: str) -> IndexName | None:
    """Return the index whose own projects ``owner`` has; None if it is a group of doors."""
    return IndexName(owner.removeprefix(_PREFIX)) if owner.startswith(_PREFIX) else None


@dataclass(frozen=True, slots=True)
class HostedProject:
    """A project of our own. ``name`` is spelled as its first upload did.

    ``revision`` is the journal's serial of its last change.
    """

    owner: str
    project: ProjectName
    name: str
    status: StatusMarker
    status_reason: str | None
    created_at: Instant
    created_by: str
    revision: int


@dataclass(frozen=True, slots=True)
class HostedFile:
    """A file of our own; its bytes are in the store.

    ``hashes`` are its other digests by name (``md5``, ``blake2b_256``); ``kind`` is
    ``bdist_wheel`` or ``sdist``. ``metadata_sha256`` is of the core metadata inside it, and
    ``provenance_sha256`` of its provenance object, both blobs. ``yanked`` is None, or the reason,
    which may be empty. ``promoted_from`` names the index that it was uploaded to, if another.
    """

    owner: str
    project: ProjectName
    filename: Filename
    generation: int
    version: str
    sha256: Sha256
    size: int
    uploaded_at: Instant
    uploaded_by: str
    hashes: Mapping[str, str] = field(hash=False)
    kind: str
    requires_python: str | None = None
    metadata_sha256: Sha256 | None = None
    provenance_sha256: Sha256 | None = None
    yanked: str | None = None
    promoted_from: str | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A file that was deleted: its name is never given to other bytes."""

    owner: str
    project: ProjectName
    filename: Filename
    generation: int
    version: str
    sha256: Sha256
    deleted_at: Instant
    deleted_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published, and under which rules.

    ``name`` is the project's as it is spelled; ``creates`` allows that it is the project's first
    file; ``volatile`` that a name gets other bytes. ``way`` is how it came, for the evidence and
    the audit log. A release takes files for ``open_days`` after its first one; 0: always.
    """

    file: HostedFile
    name: str
    creates: bool = True
    volatile: bool = False
    way: Literal["upload", "promote"] = "upload"
    open_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Published:
    """What became of it: ``same`` if it had been published before, with these bytes."""

    outcome: Literal["new", "replaced", "same"]
    file: HostedFile
    is_first: bool = False
    serial: int = 0


@dataclass(frozen=True, slots=True)
class ProjectsChanged:
    """Every project of an owner at one moment, and the files of those that changed.

    ``revision`` is that of all of them together at this moment.
    """

    revision: int
    projects: tuple[HostedProject, ...]
    files: Mapping[ProjectName, tuple[HostedFile, ...]]


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A release, from its first file on."""

    owner: str
    project: ProjectName
    version: str
    published_at: Instant
    uploaded_by: str
    metadata_sha256: Sha256 | None


@dataclass(frozen=True, slots=True)
class HeldMark:
    """What changes if something of a project is fetched, removed, or listed otherwise."""

    files: int
    stored_at: Instant
    revision: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The changes of one read. ``seen`` is the serial up to which all were looked at.

    ``is_last`` says that there is nothing behind it yet.
    """

    rows: tuple[JournalRow, ...]
    seen: int
    is_last: bool
