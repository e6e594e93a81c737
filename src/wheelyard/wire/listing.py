"""What a web server lists of a directory, or a hand-made root page: folders and archives.

An index has its projects under their normalised names. A directory has whatever names somebody
gave, so its own listing has to tell how ``foo-bar`` is spelled there, or that the archives of all
projects lie side by side. What declares a version of the Simple API is no such listing.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from wheelyard.errors import BadInput
from wheelyard.names import (
    ProjectName,
    is_archive,
    is_file_of,
    likely_project,
    parse_project_name,
)
from wheelyard.wire.html_document import HtmlDocument, Link, parse_document
from wheelyard.wire.urls import last_component

__all__ = ["Listing", "parse_listing"]

_OWN_PAGE: Final = "/index.html"
"""Some generators link to the page of a folder and not to the folder: basketweaver does."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The folders right below the listing, by the name that they spell, and the archives."""

    folders: dict[ProjectName, str] = field(default_factory=dict)
    """The address of each, which ends with a slash."""
    archives: frozenset[str] = frozenset()

    def has_files_of(self, name: ProjectName) -> bool:
        """Say whether an archive of ``name`` is listed."""
        return any(is_file_of(archive, name) for archive in self.archives)

    @property
    def is_of_directory(self) -> bool:
        """Say whether somebody who asks for normalised names alone would miss something."""
        return bool(self.archives) or any(
            not address.endswith(f"/{name}/") for name, address in self.folders.items()
        )

    @property
    def names(self) -> list[ProjectName]:
        """Return every project that is listed in either way, sorted."""
        flat = {likely_project(archive) for archive in self.archives}
        return sorted({name for name in (*self.folders, *flat) if name is not None})


def parse_listing(text: bytes, url: str) -> Listing | None:
    """Return what the HTML in ``text``, which came from ``url``, lists; None if it is an index.

    Raises:
        BadInput: it asks for input, as login pages do.

    Source: the listings of nginx (``ngx_http_autoindex_module``), Apache (``mod_autoindex``) and
    Python (``http.server``).
    """
    folders: dict[ProjectName, str] = {}
    archives: set[str] = set()

    def take(document: HtmlDocument, link: Link) -> None:
        href = link.attributes["href"]
        filename = last_component(href)
        if is_archive(filename):
            archives.add(filename)
        elif folder := _folder(href, document):
            folders.setdefault(*folder)

    document = parse_document(text, url, "", take)
    if document.api_version is not None:
        return None
    if document.interactive:
        raise BadInput("body: HTML with a form or a script is no listing.")
    return Listing(folders, frozenset(archives))


def _folder(href: str, document: HtmlDocument) -> tuple[ProjectName, str] | None:
    """Return the name and address of a folder right below the listing, if ``href`` is one."""
    url = document.base.resolve(href)
    directory = document.base.url.partition("?")[0].rpartition("/")[0] + "/"
    if url is None or not url.startswith(directory):
        return None
    spelled = url[len(directory) :].removesuffix(_OWN_PAGE).removesuffix("/")
    try:
        return parse_project_name(unquote(spelled)), f"{directory}{spelled}/"
    except BadInput:
        return None
