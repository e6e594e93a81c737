"""What all readers of locks share: a locked package, and the sentence for what no index has."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Digest, LockedFile, Needed, Target
from wheelyard.closure.entries import Entry
from wheelyard.closure.opening import display
from wheelyard.names import ProjectName
from wheelyard.specifiers import allows_python

__all__ = ["LockReader", "Locked", "file_name", "locked_files", "refuse_source", "to_reading"]

LockReader = Callable[[Path, bytes, Sequence[Target]], Reading]
"""Reads one kind of lock file for some targets; raises ``BadInput`` with every problem."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock, and on which targets it is needed."""

    name: ProjectName
    version: str
    where: str
    targets: frozenset[Target]
    files: tuple[LockedFile, ...] | None = None
    digests: frozenset[Digest] = frozenset()


def to_reading(
    locked: Iterable[Locked], problems: Sequence[str] = (), remarks: Sequence[str] = ()
) -> Reading:
    """Return what a lock needs: each release once, with all its files and targets."""
    found: dict[tuple[ProjectName, str], Locked] = {}
    for one in locked:
        if one.targets and one.name and one.version:
            key = (one.name, one.version)
            found[key] = _merged(found[key], one) if key in found else one
    needed = [
        Needed(
            one.name,
            one.version,
            one.targets,
            one.where,
            files=one.files,
            digests=one.digests,
            is_pinned=True,
        )
        for _, one in sorted(found.items())
    ]
    return Reading(locked=tuple(needed), problems=tuple(problems), remarks=tuple(remarks))


def _merged(first: Locked, second: Locked) -> Locked:
    """Return two entries of one release as one."""
    files = sorted({*(first.files or ()), *(second.files or ())})
    has_files = first.files is not None or second.files is not None
    return Locked(
        first.name,
        first.version,
        first.where,
        first.targets | second.targets,
        tuple(files) if has_files else None,
        first.digests | second.digests,
    )


def allowed_targets(
    path: Path, requires_python: str, targets: Sequence[Target], problems: list[str]
) -> tuple[Target, ...]:
    """Return the targets whose Python a lock is for; the others are problems."""
    found = []
    for target in targets:
        if allows_python(requires_python, target.full_version):
            found.append(target)
        else:
            problems.append(
                f"`{display(path)}` is not for {target}: it is for Python {requires_python}. "
                "Leave this Python out, or lock for it too."
            )
    return tuple(found)


def file_name(text: str) -> str:
    """Return the name of the file that a URL or a path leads to."""
    path = urlsplit(text).path if "://" in text else text.replace("\\", "/")
    last = path.rsplit("/", 1)[-1]
    return unquote(last) if "://" in text else last


def locked_files(
    entries: Iterable[Entry], hashes: Callable[[Entry], Sequence[Digest]]
) -> tuple[LockedFile, ...]:
    """Return the files of a package, each named by its own key or by its URL or path."""
    found = []
    for entry in entries:
        named = (entry.text(key) for key in ("name", "filename", "file"))
        placed = (file_name(entry.text(key)) for key in ("url", "path"))
        name = next((text for text in (*named, *placed) if text), "")
        if not name:
            entry.problem("the file has no name. Write the lock anew.")
        elif file := entry.locked_file(name, hashes(entry)):
            found.append(file)
    return tuple(sorted(found))


def refuse_source(entry: Entry, kind: str) -> None:
    """Note that a package comes from where no index can give it."""
    entry.problem(
        f"it comes from {kind}, which no index can give: lock a released version instead, or build "
        "it and upload it to this index."
    )
