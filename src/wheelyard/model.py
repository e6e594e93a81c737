"""The records of the Simple API: what a page says, independent of its form.

Unknown keys of an upstream are not kept: our pages promise only what we checked
(PEP 691 allows readers to ignore them). Escaping and key spelling live in ``wire/``.
The small records hold only text and numbers, so the garbage collector need not visit the hundreds
of thousands of them that a list has (``gc=False``).
Source: https://packaging.python.org/specifications/simple-repository-api/ (1.4)
"""

from typing import Literal

import msgspec

from wheelyard.names import Filename, ProjectName, Sha256

__all__ = [
    "File",
    "FileRef",
    "Knowledge",
    "Project",
    "ProjectEntry",
    "ProjectList",
    "ProjectStatus",
    "StatusMarker",
]

StatusMarker = Literal["active", "archived", "quarantined", "deprecated"]

Hashes = tuple[tuple[str, str], ...]
"""Pairs of algorithm (lower case) and digest (lower-case hex), without repeats."""


class Knowledge(msgspec.Struct, frozen=True, omit_defaults=True):
    """How we know what we say: when it was last confirmed, until when it counts as fresh.

    Times are seconds since the Unix epoch. ``revision`` changes if and only if the content does.
    ``own`` is our own truth: nobody else can know better, and each change of it is told at once.
    ``how`` is for people and for ``Cache-Status``; ``source`` names the door. ``merged`` says that
    the files of a stranger are shown among our own.
    Source: RFC 9111, 4.2; RFC 9211.
    """

    checked_at: float
    fresh_until: float
    revision: int = 0
    how: Literal["hit", "miss", "renewed", "stale", "own"] = "hit"
    source: str = ""
    merged: bool = False


class ProjectStatus(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The state that an index gives a project. Source: PEP 792."""

    status: StatusMarker = "active"
    reason: str | None = None


class File(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One file of a project, as its owner lists it.

    ``url`` is absolute and the upstream's; what a client sees is made by the renderer.
    ``size`` is in bytes. ``upload_time`` is RFC 3339 in UTC with a literal ``Z``.
    ``core_metadata`` is None if the owner did not say, () if it said "yes" without a
    digest, False if it said "no". ``yanked`` is False, True, or the reason.
    ``first_use`` marks a digest that we recorded ourselves because the owner gave none.
    Source: PEP 503, 592, 658/714, 691, 700, 740.
    """

    filename: Filename
    url: str
    hashes: Hashes = ()
    size: int | None = None
    upload_time: str | None = None
    requires_python: str | None = None
    core_metadata: Hashes | Literal[False] | None = None
    yanked: bool | str = False
    gpg_sig: bool | None = None
    provenance: str | None = None
    first_use: bool = False

    @property
    def sha256(self) -> Sha256 | None:
        """The SHA-256 that the owner states for the bytes, if it does."""
        for name, digest in self.hashes:  # asked for often: no generator
            if name == "sha256":
                return Sha256(digest)
        return None

    @property
    def metadata_sha256(self) -> Sha256 | None:
        """The SHA-256 that the owner states for the metadata file, if it does."""
        for name, digest in self.core_metadata or ():
            if name == "sha256":
                return Sha256(digest)
        return None


class Project(msgspec.Struct, frozen=True, omit_defaults=True):
    """One project: its files, versions and state, with the owner's serial if it has one.

    ``versions`` is what the owner said; a renderer adds the versions of the files.
    ``dropped`` counts the entries of the owner's page that could not be used.
    """

    name: ProjectName
    files: tuple[File, ...] = ()
    versions: tuple[str, ...] = ()
    status: ProjectStatus = ProjectStatus()
    serial: int | None = None
    dropped: int = 0
    known: Knowledge | None = None

    def ref(self, file: File) -> "FileRef":
        """Return what to ask for if ``file``, which this page lists, is wanted."""
        return FileRef(self.name, file, self.status, self.known.source if self.known else "")


class ProjectEntry(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """One line of the project list: the name as displayed, and its serial."""

    name: str
    serial: int | None = None


class ProjectList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every project of an index, with the index's serial if it has one."""

    projects: tuple[ProjectEntry, ...] = ()
    serial: int | None = None
    known: Knowledge | None = None


class FileRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file somebody asks for: its project, and what the owner's page says of both.

    ``source`` names the door whose page that is, as in ``Knowledge``: the file's URL is its own.
    """

    project: ProjectName
    file: File
    status: ProjectStatus = ProjectStatus()
    source: str = ""
