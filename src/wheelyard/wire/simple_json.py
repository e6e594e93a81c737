"""The JSON form of the Simple API, both ways.

Reading is lenient per entry and strict about the page: a page of another project, without
``meta`` or of another major version is no answer at all, but one odd file entry costs only itself.
The usual page is decoded in one typed pass; only a page with a wrong type somewhere is read again,
entry by entry.
Source: PEP 691, 700, 714, 740, 792.
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from wheelyard.errors import BadInput
from wheelyard.model import File, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import ProjectName, normalise, parse_filename, parse_project_name
from wheelyard.wire.digests import parse_fragment, parse_hashes
from wheelyard.wire.fields import (
    MAX_SIZE,
    advertised_metadata,
    check_api_version,
    listed_files,
    listed_versions,
    parse_metadata_claim,
    parse_requires_python,
    parse_serial,
    parse_status,
    parse_text,
    parse_upload_time,
)
from wheelyard.wire.json_forms import (
    ListedFile,
    ListedPage,
    ListedProject,
    ListedProjects,
    LoosePage,
    LooseProjects,
    RenderedFile,
    RenderedList,
    RenderedMeta,
    RenderedPage,
    RenderedProject,
    RenderedStatus,
)
from wheelyard.wire.links import Links
from wheelyard.wire.urls import LinkBase, is_secure_origin

__all__ = ["parse_project", "parse_project_list", "render_project", "render_project_list"]

WITH_SIZES: Final = "1.4"
WITHOUT_SIZES: Final = "1.0"
"""What a page with a file of unknown size must say: ``size`` is mandatory from 1.1 on."""


_PAGE = msgspec.json.Decoder(ListedPage)
_LOOSE_PAGE = msgspec.json.Decoder(LoosePage)
_LIST = msgspec.json.Decoder(ListedProjects)
_LOOSE_LIST = msgspec.json.Decoder(LooseProjects)
_ENTRY = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder()


def parse_project(body: bytes, url: str, name: ProjectName) -> Project:
    """Return the project that a JSON page describes; ``url`` is where the page came from.

    Entries that cannot be used are left out and counted; of two entries with one file name the
    first counts.

    Raises:
        BadInput: this is not a page of ``name`` in version 1.x of the JSON form.
    """
    page = _decode_page(body)
    check_api_version(page.meta.get("api-version"))
    if normalise(page.name) != name:
        raise BadInput(f"name: the page is of `{page.name[:80]!a}`, not of `{name}`.")
    base = LinkBase(url)
    files: dict[str, File] = {}
    for entry in page.files:
        file = _file(entry, base)
        if file is not None:
            files.setdefault(file.filename, file)
    return Project(
        name=name,
        files=tuple(files.values()),
        versions=_versions(page.versions),
        status=_status(page),
        serial=parse_serial(page.meta.get("_last-serial")),
        dropped=len(page.files) - len(files),
    )


def _decode_page(body: bytes) -> ListedPage:
    """Decode a page in one pass, or entry by entry if a type is wrong somewhere."""
    try:
        return _PAGE.decode(body)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    try:
        loose = _LOOSE_PAGE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    files = [_entry(raw) for raw in loose.files]
    return ListedPage(files, loose.name, loose.meta, loose.versions, loose.project_status)


def _unreadable(error: Exception) -> BadInput:
    """Return the error for a body that is not the JSON it should be."""
    return BadInput(f"body: not a JSON page of the Simple API: {str(error)[:200]}")


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "filename": (str,),
    "url": (str,),
    "hashes": (dict,),
    "size": (int,),
    "upload-time": (str,),
    "requires-python": (str,),
    "core-metadata": (bool, dict),
    "dist-info-metadata": (bool, dict),
    "data-dist-info-metadata": (bool, dict),
    "yanked": (bool, str),
    "gpg-sig": (bool,),
    "provenance": (str,),
}


def _entry(raw: Raw) -> ListedFile:
    """Read one entry, taking optional keys of a wrong type as absent.

    What has no file name or URL gets empty ones, which no later check lets pass.
    """
    try:
        keys = _ENTRY.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ListedFile("", "")
    usable: dict[str, Any] = {
        key: _strings(value) if isinstance(value, dict) else value
        for key, value in keys.items()
        if type(value) in _TYPES.get(key, ())
    }
    return msgspec.convert({"filename": "", "url": ""} | usable, ListedFile)


def _strings(value: dict[str, Any]) -> dict[str, str] | None:
    """Return the pairs whose value is text; None if there is no such pair, or was none at all."""
    return {key: text for key, text in value.items() if isinstance(text, str)} or None


_CHANGEABLE = "-variants.json"
"""What may be rewritten under its name, while every file listed here stands for its bytes for ever.

Readers do without it. Source: PEP 817 (draft).
"""


def _file(entry: ListedFile, base: LinkBase) -> File | None:
    """Return the record of one entry, or None if it cannot be used."""
    try:
        filename = parse_filename(entry.filename)
    except BadInput:
        return None
    if filename.endswith(_CHANGEABLE):
        return None
    url = base.resolve(entry.url) if entry.url else None
    if url is None:
        return None
    hashes = parse_hashes(entry.hashes) if entry.hashes else ()
    if "#" in url:
        url, _, fragment = url.partition("#")
        hashes = hashes or parse_fragment(fragment)
    size = entry.size
    claim = entry.core_metadata
    if claim is None:
        claim = entry.dist_info_metadata
    if claim is None:
        claim = entry.data_dist_info_metadata
    return File(
        filename=filename,
        url=url,
        hashes=hashes,
        size=size if size is not None and 0 <= size < MAX_SIZE else None,
        upload_time=parse_upload_time(entry.upload_time),
        requires_python=parse_requires_python(entry.requires_python),
        core_metadata=parse_metadata_claim(claim),
        yanked=_yanked(entry.yanked),
        gpg_sig=entry.gpg_sig,
        provenance=base.resolve(entry.provenance) if entry.provenance else None,
    )


def _yanked(value: bool | str | None) -> bool | str:  # noqa: FBT001 - the wire's own type
    """Return the mark; the forbidden empty reason is taken for "yanked", the safer reading."""
    if isinstance(value, str):
        return parse_text(value) or True
    return bool(value)


def _versions(value: object) -> tuple[str, ...]:
    """Return the texts among ``versions``, each once."""
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(text for text in value if isinstance(text, str) and text))


def _status(page: ListedPage) -> ProjectStatus:
    """Return the status from its top-level key, else from ``meta`` where the example has it."""
    for holder in (page.project_status, page.meta.get("project-status")):
        if isinstance(holder, dict):
            return parse_status(holder.get("status", holder.get("state")), holder.get("reason"))
    for holder in (page.project_status, page.meta.get("project-status")):
        if isinstance(holder, str):
            return parse_status(holder, page.meta.get("project-status-reason"))
    return ProjectStatus()


def parse_project_list(body: bytes) -> ProjectList:
    """Return the project list of a JSON root page; what is no project name is left out.

    Raises:
        BadInput: this is not a project list in version 1.x of the JSON form.
    """
    found = _decode_list(body)
    check_api_version(found.meta.get("api-version"))
    entries: dict[str, ProjectEntry] = {}
    projects = found.projects
    projects.reverse()
    while projects:  # each goes as its entry comes: a list is large
        project = projects.pop()
        try:
            name = parse_project_name(project.name)
        except BadInput:
            continue
        entries.setdefault(name, ProjectEntry(project.name, parse_serial(project.serial)))
    return ProjectList(tuple(entries.values()), parse_serial(found.meta.get("_last-serial")))


def _decode_list(body: bytes) -> ListedProjects:
    """Decode a project list in one pass, or entry by entry if a type is wrong somewhere."""
    try:
        return _LIST.decode(body)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    try:
        loose = _LOOSE_LIST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    projects = []
    for raw in loose.projects:
        try:
            projects.append(msgspec.json.decode(raw, type=ListedProject))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return ListedProjects(projects, loose.meta)


def render_project(project: Project, links: Links) -> bytes:
    """Return the page of ``project`` in the JSON form.

    ``api-version`` is the highest whose mandatory keys are all there: 1.4, or 1.0 if a size is
    unknown. What is known is written either way; readers of 1.0 ignore what they do not know.
    """
    files = listed_files(project)
    has_sizes = all(file.size is not None for file in files)
    status = project.status
    version = WITH_SIZES if has_sizes else WITHOUT_SIZES
    page = RenderedPage(
        meta=RenderedMeta(_unless_none(project.serial), version),
        name=project.name,
        project_status=RenderedStatus(status.status, status.reason or UNSET),
        versions=listed_versions(project, files),
        files=[_rendered_file(project.name, file, links) for file in files],
    )
    return _ENCODER.encode(page) + b"\n"


def _rendered_file(name: ProjectName, file: File, links: Links) -> RenderedFile:
    """Return the entry of one file."""
    claim = _rendered_claim(file)
    provenance = links.provenance_url(name, file)
    return RenderedFile(
        core_metadata=claim,
        data_dist_info_metadata=claim,
        filename=file.filename,
        gpg_sig=UNSET if file.gpg_sig is None else file.gpg_sig,
        hashes=dict(file.hashes),
        provenance=provenance if provenance and is_secure_origin(provenance) else UNSET,
        requires_python=file.requires_python,
        size=UNSET if file.size is None else file.size,
        upload_time=file.upload_time or UNSET,
        url=links.file_url(name, file),
        yanked=file.yanked,
    )


def _rendered_claim(file: File) -> dict[str, str] | bool | UnsetType:
    """Return the value of ``core-metadata``: digests, False for "none", or nothing for unknown."""
    if hashes := advertised_metadata(file):
        return dict(hashes)
    return UNSET if file.core_metadata is None else False


def _unless_none(value: int | None) -> int | UnsetType:
    """Return ``value``, or the mark that leaves its key out."""
    return UNSET if value is None else value


def render_project_list(projects: ProjectList) -> bytes:
    """Return the project list in the JSON form, with the serials that are known."""
    page = RenderedList(
        meta=RenderedMeta(_unless_none(projects.serial), WITH_SIZES),
        projects=[
            RenderedProject(_unless_none(entry.serial), entry.name) for entry in projects.projects
        ],
    )
    return _ENCODER.encode(page) + b"\n"
