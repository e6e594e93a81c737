"""From the page of a project, and the metadata of its releases, to the rows of a snapshot. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from wheelyard.model import File, Project
from wheelyard.names import (
    ProjectName,
    is_wheel,
    newest_version,
    normalise,
    release_kind,
)
from wheelyard.publish.snapshot.described import Described
from wheelyard.publish.snapshot.schema import SCHEMA_VERSION, table
from wheelyard.repository import file_path
from wheelyard.wire.fields import parse_text
from wheelyard.wire.json_api import Release, releases_of

__all__ = [
    "DayCounts",
    "Page",
    "ProjectRows",
    "Row",
    "make_rows",
    "metadata_files",
    "page_digest",
    "read_page",
]

Row = tuple[str | int | None, ...]

_KINDS: Final = {
    ".whl": "bdist_wheel",
    ".egg": "bdist_egg",
    ".exe": "bdist_wininst",
    ".msi": "bdist_msi",
    ".rpm": "bdist_rpm",
    ".dmg": "bdist_dmg",
}
_ANYWHERE: Final = "-none-any.whl"
_TAG_SETS: Final = 3
_TAGS: Final = [column.name for column in table("files").columns].index("tags")
_REQUIRES: Final = [column.name for column in table("files").columns].index("requires_python")
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class ProjectRows:
    """Everything that a snapshot says of one project, but for downloads.

    ``digest`` is of the page that it was made of. ``tags`` and ``requires_pythons`` have an entry
    for each file that states some.
    """

    name: ProjectName
    digest: bytes
    project: Row
    releases: tuple[Row, ...]
    files: tuple[Row, ...]
    requirements: tuple[Row, ...]
    classifiers: tuple[Row, ...]
    tags: tuple[str, ...]
    requires_pythons: tuple[str, ...]
    newest_upload: str


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What was taken on a day, by project: downloads, and those of mirrors.

    ``counted`` tells the state of the counts: two days that have the same had the same.
    """

    day: str
    counted: str
    projects: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a project. ``written`` is its name as the list of projects has it."""

    project: Project
    written: str
    releases: tuple[Release, ...]


def page_digest(project: Project, written: str) -> bytes:
    """Return what two pages share if and only if the same rows are made of them."""
    said = msgspec.structs.replace(project, known=None, serial=None, dropped=0)
    content = _ENCODER.encode((SCHEMA_VERSION, written, said))
    return hashlib.blake2b(content, digest_size=16).digest()


def read_page(project: Project, written: str) -> Page:
    """Return a page with its releases, from the oldest to the newest."""
    return Page(project, written, tuple(releases_of(project)))


def metadata_files(releases: Iterable[Release]) -> Iterator[tuple[str, File]]:
    """Yield each version, and the file whose metadata count for it; without one nothing.

    Of the files that offer metadata: a wheel for every platform before others, the first by name.
    """
    for release in releases:
        offering = [file for file in release.files if file.metadata_sha256]
        if offering:
            yield release.version, min(offering, key=_preference)


def _preference(file: File) -> tuple[bool, str]:
    """Return by what the files of a release are ordered."""
    return (not file.filename.endswith(_ANYWHERE), file.filename)


def make_rows(page: Page, described: Mapping[str, Described], digest: bytes) -> ProjectRows:
    """Return the rows of a project; ``described`` has what is known of its versions."""
    project, written, releases = page.project, page.written, page.releases
    latest = _latest(releases)
    about = described.get(latest or "")
    version_of = {file.filename: each.version for each in releases for file in each.files}
    name, status = project.name, project.status
    # A name that an upstream lists twice is one file: the first, as installers take it.
    by_name = {file.filename: file for file in reversed(project.files)}
    files = [by_name[filename] for filename in sorted(by_name)]
    reason = parse_text(status.reason) if status.reason else None
    head = (name, _written(name, written, about), status.status, reason, latest)
    rows = tuple(_file_row(name, file, version_of.get(file.filename)) for file in files)
    return ProjectRows(
        name=name,
        digest=digest,
        project=(*head, about.summary if about else None),
        releases=tuple(_release_rows(project, releases, described)),
        files=rows,
        requirements=tuple(_requirement_rows(project, releases, described)),
        classifiers=tuple((name, each) for each in (about.classifiers if about else ())),
        tags=tuple(str(row[_TAGS]) for row in rows if row[_TAGS] is not None),
        requires_pythons=tuple(str(row[_REQUIRES]) for row in rows if row[_REQUIRES] is not None),
        newest_upload=max((file.upload_time or "" for file in files), default=""),
    )


def _latest(releases: Iterable[Release]) -> str | None:
    """Return the newest version that has a file which is not yanked, final ones before others."""
    return newest_version(each.version for each in releases if each.files and not each.is_yanked)


def _written(name: ProjectName, written: str, about: Described | None) -> str:
    """Return the name as its owner writes it: on the list, or else in the metadata."""
    for each in (written, about.name if about else ""):
        if each != name and normalise(each) == name:
            return each
    return name


def _release_rows(
    project: Project, releases: Iterable[Release], described: Mapping[str, Described]
) -> Iterator[Row]:
    """Yield the rows of the releases, from the oldest to the newest."""
    for position, release in enumerate(releases):
        about = described.get(release.version)
        uploads = [file.upload_time for file in release.files if file.upload_time]
        yield (
            project.name,
            release.version,
            position,
            int(release_kind(release.version) != "final"),
            int(release.is_yanked),
            len(release.files),
            min(uploads, default=None),
            about.filename if about else None,
            about.license if about else None,
        )


def _file_row(name: ProjectName, file: File, version: str | None) -> Row:
    """Return the row of a file."""
    reason = parse_text(file.yanked) if isinstance(file.yanked, str) else ""
    return (
        name,
        file.filename,
        version,
        file_path(name, file),
        file.size,
        file.sha256,
        file.requires_python or None,
        int(file.yanked is not False),
        reason or None,
        file.upload_time,
        _KINDS.get(file.filename[-4:].lower(), "sdist"),
        _tags(file.filename),
        file.metadata_sha256,
    )


def _requirement_rows(
    project: Project, releases: Iterable[Release], described: Mapping[str, Described]
) -> Iterator[Row]:
    """Yield the rows of what each release requires."""
    for release in releases:
        about = described.get(release.version)
        for position, need in about.needs if about else ():
            parts = (need.requires, need.extras, need.specifier, need.marker, need.extra, need.url)
            yield (project.name, release.version, position, *parts)


def _tags(filename: str) -> str | None:
    """Return the tags in the name of a wheel, in small letters; None of anything else."""
    if not is_wheel(filename):
        return None
    parts = filename.removesuffix(".whl").rsplit("-", _TAG_SETS)
    return "-".join(parts[1:]).lower() if len(parts) > _TAG_SETS else None
