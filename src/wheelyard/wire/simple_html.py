"""The HTML form of the Simple API, both ways.

Reading.  HTML has no content type of its own, so login pages, captive portals and error pages
arrive looking like pages.  A document counts as the page of a project only if

1. it declares ``<meta name="pypi:repository-version" content="1.x">``; or
2. it links to at least one archive of that project: an ``http(s)`` link whose last path component
   is ``{name}-{version}`` with the suffix of an archive, the name normalising to the project's; or
3. it is a generated list without any: at most 64 KiB, no form and no script, and its title or a
   heading says ``Links for {name}``, or ``Index of`` or ``Directory listing for`` a directory
   called ``{name}``.  That is the page of a project without files.

In every case a heading ``Links for {other name}`` refuses it.  Everything else is ``BadInput``.
Plain directory listings and pages for ``--find-links`` are covered by (2).

A document counts as a project list only if it declares the version, or if it has no form and no
script and either its title says so ("Simple index", "Index of", "Directory listing for") or it has
links and all of them, but for the one upwards and those that sort, lead to a directory right below.

Rules for editing: links with ``rel="homepage"`` or ``"download"`` led away from old pages and are
never files; a query or fragment never makes a file name; nothing of the markup survives, pages are
written anew from the records.

Writing.  Frozen at 1.4, byte for byte what clients since pip 9 and easy_install read.
Source: PEP 503, 592, 629, 658, 714, 740, 792, 833.
"""

import re
from html import escape
from typing import Final, Literal

from wheelyard.errors import BadInput
from wheelyard.model import File, Hashes, Project, ProjectEntry, ProjectList
from wheelyard.names import (
    ProjectName,
    is_archive,
    normalise,
    parse_filename,
    reads_as_version,
    stated_version,
)
from wheelyard.wire.digests import parse_fragment, render_fragment
from wheelyard.wire.fields import (
    MAX_SIZE,
    NO_STATUS,
    advertised_metadata,
    check_api_version,
    listed_files,
    parse_requires_python,
    parse_serial,
    parse_status,
    parse_text,
    parse_upload_time,
)
from wheelyard.wire.html_document import HtmlDocument, Link, parse_document
from wheelyard.wire.links import Links
from wheelyard.wire.urls import LinkBase, is_secure_origin, last_component

__all__ = [
    "parse_project",
    "parse_project_list",
    "render_anchor",
    "render_project",
    "render_project_list",
]

VERSION: Final = "1.4"
"""What HTML pages say for ever. Source: PEP 833."""

MAX_EMPTY_PAGE: Final = 65_536
_MAX_SIZE_DIGITS: Final = 16


def parse_project(body: bytes, url: str, name: ProjectName, charset: str = "") -> Project:
    """Return the project that an HTML page lists; ``url`` is where the page came from.

    Of two links with one file name the first counts.  ``versions`` stays empty: HTML has none.

    Raises:
        BadInput: this is not a page of ``name``; the rules are at the top of this file.
    """
    files: dict[str, File] = {}
    seen: dict[str, bool] = {}

    def take(document: HtmlDocument, link: Link) -> None:
        file = _file(link.attributes, document.base, name, seen)
        if file is not None:
            files.setdefault(file.filename, file)

    document = parse_document(body, url, charset, take)
    _check_page(document, name, is_empty=not files)
    return Project(
        name=name,
        files=tuple(files.values()),
        status=parse_status(
            document.metas.get("pypi:project-status"),
            document.metas.get("pypi:project-status-reason"),
        ),
        serial=parse_serial(document.serial),
    )


def _check_page(document: HtmlDocument, name: ProjectName, *, is_empty: bool) -> None:
    """Raise unless the document counts as the page of ``name``."""
    if document.linked_name not in {None, name}:
        raise BadInput(f"title: the page is of `{document.linked_name}`, not of `{name}`.")
    if document.api_version is not None:
        check_api_version(document.api_version)
    elif is_empty:
        named = name in {document.linked_name, document.directory_name}
        if document.interactive or len(document.text) > MAX_EMPTY_PAGE or not named:
            raise BadInput(f"body: HTML without any sign of being the index page of `{name}`.")


def _file(
    attributes: dict[str, str], base: LinkBase, name: ProjectName, seen: dict[str, bool]
) -> File | None:
    """Return the file that an anchor offers, or None if it is no file of the project."""
    href = attributes["href"]
    filename = last_component(href)
    if not is_archive(filename) or not _is_of(filename, name, seen):
        return None
    if attributes.get("rel", "").lower() in {"homepage", "download"}:
        return None
    url = base.resolve(href)
    if url is None:
        return None
    try:
        safe_name = parse_filename(filename)
    except BadInput:
        return None
    url, _, fragment = url.partition("#")
    provenance = attributes.get("data-provenance")
    signature = attributes.get("data-gpg-sig", "").lower()
    return File(
        filename=safe_name,
        url=url,
        hashes=parse_fragment(fragment) if fragment else (),
        size=_size(attributes.get("data-size")),
        upload_time=parse_upload_time(attributes.get("data-upload-time")),
        requires_python=parse_requires_python(attributes.get("data-requires-python")),
        core_metadata=_metadata_claim(attributes),
        yanked=_yanked(attributes.get("data-yanked")),
        gpg_sig={"true": True, "false": False}.get(signature),
        provenance=base.resolve(provenance) if provenance else None,
    )


def _is_of(filename: str, name: ProjectName, seen: dict[str, bool]) -> bool:
    """Say whether a file name is ``{name}-{version}``; ``seen`` remembers versions of this page."""
    version = stated_version(filename, name)
    if version is None:
        return False
    if version not in seen:
        seen[version] = reads_as_version(version)
    return seen[version]


def _size(text: str | None) -> int | None:
    """Return the size in bytes, if the attribute has digits only."""
    if text and len(text) <= _MAX_SIZE_DIGITS and text.isascii() and text.isdigit():
        size = int(text)
        return size if size < MAX_SIZE else None
    return None


def _metadata_claim(attributes: dict[str, str]) -> Hashes | Literal[False] | None:
    """Return what the page says of the metadata file, by the present or the former attribute."""
    text = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    if text is None:
        return None
    if text.lower() == "false":
        return False
    return parse_fragment(text)


def _yanked(text: str | None) -> bool | str:
    """Return the mark: the attribute alone means yanked, its text is the reason."""
    if text is None:
        return False
    return parse_text(text) or True


_CHILD = re.compile(r"(?:\./)?([A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?)/?")


def parse_project_list(body: bytes, url: str, charset: str = "") -> ProjectList:
    """Return the names that an HTML root page or a listing of directories links to.

    The name is spelled as the link's text has it, if that is the same name.

    Raises:
        BadInput: this is not a project list; the rules are at the top of this file.
    """
    entries: dict[str, ProjectEntry] = {}
    strays: list[str] = []

    def take(document: HtmlDocument, link: Link) -> None:
        href = link.attributes["href"]
        component = _child(href, document.base)
        is_directory = component is not None and href.endswith("/")
        if not (is_directory or strays or _is_navigation(href, document.base)):
            strays.append(href)
        if component is None:
            return
        name = normalise(component)
        if name not in entries:
            text = document.text_of(link).rstrip("/")
            same = text == component or normalise(text) == name
            entries[name] = ProjectEntry(text if same else component)

    document = parse_document(body, url, charset, take)
    if document.api_version is not None:
        check_api_version(document.api_version)
    elif document.interactive or not (
        document.is_titled_as_list
        or document.directory_name is not None
        or (entries and not strays)
    ):
        raise BadInput("body: HTML without any sign of being a project list.")
    return ProjectList(tuple(entries.values()), parse_serial(document.serial))


def _child(href: str, base: LinkBase) -> str | None:
    """Return the project name that a link to a page right below the list spells, or None."""
    match = _CHILD.fullmatch(href)
    if match is None:
        url = base.resolve(href)
        directory = base.url.partition("?")[0].rpartition("/")[0] + "/"
        if url is None or not url.startswith(directory):
            return None
        match = _CHILD.fullmatch(url[len(directory) :])
    # A file beside the list is none of its projects, but `zip.zip/` is a project's page.
    is_file = match is not None and not href.endswith("/") and is_archive(match[1])
    return None if match is None or is_file else match[1]


def _is_navigation(href: str, base: LinkBase) -> bool:
    """Say whether a link sorts the listing, leads upwards or names a file beside the list."""
    if href.startswith(("?", "#")):
        return True
    url = (base.resolve(href) or "").partition("?")[0]
    return bool(url) and (base.url.startswith(url) or is_archive(last_component(url)))


def render_project(project: Project, links: Links) -> bytes:
    """Return the page of ``project`` in the HTML form."""
    files = listed_files(project)
    title = f"Links for {escape(project.name)}"
    has_signatures = all(file.gpg_sig is not None for file in files)
    anchors = [
        render_anchor(project.name, file, links, has_signatures=has_signatures) for file in files
    ]
    parts = [_HEAD, *_status_metas(project), f"<title>{title}</title>\n</head>\n<body>\n"]
    parts += [f"<h1>{title}</h1>\n", *anchors, _tail(project.serial)]
    return _ascii("".join(parts))


_HEAD: Final = f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="pypi:repository-version" content="{VERSION}">
"""


def _ascii(page: str) -> bytes:
    """Return ``page`` in bytes that mean the same to a client that takes them for Latin-1."""
    return page.encode("ascii", "xmlcharrefreplace")


def _status_metas(project: Project) -> list[str]:
    """Return the elements that tell the project's status, unless it is the ordinary one."""
    if project.status == NO_STATUS:
        return []
    metas = [f'<meta name="pypi:project-status" content="{project.status.status}">\n']
    if project.status.reason:
        reason = _attribute(project.status.reason)
        metas.append(f'<meta name="pypi:project-status-reason" content="{reason}">\n')
    return metas


def _tail(serial: int | None) -> str:
    """Return the end of a page, with PyPI's comment if there is a serial."""
    comment = "" if serial is None else f"<!--SERIAL {serial}-->\n"
    return f"</body>\n</html>\n{comment}"


def _attribute(text: str) -> str:
    """Return free text as it may stand between double quotes."""
    return escape(text if text.isprintable() else parse_text(text))


def render_anchor(
    name: ProjectName, file: File, links: Links, *, has_signatures: bool = False
) -> str:
    """Return the line of one file; with ``has_signatures`` it says whether it has one."""
    claims = ""
    if file.requires_python is not None:
        claims += f' data-requires-python="{_attribute(file.requires_python)}"'
    if digest := dict(advertised_metadata(file)).get("sha256"):
        claims += f' data-core-metadata="sha256={digest}" data-dist-info-metadata="sha256={digest}"'
    if file.yanked is not False:
        reason = file.yanked if isinstance(file.yanked, str) else ""
        claims += f' data-yanked="{_attribute(reason)}"'
    if file.size is not None:
        claims += f' data-size="{file.size}"'
    if file.upload_time is not None:
        claims += f' data-upload-time="{escape(file.upload_time)}"'
    if has_signatures:
        claims += f' data-gpg-sig="{"true" if file.gpg_sig else "false"}"'
    provenance = links.provenance_url(name, file)
    if provenance and is_secure_origin(provenance):
        claims += f' data-provenance="{escape(provenance)}"'
    url = escape(links.file_url(name, file)) + render_fragment(file.hashes)
    return f'<a href="{url}"{claims}>{escape(file.filename)}</a><br>\n'


def render_project_list(projects: ProjectList) -> bytes:
    """Return the project list in the HTML form: one relative link per project."""
    anchors = [
        f'<a href="{normalise(entry.name)}/">{escape(entry.name)}</a><br>\n'
        for entry in projects.projects
    ]
    head = f"{_HEAD}<title>Simple index</title>\n</head>\n<body>\n"
    return _ascii("".join([head, *anchors, _tail(projects.serial)]))
