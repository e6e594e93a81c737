"""The JSON form as a schema that allows no key but those of the standards.

Source: https://packaging.python.org/specifications/simple-repository-api/ (1.4)
"""

from typing import Annotated, Literal

import msgspec

__all__ = ["Entry", "File", "Meta", "Page", "Root", "Status"]

Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^1\.\d+$")]
Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Meta(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """``meta`` of a page. Source: PEP 691; PyPI's private key."""

    api_version: Version
    _last_serial: int | None = msgspec.field(name="_last-serial", default=None)


class Status(msgspec.Struct, forbid_unknown_fields=True):
    """``project-status``. Source: PEP 792."""

    status: Literal["active", "archived", "quarantined", "deprecated"]
    reason: Text | None = None


class File(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """An entry of ``files``. Source: PEP 691, 700, 714 and 740."""

    filename: Text
    url: Text
    hashes: dict[str, Hex]
    size: int | None = None
    upload_time: Instant | None = None
    requires_python: str | None = None
    core_metadata: bool | dict[str, Hex] = False
    data_dist_info_metadata: bool | dict[str, Hex] = False
    yanked: bool | Text = False
    gpg_sig: bool | None = None
    provenance: str | None = None


class Page(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """The page of a project, whose every key is one that a standard names."""

    meta: Meta
    name: Text
    files: list[File]
    versions: list[Text] | None = None
    project_status: Status | None = None


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of ``projects``."""

    name: Text
    _last_serial: int | None = msgspec.field(name="_last-serial", default=None)


class Root(msgspec.Struct, forbid_unknown_fields=True):
    """The list of projects."""

    meta: Meta
    projects: list[Entry]
