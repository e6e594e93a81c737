"""The layout of a published tree: what stands where, and what the tree says of itself.

The tree is the index with its own root as root, so that every link of its pages, which are
relative, holds under any host, port and path::

    wheelyard.json                      what this is (`TreeInfo`); written last
    simple/index.html, index.json       the project list; each form also as `.gz` and `.zst`
    simple/NAME/index.html, index.json  the page of a project, likewise
    packages/../../../FILE              files, at the paths that the pages link to
    packages/../../../FILE.metadata     the metadata beside them (PEP 658)
    integrity/NAME/VERSION/FILE/provenance   provenance objects (PEP 740)
    -/manifest                          every page and file, signed (see ``manifest.py``)
    -/projects.jsonl.gz                 whose each project is (`TreeProject`), for who restores it;
                                        the last entry of the manifest
    snapshot.sqlite, snapshot.sqlite.sha256  the database to query, and its digest

A tree with views has pages and what follows from them (`simple/`, `-/`, the snapshot,
`wheelyard.json`) twice, below `views/a/` and `views/b/`, and says which of the two counts: in a
directory by the symbolic link `current`, through which the names above lead; in an object store by
the object `current`, whose content is `a` or `b`. Files, metadata and provenance are there once.

Paths here are decoded, as they are on a disk and in a bucket; a link has them percent-encoded.
Editing rule: what is added changes `FORMAT`.
"""

import re
from typing import Final, Literal

import msgspec

from wheelyard.errors import BadInput

__all__ = [
    "CURRENT",
    "FORMAT",
    "INFO",
    "MANIFEST",
    "PAGE_OBJECTS",
    "PAGE_SUFFIXES",
    "PROJECTS",
    "SHARED",
    "SNAPSHOT",
    "SNAPSHOT_DIGEST",
    "VIEWS",
    "TreeInfo",
    "TreeProject",
    "View",
    "could_be_ours",
    "is_tree_info",
    "other_view",
    "page_folder",
    "parse_tree_info",
    "view_path",
]

FORMAT: Final = 1

View = Literal["a", "b"]

INFO: Final = "wheelyard.json"
CURRENT: Final = "current"
MANIFEST: Final = "-/manifest"
PROJECTS: Final = "-/projects.jsonl.gz"
SNAPSHOT: Final = "snapshot.sqlite"
SNAPSHOT_DIGEST: Final = "snapshot.sqlite.sha256"
SHARED: Final = ("packages/", "integrity/")
"""What is there once, whichever view counts."""

VIEWS: Final = "views/"
PAGE_SUFFIXES: Final = ("", ".gz", ".zst")
"""The codings of a page: as it is, gzip, zstd. Small pages are there only as they are."""

PAGE_OBJECTS: Final = tuple(
    f"index.{form}{end}" for form in ("html", "json") for end in PAGE_SUFFIXES
)
"""What there may be in the folder of a page."""

_OURS: Final = re.compile(
    r"""
    packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/]+
    | integrity/[^/]+/[^/]+/[^/]+/provenance
    | (?: views/[ab]/ )?
      (?: simple/ (?: [^/]+/ )? index\.(?:html|json)(?:\.gz|\.zst)?
        | -/manifest | -/projects\.jsonl\.gz
        | snapshot\.sqlite (?: \.sha256 )? | wheelyard\.json )
    """,
    re.VERBOSE,
)


class TreeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a tree says of itself. ``tree`` is made anew when a tree is begun: 32 hex digits.

    ``serial`` is that of the journal of ``instance`` which the tree shows. ``created`` is RFC 3339
    in UTC. ``projects`` and ``files`` are how many there are.
    """

    format: int = FORMAT
    tree: str
    index: str
    instance: str
    serial: int
    created: str
    has_views: bool
    projects: int
    files: int


class TreeProject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose a project is: one line of JSON each in ``PROJECTS``, in the order of names.

    ``hosted`` says that it is one of our own, and not a copy of what an upstream has.
    """

    name: str
    hosted: bool = False


def page_folder(name: str) -> str:
    """Return where the page of a project is, with a slash at its end; the list for no name."""
    return f"simple/{name}/" if name else "simple/"


def view_path(view: View, path: str) -> str:
    """Return where ``path`` of a view is written; what the views share is where it always is."""
    return path if path.startswith(SHARED) else f"{VIEWS}{view}/{path}"


def could_be_ours(path: str) -> bool:
    """Say whether a publisher could have written an object to ``path``."""
    return _OURS.fullmatch(path) is not None


def other_view(view: View) -> View:
    """Return the view that does not count while ``view`` does."""
    return "b" if view == "a" else "a"


def is_tree_info(content: bytes) -> bool:
    """Say whether ``content`` is what a tree says of itself, in whichever version."""
    try:
        msgspec.json.decode(content, type=_Format)
    except msgspec.DecodeError:
        return False
    return True


def parse_tree_info(content: bytes) -> TreeInfo:
    """Return what a tree says of itself.

    Raises:
        BadInput: it cannot be read, or is of another version.
    """
    try:
        number = msgspec.json.decode(content, type=_Format).format
        if number != FORMAT:
            raise BadInput(
                f"The tree has format {number}, and this program knows {FORMAT}: use the version "
                "that published it."
            )
        return msgspec.json.decode(content, type=TreeInfo)
    except msgspec.DecodeError as error:
        raise BadInput(f"`{INFO}` is no description of a published tree: {error}.") from error


class _Format(msgspec.Struct):
    """What every version says."""

    format: int
