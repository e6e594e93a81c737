"""`poetry.lock` of Poetry 1.x and 2.x.

Since lock version 2.1 each package says where it is needed (`markers`). Before, only the edges do,
and which packages the project itself needs is written in `pyproject.toml` alone. It is read if it
is there beside the lock; without it every package counts as needed wherever its Python is.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Digest, Target
from wheelyard.closure.entries import Entry, LockText, parse_toml
from wheelyard.closure.locks import Locked, locked_files, refuse_source, to_reading
from wheelyard.closure.opening import display, read_bytes
from wheelyard.errors import BadInput
from wheelyard.markers import Condition
from wheelyard.names import ProjectName
from wheelyard.requirements import split_requirement
from wheelyard.specifiers import allows_python
from wheelyard.spelling import normalise

__all__ = ["read_poetry_lock"]

_KNOWN: Final = ("1.0", "1.1", "2.0", "2.1")
_ELSEWHERE: Final[Mapping[str, str]] = {
    "git": "version control",
    "hg": "version control",
    "url": "a URL",
    "file": "a file",
}

_Edges = Mapping[ProjectName, Sequence[tuple[ProjectName, Condition | None]]]


def read_poetry_lock(path: Path, content: bytes, targets: Sequence[Target]) -> Reading:
    """Return what the lock needs on ``targets``, with all its groups and extras.

    Raises:
        BadInput: with every problem of the file.
    """
    lock = parse_toml(path, content, "[[package]]")
    metadata = lock.top.table("metadata")
    version = metadata.text("lock-version", needed=True)
    if version and version not in _KNOWN:
        known = ", ".join(_KNOWN)
        metadata.problem(f"`lock-version` is `{version[:20]!a}`; known are {known}.")
    lock.finish()
    entries = [entry for entry in lock.packages("package") if not _is_own(entry)]
    old_files = metadata.table("files")
    remarks: list[str] = []
    where = _places(lock, entries, targets, remarks) if version != _KNOWN[-1] else None
    locked = [_package(entry, old_files, targets, where) for entry in entries]
    lock.finish()
    return to_reading(locked, (), remarks)


def _is_own(entry: Entry) -> bool:
    """Say whether a package is a folder of the user's; note what no index has."""
    kind = entry.table("source").text("type")
    if kind in _ELSEWHERE:
        refuse_source(entry, _ELSEWHERE[kind])
    return kind == "directory"


def _package(
    entry: Entry,
    old_files: Entry,
    targets: Sequence[Target],
    where: Mapping[ProjectName, frozenset[Target]] | None,
) -> Locked:
    """Return a package, with the targets on which it is needed."""
    name = entry.name()
    holder, key = (entry, "files") if entry.has("files") else (old_files, entry.text("name"))
    files = locked_files(holder.tables(key), _hashes)
    conditions = _conditions(entry)
    needed = frozenset(
        target
        for target in targets
        if _allows(entry.text("python-versions"), target)
        and (not conditions or any(one.holds(target.environment) for one in conditions))
        and (where is None or target in where.get(name, frozenset()))
    )
    return Locked(name, entry.version(), entry.where, needed, files or None)


def _allows(versions: str, target: Target) -> bool:
    """Say whether Poetry's spelling of Python versions admits a target: `*`, or parts with `||`."""
    parts = (part.strip() for part in versions.split("||"))
    return any(part in {"", "*"} or allows_python(part, target.full_version) for part in parts)


def _conditions(entry: Entry) -> list[Condition]:
    """Return the markers of a package: one for all groups, or one for each.

    Empty if there is a group for which it is needed without a condition.
    """
    markers = entry.values.get("markers")
    if not isinstance(markers, dict):
        one = entry.condition("markers")
        return [one] if one else []
    table = entry.table("markers")
    groups = entry.texts("groups")
    found = [table.condition(group) for group in table.values]
    if any(one is None for one in found) or set(groups) - set(table.values):
        return []
    return [one for one in found if one]


def _hashes(entry: Entry) -> list[Digest]:
    """Return the digest of a file."""
    digest = entry.digest(text) if (text := entry.text("hash")) else None
    return [digest] if digest else []


def _places(
    lock: LockText, entries: Sequence[Entry], targets: Sequence[Target], remarks: list[str]
) -> dict[ProjectName, frozenset[Target]]:
    """Return where each package is needed, by following what needs it from the project."""
    roots = _roots(lock.path.with_name("pyproject.toml"))
    names = {entry.name() for entry in entries}
    if roots is None:
        remarks.append(
            f"`{display(lock.path)}` does not say where its packages are needed, and there is no "
            "`pyproject.toml` beside it that does: all count as needed on every target."
        )
        return dict.fromkeys(names, frozenset(targets))
    edges = {entry.name(): _edges(entry) for entry in entries}
    found: dict[ProjectName, set[Target]] = {name: set() for name in names}
    for target in targets:
        for name in _reached(roots, edges, target):
            if name in found:
                found[name].add(target)
    return {name: frozenset(some) for name, some in found.items()}


def _reached(
    roots: Sequence[tuple[ProjectName, Condition | None]], edges: _Edges, target: Target
) -> set[ProjectName]:
    """Return the packages that are needed on a target."""
    seen: set[ProjectName] = set()
    ahead = list(roots)
    while ahead:
        name, condition = ahead.pop()
        if name in seen or not (condition is None or condition.holds(target.environment)):
            continue
        seen.add(name)
        ahead += edges.get(name, ())
    return seen


def _edges(entry: Entry) -> list[tuple[ProjectName, Condition | None]]:
    """Return what a package needs: a version, a table, or a list of tables for each name."""
    found: list[tuple[ProjectName, Condition | None]] = []
    table = entry.table("dependencies")
    for name, value in table.values.items():
        key = ProjectName(normalise(name))
        if isinstance(value, dict):
            found.append((key, table.table(name).condition("markers")))
        elif isinstance(value, list):
            found += [(key, _marker_of(table, one)) for one in value]
        else:
            found.append((key, None))
    return found


def _marker_of(entry: Entry, value: object) -> Condition | None:
    """Return the marker of one of several edges to a package."""
    text = value.get("markers") if isinstance(value, dict) else None
    return entry.parse_marker(text, "markers") if isinstance(text, str) else None


def _roots(project: Path) -> list[tuple[ProjectName, Condition | None]] | None:
    """Return what a project itself needs, in all its groups; None if nobody can say.

    Markers of Poetry's own table are spelled in several ways; without reading them all a need
    counts as there: then too much is wanted, never too little.
    """
    try:
        table = tomllib.loads(read_bytes(project).decode())
    except (BadInput, ValueError, RecursionError):
        return None
    names = {*_own_names(table), *_standard_names(table)}
    return [(ProjectName(normalise(name)), None) for name in sorted(names)] or None


def _own_names(table: Mapping[str, object]) -> Iterable[str]:
    """Yield the names in Poetry's own tables."""
    poetry = _at(table, "tool", "poetry")
    yield from (name for name in _at(poetry, "dependencies") if name != "python")
    yield from _at(poetry, "dev-dependencies")
    for group in _at(poetry, "group").values():
        if isinstance(group, dict):
            yield from _at(group, "dependencies")


def _standard_names(table: Mapping[str, object]) -> Iterable[str]:
    """Yield the names in the standard tables. Source: PEP 621, PEP 735."""
    project = _at(table, "project")
    lists = [project.get("dependencies"), *_at(project, "optional-dependencies").values()]
    for each in (*lists, *_at(table, "dependency-groups").values()):
        for text in each if isinstance(each, list) else ():
            if isinstance(text, str):
                try:
                    yield split_requirement(text).name
                except BadInput:
                    continue


def _at(table: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """Return a table within tables; an empty one if it is not there."""
    found: object = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}
