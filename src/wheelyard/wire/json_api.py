"""The JSON API (``/pypi/<project>/json``): an upstream's document with our URLs, or one of our own.

It is PyPI's own interface and no standard; poetry, pip-tools, pipenv, pdm, bandersnatch and many
scripts read it.  What an upstream says is passed on untouched but for the file URLs; what we make
ourselves has every key that PyPI's documents have, null where nobody knows.
Source: PyPI's documentation, "JSON API"; the documents it answers with.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Raw

from wheelyard.errors import Absent, BadInput
from wheelyard.model import File, Project
from wheelyard.names import (
    Filename,
    ProjectName,
    filename_version,
    is_wheel,
    newest_version,
    normalise,
    sort_versions,
    version_key,
)
from wheelyard.wire.core_metadata import CoreMetadata
from wheelyard.wire.fields import advertised_metadata

__all__ = ["Release", "UrlFor", "build", "choose_release", "releases_of", "rewrite"]

Digests = Mapping[Filename, Mapping[str, str]]
"""The digests of files, by their names."""

UrlFor = Callable[[str, str], str | None]
"""From a file's name and its owner's URL to ours; None leaves the file out."""

_Entries = list[dict[str, Raw]]

_DOCUMENT = msgspec.json.Decoder(dict[str, Raw])
_ENTRIES = msgspec.json.Decoder(_Entries)
_RELEASES = msgspec.json.Decoder(dict[str, _Entries])
_TEXT = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()

_PYTHON_TAG = re.compile(r"-py(\d(?:\.\d+)?)(?=[.-])", re.ASCII)
_WHEEL_TAGS = re.compile(r"-([^-]+)-[^-]+-[^-]+\.whl$")
_KINDS: Final = {
    ".whl": "bdist_wheel",
    ".egg": "bdist_egg",
    ".exe": "bdist_wininst",
    ".msi": "bdist_msi",
    ".rpm": "bdist_rpm",
    ".dmg": "bdist_dmg",
}


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a project, spelled as its owner does, and its files."""

    version: str
    files: tuple[File, ...] = ()

    @property
    def is_yanked(self) -> bool:
        """Say whether every file is yanked; without files nothing is."""
        return bool(self.files) and all(file.yanked is not False for file in self.files)


def rewrite(body: bytes, name: ProjectName, url_for: UrlFor) -> bytes:
    """Return an upstream's document about ``name`` with our file URLs, all else as it was.

    Raises:
        BadInput: it is not a document of the JSON API, or of another project.
    """
    try:
        body.decode()
        document = _DOCUMENT.decode(body)
        _check_name(document, name)
        document["urls"] = Raw(_ENCODER.encode(_rewritten(document["urls"], url_for)))
        if "releases" in document:
            releases = _RELEASES.decode(document["releases"])
            document["releases"] = Raw(
                _ENCODER.encode({v: _with_urls(files, url_for) for v, files in releases.items()})
            )
    except KeyError as error:
        raise BadInput(f"body: not a document of the JSON API: no key {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"body: not a document of the JSON API: {str(error)[:200]}") from error
    return _ENCODER.encode(document)


def _check_name(document: dict[str, Raw], name: ProjectName) -> None:
    """Raise unless the document is about ``name``."""
    stated = _TEXT.decode(_DOCUMENT.decode(document["info"])["name"])
    if normalise(stated) != name:
        raise BadInput(f"info.name: the document is of `{stated[:80]!a}`, not of `{name}`.")


def _rewritten(raw: Raw, url_for: UrlFor) -> _Entries:
    """Return the entries of a list of files with our URLs."""
    return _with_urls(_ENTRIES.decode(raw), url_for)


def _with_urls(entries: _Entries, url_for: UrlFor) -> _Entries:
    """Return the entries for which we have a URL, with it."""
    kept = []
    for entry in entries:
        if "filename" not in entry or "url" not in entry:
            continue
        url = url_for(_TEXT.decode(entry["filename"]), _TEXT.decode(entry["url"]))
        if url is not None:
            kept.append(entry | {"url": Raw(_ENCODER.encode(url))})
    return kept


def choose_release(project: Project, version: str | None = None) -> Release:
    """Return the release that a document describes: the one asked for, else the newest.

    The newest that is neither a pre-release nor yanked; without one the newest that is not yanked,
    without one the newest there is.

    Raises:
        Absent: there is no such version, no version at all, or the project is quarantined.
    """
    return _choose(releases_of(project), project.name, version)


def _choose(releases: Iterable[Release], name: ProjectName, version: str | None) -> Release:
    """Return the release of that version, or the newest."""
    by_key = {version_key(release.version): release for release in releases}
    if version is None:
        fit = [release.version for release in by_key.values() if release.files]
        sound = [text for text in fit if not by_key[version_key(text)].is_yanked]
        version = newest_version(sound or fit or [r.version for r in by_key.values()])
    found = None if version is None else by_key.get(version_key(version))
    if found is None:
        raise Absent(f"`{name}` {version}" if version else f"a release of `{name}`")
    return found


def releases_of(project: Project) -> list[Release]:
    """Return every release, from the oldest to the newest; none of a quarantined project."""
    if project.status.status == "quarantined":
        return []
    spelled = {version_key(text): text for text in project.versions}
    files: dict[str, list[File]] = {key: [] for key in spelled}
    for file in project.files:
        version = filename_version(file.filename, project.name)
        if version is not None:
            key = version_key(version)
            spelled.setdefault(key, version)
            files.setdefault(key, []).append(file)
    ordered = sort_versions(spelled.values())
    return [Release(text, tuple(files[version_key(text)])) for text in ordered]


def build(
    project: Project,
    metadata: CoreMetadata | None,
    version: str | None,
    url_for: UrlFor,
    digests: Digests = MappingProxyType({}),
) -> bytes:
    """Return our own document about ``project``, or about one ``version`` of it.

    ``metadata`` is that of a file of the release that ``choose_release`` gives; without it only
    what the page says is told.  ``digests`` are further ones by file name.  ``releases`` stands in
    the project's form only.

    Raises:
        Absent: as ``choose_release``.
    """
    releases = releases_of(project)
    release = _choose(releases, project.name, version)
    document: dict[str, Any] = {
        "info": _info(project, release, metadata or CoreMetadata()),
        "last_serial": project.serial,
    }
    if version is None:
        document["releases"] = {
            each.version: _files(each.files, url_for, digests) for each in releases
        }
    document["urls"] = _files(release.files, url_for, digests)
    document["vulnerabilities"] = []
    document["ownership"] = {"roles": [], "organization": None}
    return _ENCODER.encode(document) + b"\n"


def _info(project: Project, release: Release, metadata: CoreMetadata) -> dict[str, Any]:
    """Return what is known of one release; null for what is not."""
    reasons = [file.yanked for file in release.files if isinstance(file.yanked, str)]
    specifiers = [file.requires_python for file in release.files if file.requires_python]
    links = dict(metadata.project_urls)
    return {
        "author": metadata.author or None,
        "author_email": metadata.author_email or None,
        "bugtrack_url": None,
        "classifiers": list(metadata.classifiers),
        "description": metadata.description,
        "description_content_type": metadata.description_content_type or None,
        "docs_url": None,
        "download_url": metadata.download_url or None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": list(metadata.dynamic) or None,
        "home_page": metadata.home_page or None,
        "keywords": metadata.keywords or None,
        "license": metadata.license or None,
        "license_expression": metadata.license_expression or None,
        "license_files": list(metadata.license_files) or None,
        "maintainer": metadata.maintainer or None,
        "maintainer_email": metadata.maintainer_email or None,
        "name": metadata.name or project.name,
        "package_url": None,
        "platform": ", ".join(metadata.platforms) or None,
        "project_url": None,
        "project_urls": links or None,
        "provides_extra": list(metadata.provides_extra) or None,
        "release_url": None,
        "requires_dist": list(metadata.requires_dist) or None,
        "requires_python": metadata.requires_python or (specifiers[0] if specifiers else None),
        "summary": metadata.summary or None,
        "version": release.version,
        "yanked": release.is_yanked,
        "yanked_reason": reasons[0] if release.is_yanked and reasons else None,
    }


def _files(files: Iterable[File], url_for: UrlFor, known: Digests) -> list[dict[str, Any]]:
    """Return the entries of the files for which we have a URL."""
    return [
        _file(file, url, known.get(file.filename, {}))
        for file in files
        if (url := url_for(file.filename, file.url)) is not None
    ]


def _file(file: File, url: str, known: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry of one file; ``known`` are digests that the page does not state."""
    digests = dict(sorted({**known, **dict(file.hashes)}.items()))
    uploaded = file.upload_time
    return {
        "comment_text": None,
        "core-metadata": dict(advertised_metadata(file)) or False,
        "digests": digests,
        "downloads": -1,
        "filename": file.filename,
        "has_sig": bool(file.gpg_sig),
        "md5_digest": digests.get("md5"),
        "packagetype": _KINDS.get(file.filename[-4:].lower(), "sdist"),
        "python_version": _python_version(file.filename),
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": uploaded[: len("2026-01-01T00:00:00")] if uploaded else None,
        "upload_time_iso_8601": uploaded,
        "url": url,
        "yanked": file.yanked is not False,
        "yanked_reason": file.yanked if isinstance(file.yanked, str) else None,
    }


def _python_version(filename: str) -> str:
    """Return what a file is built for: a wheel's Python tag, ``2.7``, ``any`` or ``source``."""
    if is_wheel(filename):
        tags = _WHEEL_TAGS.search(filename)
        return tags[1] if tags else "any"
    if filename[-4:].lower() in _KINDS:
        tag = _PYTHON_TAG.search(filename)
        return tag[1] if tag else "any"
    return "source"
