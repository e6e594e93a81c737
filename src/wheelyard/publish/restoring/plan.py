"""What a tree has, as its manifest says: project by project, in the order of their names.

The manifest is what is worked through, because it is bounded line by line and, where there is a
key, signed; a page that it does not list does not count, and what it lists has to be there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from wheelyard.errors import BadInput
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.wire.manifest import Entry
from wheelyard.wire.tree import PROJECTS

__all__ = ["BASE", "FILES", "ROOT", "ListedPage", "Totals", "plan_pages", "total", "tree_path"]

BASE: Final = "https://tree.invalid/"
"""Where a tree is taken to be while its relative links are read. Source: RFC 2606 (`.invalid`)."""

ROOT: Final = ProjectName("")
"""What the page of all projects is called here."""

_PAGES: Final = "simple/"
FILES: Final = "packages/"
"""How the path of every file begins."""

_MOST_ENTRIES: Final = 500_000
"""Of one project; the largest that there is has some 20,000 files."""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page in both of its forms, and the files that come with it, by path; `ROOT` has none."""

    name: ProjectName
    html: Entry
    json: Entry
    files: Mapping[str, Entry] = field(default_factory=dict)
    metadata: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a manifest lists."""

    projects: int = 0
    files: int = 0
    bytes: int = 0


def plan_pages(entries: Iterable[Entry]) -> Iterator[ListedPage]:
    """Yield each page of a manifest with its files, the page of all projects first.

    Raises:
        BadInput: the manifest is not put together as one of an index is.
    """
    waiting: list[Entry] = []
    last = None
    for entry in entries:
        if entry.path == PROJECTS:
            continue  # of the tree, and of no project
        if entry.kind == "html" and waiting:
            page = _page(waiting)
            _check_order(last, page)
            yield page
            last, waiting = page, []
        if len(waiting) >= _MOST_ENTRIES:
            raise BadInput(f"`{waiting[0].path[:120]!a}` has more files than any project.")
        waiting.append(entry)
    if waiting:
        page = _page(waiting)
        _check_order(last, page)
        yield page


def total(pages: Iterable[ListedPage]) -> Totals:
    """Return how much ``pages`` are in all; the page of all projects is no project."""
    projects = files = size = 0
    for page in pages:
        projects += page.name != ROOT
        files += len(page.files)
        size += sum(entry.size or 0 for entry in page.files.values())
    return Totals(projects, files, size)


def tree_path(link: str) -> str:
    """Return where in a tree a file is that a manifest or a page links to; decoded.

    Raises:
        BadInput: it is not below the folder of files.
    """
    path = unquote(link)
    parts = path.split("/")
    is_inside = path.startswith(FILES) and {"", ".", ".."}.isdisjoint(parts)
    if not is_inside or "\\" in path or not path.isprintable():
        raise BadInput(f"`{link[:120]!a}` is no place of a file in a tree.")
    return path


def _page(entries: list[Entry]) -> ListedPage:
    """Return the page that the first two entries are, with the rest as its files."""
    html, *rest = entries
    if html.kind != "html" or not rest or rest[0].kind != "json" or rest[0].path != html.path:
        raise BadInput(f"`{html.path[:120]!a}` is not listed as pages are: HTML, then JSON.")
    files, metadata = dict[str, Entry](), dict[str, Entry]()
    for entry in rest[1:]:
        if entry.kind == "file":
            files[entry.path] = entry
        elif entry.kind == "metadata":
            metadata[entry.path] = entry
        else:
            raise BadInput(f"`{entry.path[:120]!a}` is listed twice as a page.")
    return ListedPage(_name(html.path), html, rest[0], files, metadata)


def _name(path: str) -> ProjectName:
    """Return whose page is at ``path``."""
    if path == _PAGES:
        return ROOT
    text = path.removeprefix(_PAGES).removesuffix("/")
    name = parse_project_name(text)
    if path != f"{_PAGES}{name}/":
        raise BadInput(f"`{path[:120]!a}` is not where the page of a project is.")
    return name


def _check_order(last: ListedPage | None, page: ListedPage) -> None:
    """Refuse a page that comes twice, or a manifest that does not begin with the list.

    Raises:
        BadInput: it is so.
    """
    if last is None:
        if page.name != ROOT:
            raise BadInput("The manifest does not begin with the page of all projects.")
    elif page.name <= last.name:
        raise BadInput(f"The manifest lists `{page.html.path}` out of order.")
