"""A directory read as an index: which pages it has, by the names of what lies in it.

Three layouts, which may be mixed:

* a tree with pages (PEP 503): ``simple/NAME/index.html``, or ``index.v1_json`` or
  ``index.json`` beside it, as mirrors and published trees have it;
* a tree without pages: ``NAME/`` with archives in it;
* a flat directory: archives of any projects side by side.

A folder may be spelled in any way that means the name. Everything here blocks and belongs into a
thread. What was read of a directory is used until the directory changes.
"""

import os
import stat
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wheelyard.clock import Clock
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import (
    ProjectName,
    is_archive,
    is_file_of,
    likely_project,
    normalise,
    parse_project_name,
)
from wheelyard.transport.base import Fault
from wheelyard.transport.beneath import Beneath

__all__ = ["FoundDocument", "FoundList", "FoundPage", "Tree"]

_DOCUMENTS: Final = (
    ("index.v1_json", "application/vnd.pypi.simple.v1+json"),
    ("index.json", "application/vnd.pypi.simple.v1+json"),
    ("index.html", "text/html"),
)
_LISTS: Final = frozenset({"", "simple"})
"""Folders that are a list of projects and never a project's."""
_MAX_FOLDERS: Final = 10_000
_RACY_SECONDS: Final = 2.0
"""How long after its last change a directory may change again without its time telling."""


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A page that somebody has written, at ``path``."""

    path: str
    content_type: str


@dataclass(frozen=True, slots=True)
class FoundPage:
    """The archives at ``paths``, of one project."""

    project: ProjectName
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundList:
    """The projects that a directory has, as they are spelled there."""

    names: tuple[str, ...]


Found = FoundDocument | FoundPage | FoundList


@dataclass(frozen=True, slots=True)
class _Folder:
    """What lies in one directory; ``is_empty`` if there is nothing at all."""

    path: str
    folders: tuple[str, ...]
    archives: tuple[str, ...]
    others: frozenset[str]
    is_empty: bool

    def inside(self, name: str) -> str:
        """Return the path of what is called ``name`` in here."""
        return f"{self.path}/{name}" if self.path else name


class Tree:
    """The directory at ``root``; paths are relative to it, without slashes at the ends."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read nothing yet."""
        self._root = root
        self._clock = clock
        self._beneath = Beneath(root)
        self._known: OrderedDict[str, tuple[tuple[int, ...], _Folder]] = OrderedDict()

    def find(self, path: str) -> Found | None:
        """Return what the page at ``path`` is made of, or None if the directory has no such page.

        Raises:
            Unavailable: the directory itself is not there, or has nothing in it.
            Refused: it leads out of the directory.
            OSError: the disk says so.
        """
        self.check()
        parent, _, last = path.rpartition("/")
        try:
            folder = self._scan(path)
        except (FileNotFoundError, NotADirectoryError):
            return self._find_otherwise(parent, last)
        if last in _LISTS:
            return _written(folder) or FoundList((*folder.folders, *_projects(folder.archives)))
        return _page_of(folder, last) or self._find_otherwise(parent, last)

    def check(self) -> None:
        """Raise unless the directory is there: without it nothing can be said to be absent."""
        try:
            is_empty = self._scan("").is_empty
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._missing("the directory is not there") from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise self._missing(f"the directory cannot be read: {reason}") from error
        if is_empty:
            raise self._missing("the directory is empty; is what belongs there mounted?")

    def open(self, path: str) -> int:
        """Return a descriptor of what is at ``path``; see ``Beneath``."""
        return self._beneath.open(path)

    def _missing(self, detail: str) -> Unavailable:
        """Return the error for a directory in which nothing can be looked up."""
        return Unavailable(f"`{self._root}`", f"{Fault.UNREACHABLE}: {detail}")

    def _find_otherwise(self, parent: str, last: str) -> Found | None:
        """Return the page of ``last``, which is no folder in ``parent`` under this very name."""
        try:
            name, folder = parse_project_name(last), self._scan(parent)
        except (BadInput, FileNotFoundError, NotADirectoryError):
            return None
        for spelled in folder.folders:
            if spelled != last and normalise(spelled) == name:
                found = _page_of(self._scan(folder.inside(spelled)), spelled)
                if found is not None:
                    return found
        return _archives_of(folder, name)

    def _scan(self, path: str) -> _Folder:
        """Return what lies in the directory at ``path``."""
        with _opened(self._beneath, path) as descriptor:
            status = os.fstat(descriptor)
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(path)
            stamp = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
            known = self._known.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            folder = _read(descriptor, path)
        if self._clock.now() - status.st_mtime > _RACY_SECONDS:
            self._keep(path, stamp, folder)
        return folder

    def _keep(self, path: str, stamp: tuple[int, ...], folder: _Folder) -> None:
        """Remember what was read, for as long as the directory's stamp stays the same."""
        self._known[path] = (stamp, folder)
        while len(self._known) > _MAX_FOLDERS:
            self._known.popitem(last=False)


def _written(folder: _Folder) -> FoundDocument | None:
    """Return the page that somebody has written for a folder."""
    for document, content_type in _DOCUMENTS:
        if document in folder.others:
            return FoundDocument(folder.inside(document), content_type)
    return None


def _page_of(folder: _Folder, spelled: str) -> Found | None:
    """Return the page of a project's own folder."""
    return _written(folder) or _archives_of(folder, ProjectName(normalise(spelled)))


def _archives_of(folder: _Folder, name: ProjectName) -> FoundPage | None:
    """Return the archives of ``name`` in a folder, if it has any."""
    found = [folder.inside(each) for each in folder.archives if is_file_of(each, name)]
    return FoundPage(name, tuple(found)) if found else None


def _projects(archives: Iterable[str]) -> list[ProjectName]:
    """Return the likeliest project of each archive, once each."""
    found = {likely_project(archive) for archive in archives}
    return sorted(name for name in found if name is not None)


@contextmanager
def _opened(beneath: Beneath, path: str) -> Iterator[int]:
    """Open what is at ``path`` for the length of a block."""
    descriptor = beneath.open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int, path: str) -> _Folder:
    """Return what lies in an open directory; what is hidden is no package."""
    folders: list[str] = []
    archives: list[str] = []
    others: set[str] = set()
    is_empty = True
    with os.scandir(descriptor) as entries:
        for entry in entries:
            is_empty = False
            if entry.name.startswith("."):
                continue
            if is_archive(entry.name) and not entry.is_dir():
                archives.append(entry.name)
            elif entry.is_dir():
                folders.append(entry.name)
            else:
                others.add(entry.name)
    named = sorted(name for name in folders if _is_name(name))
    return _Folder(path, tuple(named), tuple(sorted(archives)), frozenset(others), is_empty)


def _is_name(folder: str) -> bool:
    """Say whether a folder may be a project's."""
    try:
        parse_project_name(folder)
    except BadInput:
        return False
    return True
