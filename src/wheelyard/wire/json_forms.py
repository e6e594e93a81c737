"""The JSON pages of the Simple API as they are spelled, one record per object.

What is read (``Listed...``) allows for other indexes; ``Loose...`` is the same with its entries
unread, for pages in which some type is wrong.  What is written (``Rendered...``) is exact.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct, UnsetType

__all__ = [
    "ListedFile",
    "ListedPage",
    "ListedProject",
    "ListedProjects",
    "LoosePage",
    "LooseProjects",
    "RenderedFile",
    "RenderedList",
    "RenderedMeta",
    "RenderedPage",
    "RenderedProject",
    "RenderedStatus",
]


class ListedFile(Struct, rename="kebab", gc=False):
    """A file entry as other indexes write it."""

    filename: str
    url: str
    hashes: dict[str, str] | None = None
    size: int | None = None
    upload_time: str | None = None
    requires_python: str | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    data_dist_info_metadata: bool | dict[str, str] | None = None
    yanked: bool | str | None = None
    gpg_sig: bool | None = None
    provenance: str | None = None


class ListedPage(Struct, rename="kebab"):
    """A project page; what may be left out or odd is looked at afterwards."""

    files: list[ListedFile]
    name: str
    meta: dict[str, Any]
    versions: Any = None
    project_status: Any = None


class LoosePage(Struct, rename="kebab"):
    """The same, with the entries unread."""

    files: list[Raw]
    name: str
    meta: dict[str, Any]
    versions: Any = None
    project_status: Any = None


class ListedProject(Struct, gc=False):
    """One line of a project list; its serial may be of any type."""

    name: str
    serial: Any = msgspec.field(name="_last-serial", default=None)


class ListedProjects(Struct):
    """A project list as other indexes write it."""

    projects: list[ListedProject]
    meta: dict[str, Any]


class LooseProjects(Struct):
    """The same, with the lines unread."""

    projects: list[Raw]
    meta: dict[str, Any]


class RenderedFile(Struct, rename="kebab", gc=False):
    """A file entry as we write it; in alphabetical order, as PyPI's are."""

    core_metadata: dict[str, str] | bool | UnsetType
    data_dist_info_metadata: dict[str, str] | bool | UnsetType
    filename: str
    gpg_sig: bool | UnsetType
    hashes: dict[str, str]
    provenance: str | UnsetType
    requires_python: str | None
    size: int | UnsetType
    upload_time: str | UnsetType
    url: str
    yanked: bool | str


class RenderedStatus(Struct):
    """The project's status; a top-level object, whatever the example in the text shows."""

    status: str
    reason: str | UnsetType


class RenderedMeta(Struct):
    """What stands in ``meta``; PyPI's private serial is written where one is known."""

    serial: int | UnsetType = msgspec.field(name="_last-serial")
    api_version: str = msgspec.field(name="api-version")


class RenderedPage(Struct, rename="kebab"):
    """A project page; what is short stands first, for people who look."""

    meta: RenderedMeta
    name: str
    project_status: RenderedStatus
    versions: list[str]
    files: list[RenderedFile]


class RenderedProject(Struct, gc=False):
    """One line of the project list."""

    serial: int | UnsetType = msgspec.field(name="_last-serial")
    name: str = msgspec.field()


class RenderedList(Struct):
    """The project list."""

    meta: RenderedMeta
    projects: list[RenderedProject]
