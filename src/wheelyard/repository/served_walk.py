"""What lies in a directory of archives: which project each file is of, and what is none.

Only names and dates are looked at here, so that a directory of thousands of files is known in a
moment. Everything blocks and belongs into a thread.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wheelyard.blobs import Stamp
from wheelyard.errors import BadInput
from wheelyard.names import Filename, ProjectName, is_archive, likely_project, parse_filename

__all__ = ["Lying", "Walk", "is_as_it_was", "walk"]

_MAX_DEPTH: Final = 32
_MAX_FOLDERS: Final = 64
"""How many directories may be asked whether they changed, for one name that is not in them."""

_OUTSIDE: Final = "it is a symbolic link that leads out of the directory"


@dataclass(frozen=True, slots=True)
class Lying:
    """An archive at ``path`` below the directory; times are seconds since the Unix epoch."""

    path: str
    filename: Filename
    project: ProjectName
    stamp: Stamp
    modified_at: float
    changed_at: float


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found: archives by project, and by path why others are left alone.

    ``names`` are all projects that have a file here, readable or not: they are not to be asked for
    elsewhere. ``identity`` tells the directory from another one under the same name. ``folders``
    are the directories in it with the time of their last change in nanoseconds, unless there are
    too many.
    """

    identity: tuple[int, int]
    projects: Mapping[ProjectName, tuple[Lying, ...]]
    names: frozenset[ProjectName]
    skipped: Mapping[str, str]
    is_empty: bool
    folders: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    root: str
    ignored: str
    folders: dict[str, int] = field(default_factory=dict)
    projects: dict[ProjectName, list[Lying]] = field(default_factory=lambda: defaultdict(list))
    names: set[ProjectName] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)


def walk(directory: Path, ignored: Path) -> Walk:
    """Return what lies in ``directory`` and beneath it, but for what is in ``ignored``.

    Hidden files and directories are nobody's: that is where programs put what is not finished.

    Raises:
        OSError: the directory itself cannot be read.
    """
    root = os.path.realpath(directory, strict=True)
    status = os.stat(root)  # noqa: PTH116 - of the path that was resolved
    found = _Found(root, os.path.realpath(ignored), {root: status.st_mtime_ns})
    entries = _entries(root)
    _walk_into(found, "", entries, 0)
    projects = {name: tuple(files) for name, files in found.projects.items()}
    return Walk(
        identity=(status.st_dev, status.st_ino),
        projects=projects,
        names=frozenset(found.names),
        skipped=found.skipped,
        is_empty=not entries,
        folders=found.folders if len(found.folders) <= _MAX_FOLDERS else {},
    )


def is_as_it_was(seen: Walk) -> bool:
    """Say whether no file was added since, as far as that can be told without looking at all.

    Raises:
        OSError: a directory is gone, or cannot be read.
    """
    return all(Path(path).stat().st_mtime_ns == changed for path, changed in seen.folders.items())


def _entries(path: str) -> list[os.DirEntry[str]]:
    """Return what is in the directory at ``path``, in the order of names."""
    with os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _walk_into(found: _Found, inside: str, entries: Iterable[os.DirEntry[str]], depth: int) -> None:
    """Add what ``entries`` are; ``inside`` is the directory they are in, with a slash."""
    for entry in entries:
        path = f"{inside}{entry.name}"
        if entry.name.startswith(".") or entry.path == found.ignored:
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                _descend(found, entry, path, depth)
            elif is_archive(entry.name):
                _add(found, entry, path)
        except OSError as error:
            found.skipped[path] = f"the disk says: {(error.strerror or str(error)).lower()}"


def _descend(found: _Found, entry: os.DirEntry[str], path: str, depth: int) -> None:
    """Add what is in a directory."""
    if depth == _MAX_DEPTH:
        found.skipped[path] = f"it is more than {_MAX_DEPTH} directories deep"
    elif not path.isprintable():
        found.skipped[path] = "its name has characters that cannot be shown"
    else:
        found.folders[entry.path] = entry.stat().st_mtime_ns
        _walk_into(found, f"{path}/", _entries(entry.path), depth + 1)


def _add(found: _Found, entry: os.DirEntry[str], path: str) -> None:
    """Add an archive, or why it is none to be given out."""
    try:
        filename = parse_filename(entry.name)
    except BadInput as error:
        found.skipped[path] = str(error)
        return
    project = likely_project(filename)
    if project is None:
        found.skipped[path] = "its name does not tell a project and a version"
        return
    found.names.add(project)
    if entry.is_symlink() and not _is_inside(found.root, entry.path):
        found.skipped[path] = _OUTSIDE
        return
    if not entry.is_file():
        found.skipped[path] = "it is no file"
        return
    status = entry.stat()
    lying = Lying(
        path, filename, project, Stamp.of(status), status.st_mtime, status.st_ctime_ns / 1e9
    )
    found.projects[project].append(lying)


def _is_inside(root: str, path: str) -> bool:
    """Say whether a link leads to something below ``root``."""
    return os.path.realpath(path, strict=True).startswith(f"{root.rstrip('/')}/")
