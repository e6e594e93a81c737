"""`uv.lock`: a graph of packages, walked from the projects that were locked.

All extras and dependency groups of those projects are walked, whatever their conflicts: whoever
mirrors a lock wants what any choice of them installs.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Digest, LockedFile, Target
from wheelyard.closure.entries import Entry, parse_toml
from wheelyard.closure.locks import (
    Locked,
    allowed_targets,
    locked_files,
    refuse_source,
    to_reading,
)
from wheelyard.markers import Condition
from wheelyard.names import ProjectName
from wheelyard.spelling import normalise

__all__ = ["read_uv_lock"]

_FORMAT: Final = 1
_OWN: Final = ("virtual", "editable", "directory")
_ELSEWHERE: Final = (("git", "version control"), ("url", "a URL"), ("path", "a file"))


@dataclass(frozen=True, slots=True)
class _Edge:
    """What a package needs: which package, with which extras, where."""

    name: ProjectName
    version: str
    extras: tuple[str, ...]
    condition: Condition | None

    def holds(self, target: Target) -> bool:
        """Say whether the need is there on a target."""
        return self.condition is None or self.condition.holds(target.environment)


@dataclass(frozen=True, slots=True)
class _Package:
    """A package of the lock. ``is_own``: one of the projects that were locked."""

    name: ProjectName
    version: str
    where: str
    is_own: bool
    files: tuple[LockedFile, ...]
    edges: tuple[_Edge, ...]
    extras: Mapping[str, tuple[_Edge, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[_Edge, ...]] = field(default_factory=dict)


def read_uv_lock(path: Path, content: bytes, targets: Sequence[Target]) -> Reading:
    """Return what the lock needs on ``targets``, with all its extras and dependency groups.

    Raises:
        BadInput: with every problem of the file.
    """
    lock = parse_toml(path, content, "[[package]]")
    if lock.table.get("version") != _FORMAT:
        lock.top.problem("its `version` is not 1, the only one that can be read: lock with uv.")
        lock.finish()
    packages = [_package(entry) for entry in lock.packages("package")]
    manifest = [_edge(entry) for entry in lock.top.table("manifest").tables("requirements")]
    lock.finish()
    problems: list[str] = []
    allowed = allowed_targets(path, lock.top.text("requires-python"), targets, problems)
    graph = _Graph(packages, tuple(edge for edge in manifest if edge))
    reached: defaultdict[int, set[Target]] = defaultdict(set)
    for target in allowed:
        for number in graph.reached(target):
            reached[number].add(target)
    locked = [
        Locked(one.name, one.version, one.where, frozenset(reached[number]), one.files)
        for number, one in enumerate(packages)
        if not one.is_own
    ]
    return to_reading(locked, problems)


class _Graph:
    """The packages of a lock by what needs them."""

    def __init__(self, packages: Sequence[_Package], wanted: tuple[_Edge, ...]) -> None:
        self._packages = packages
        self._wanted = wanted
        self._by_name: defaultdict[ProjectName, list[int]] = defaultdict(list)
        for number, package in enumerate(packages):
            self._by_name[package.name].append(number)

    def reached(self, target: Target) -> set[int]:
        """Return the numbers of the packages that are needed on a target."""
        seen: set[tuple[int, str]] = set()
        ahead: deque[tuple[int, str]] = deque()
        for number, package in enumerate(self._packages):
            if package.is_own:
                ahead += [(number, ""), *((number, extra) for extra in package.extras)]
        for edge in self._wanted:
            ahead += self._ends(edge, target)
        while ahead:
            node = ahead.popleft()
            if node in seen:
                continue
            seen.add(node)
            for edge in self._edges_of(node):
                ahead += self._ends(edge, target)
        return {number for number, _ in seen}

    def _edges_of(self, node: tuple[int, str]) -> Iterator[_Edge]:
        """Yield what a package needs, or what one of its extras adds."""
        number, extra = node
        package = self._packages[number]
        if extra:
            yield from package.extras.get(extra, ())
            return
        yield from package.edges
        if package.is_own:
            for edges in package.groups.values():
                yield from edges

    def _ends(self, edge: _Edge, target: Target) -> Iterator[tuple[int, str]]:
        """Yield where an edge leads on a target: a package, and the extras that are asked of it."""
        if not edge.holds(target):
            return
        for number in self._by_name.get(edge.name, ()):
            if edge.version in {"", self._packages[number].version}:
                yield number, ""
                yield from ((number, extra) for extra in edge.extras)


def _package(entry: Entry) -> _Package:
    """Return a package, with its problems noted."""
    source = entry.table("source")
    for key, kind in _ELSEWHERE:
        if source.has(key):
            refuse_source(entry, kind)
    is_own = any(source.has(key) for key in _OWN)
    parts = entry.tables("wheels")
    if entry.has("sdist"):
        parts.append(entry.table("sdist"))
    return _Package(
        entry.name(),
        entry.version(),
        entry.where,
        is_own,
        () if is_own else locked_files(parts, _hashes),
        _edges(entry, "dependencies"),
        _named_edges(entry.table("optional-dependencies")),
        _named_edges(entry.table("dev-dependencies")),
    )


def _hashes(entry: Entry) -> list[Digest]:
    """Return the digest of a file."""
    digest = entry.digest(text) if (text := entry.text("hash")) else None
    return [digest] if digest else []


def _named_edges(entry: Entry) -> dict[str, tuple[_Edge, ...]]:
    """Return lists of edges by extra or group."""
    return {normalise(key): _edges(entry, key) for key in entry.values}


def _edges(entry: Entry, key: str) -> tuple[_Edge, ...]:
    """Return a list of edges."""
    found = (_edge(one) for one in entry.tables(key))
    return tuple(edge for edge in found if edge)


def _edge(entry: Entry) -> _Edge | None:
    """Return an edge, or None if it has no name."""
    extras = entry.texts("extra") if entry.has("extra") else entry.texts("extras")
    name = entry.name()
    spelled = tuple(sorted(map(normalise, extras)))
    condition = entry.condition("marker")
    return _Edge(name, entry.text("version"), spelled, condition) if name else None
