"""What an index holds, changed in plain sentences.

A change makes a new `State` and leaves the old one alone, so the server's thread reads without a
lock and an older state can still be served. The serial grows with each change, as PyPI's does.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypedDict, Unpack

from support.packages import Package, make_stub, normalize
from support.simulator.message import Content, Flat

__all__ = ["Contents", "CoreMetadata", "Listing", "ListingWords", "Project", "State"]

CoreMetadata = bool | Literal["wrong", "missing-but-advertised", "true-without-hash"]

_FIRST_SERIAL = 1000
_KEPT_STATES = 32


class ListingWords(TypedDict, total=False):
    """The keywords of `Contents.add`.

    `yanked` is the reason; `""` yanks without one, `None` does not yank. `core_metadata` may be
    `"wrong"` (served bytes do not match the advertised hash), `"missing-but-advertised"` (404) or
    `"true-without-hash"`. `hashes` may be a mapping to advertise in place of the SHA-256. `size` is
    advertised in place of the true one. `body` is served in place of the package's own content,
    with its own size and SHA-256; see `Repeated` for files too big for memory.
    """

    yanked: str | None
    core_metadata: CoreMetadata
    provenance: Mapping[str, object] | None
    hashes: bool | Mapping[str, str]
    upload_time: datetime | None
    size: int | None
    body: Content | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One file on a project's page; both digests are 64 lower-case hex digits."""

    package: Package
    sha256: str
    blake2b_256: str
    yanked: str | None = None
    core_metadata: CoreMetadata = True
    provenance: Mapping[str, object] | None = None
    hashes: bool | Mapping[str, str] = True
    upload_time: datetime | None = None
    size: int | None = None
    body: Content | None = field(default=None, repr=False)

    @property
    def content(self) -> Content:
        """Return the bytes of the file."""
        return Flat(self.package.content) if self.body is None else self.body

    @property
    def path(self) -> str:
        """Return the path of the file, as PyPI makes it from the digest."""
        digest = self.blake2b_256
        return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.package.filename}"

    @property
    def uploaded_at(self) -> datetime:
        """Return the advertised time of upload."""
        return self.upload_time or self.package.upload_time

    @property
    def stated_size(self) -> int:
        """Return the advertised size in bytes."""
        return self.content.size if self.size is None else self.size

    @property
    def stated_hashes(self) -> Mapping[str, str]:
        """Return the advertised hashes, which may be none."""
        if isinstance(self.hashes, bool):
            return {"sha256": self.sha256} if self.hashes else {}
        return self.hashes

    @property
    def stated_metadata(self) -> bool | dict[str, str]:
        """Return what the page says about `.metadata`."""
        if self.package.metadata is None or self.core_metadata is False:
            return False
        if self.core_metadata == "true-without-hash":
            return True
        return {"sha256": hashlib.sha256(self.package.metadata).hexdigest()}

    @property
    def served_metadata(self) -> bytes | None:
        """Return what lies beside the file, or `None` for a 404."""
        if self.core_metadata in (False, "missing-but-advertised"):
            return None
        if self.core_metadata == "wrong" and self.package.metadata is not None:
            return self.package.metadata + b"\nThis line was not there when the hash was taken.\n"
        return self.package.metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as its page shows it; `name` is how its first file spells it."""

    name: str
    serial: int
    listings: tuple[Listing, ...] = ()
    status: str | None = None
    reason: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_quarantined(self) -> bool:
        """Say whether the files may not be offered."""
        return self.status == "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything an index holds at one serial."""

    serial: int = _FIRST_SERIAL
    projects: Mapping[str, Project] = field(default_factory=dict)
    paths: Mapping[str, Listing] = field(default_factory=dict, repr=False)
    api_version: str = "1.4"
    many: int = 0
    many_files: int = 0

    def project(self, normalized_name: str) -> Project | None:
        """Return the project with this normalised name."""
        known = self.projects.get(normalized_name)
        if known is not None:
            return known
        number = normalized_name.removeprefix("synthetic-")
        if number == normalized_name or not number.isdigit() or int(number) >= self.many:
            return None
        if normalized_name != many_name(int(number)):
            return None
        listings = (list_file(each) for each in _stubs(normalized_name, self.many_files))
        return Project(name=normalized_name, serial=_FIRST_SERIAL, listings=tuple(listings))

    def listing(self, path: str) -> Listing | None:
        """Return the file at this path, or the one that a `.metadata` path belongs to."""
        known = self.paths.get(path)
        if known is not None or not self.many_files:
            return known
        filename = path.rpartition("/")[2]
        owner = self.project(normalize(filename.partition("-")[0]))
        found = [each for each in owner.listings if each.path == path] if owner else []
        return found[0] if found else None


class Contents:
    """The state of an index and the verbs that change it; any thread may call them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.state = State()
        self.earlier_states: deque[State] = deque(maxlen=_KEPT_STATES)

    @property
    def serial(self) -> int:
        """Return the serial of the last change."""
        return self.state.serial

    @property
    def api_version(self) -> str:
        """Return the version that pages claim to have."""
        return self.state.api_version

    @api_version.setter
    def api_version(self, version: str) -> None:
        self._change(lambda state: replace(state, api_version=version))

    def add(self, *packages: Package, **words: Unpack[ListingWords]) -> None:
        """List files, or list those that are there already in another way."""
        listings = [list_file(package, **words) for package in packages]
        self._change(lambda state: _with_listings(state, listings))

    def remove(self, filename: str) -> None:
        """Take one file off its page and away from its path."""

        def without(state: State) -> State:
            owner = next(name for name, each in state.projects.items() if _has(each, filename))
            project = state.projects[owner]
            kept = tuple(each for each in project.listings if each.package.filename != filename)
            paths = {path: x for path, x in state.paths.items() if x.package.filename != filename}
            return _with_project(replace(state, paths=paths), replace(project, listings=kept))

        self._change(without)

    def remove_project(self, project: str) -> None:
        """Forget a project, so that its page is a 404."""

        def without(state: State) -> State:
            projects = dict(state.projects)
            gone = {each.path for each in projects.pop(normalize(project)).listings}
            paths = {path: each for path, each in state.paths.items() if path not in gone}
            return replace(state, projects=projects, paths=paths)

        self._change(without)

    def status(self, project: str, status: str | None, reason: str | None = None) -> None:
        """Give a project a status such as `"quarantined"`, or take it away with `None`."""
        self._alter(project, lambda each: replace(each, status=status, reason=reason))

    def project_extra(self, project: str, extra: Mapping[str, object]) -> None:
        """Put further keys on the JSON page of a project, known to the standards or not."""
        self._alter(project, lambda each: replace(each, extra={**each.extra, **extra}))

    def add_project(self, project: str) -> None:
        """Register a project that has no files yet."""
        self._alter(project, lambda each: each)

    def add_synthetic(self, project: str, files: int = 3000) -> None:
        """Give a project many tiny files whose sizes and hashes are true."""
        self.add(*_stubs(project, files))

    def add_many(self, count: int, files: int = 0) -> None:
        """Put `count` projects named `synthetic-000000` and so on into the root list.

        Their pages have `files` tiny files each, made when somebody asks for them.
        """
        self._change(lambda state: replace(state, many=count, many_files=files))

    def copy_contents_from(self, other: "Contents") -> None:
        """Hold what another index holds now, with the same serials."""
        with self._lock:
            self.earlier_states.append(self.state)
            self.state = other.state

    def before(self, project: str | None) -> State:
        """Return the state before the last change of a project, or of anything.

        Where that is not remembered, it is the present one with a lower serial.
        """
        now = self.state
        name = normalize(project or "")
        for older in reversed(self.earlier_states):
            if project is None or older.project(name) not in (None, now.project(name)):
                return older
        known = now.project(name)
        if known is None:
            return replace(now, serial=now.serial - 1)
        projects = {**now.projects, name: replace(known, serial=known.serial - 1)}
        return replace(now, projects=projects)

    def without_files(self, project: str | None) -> State:
        """Return the present state with a project emptied, or with no project at all."""
        now = self.state
        known = now.project(normalize(project or ""))
        if known is None:
            return replace(now, projects={}, many=0)
        emptied = replace(known, listings=())
        return replace(now, projects={**now.projects, normalize(known.name): emptied})

    def _alter(self, project: str, alter: Callable[[Project], Project]) -> None:
        def altered(state: State) -> State:
            known = state.project(normalize(project)) or Project(name=project, serial=0)
            return _with_project(state, alter(known))

        self._change(altered)

    def _change(self, change: Callable[[State], State]) -> None:
        with self._lock:
            older = self.state
            self.state = change(replace(older, serial=older.serial + 1))
            self.earlier_states.append(older)


def many_name(number: int) -> str:
    """Return the name of one of the projects that `add_many` adds."""
    return f"synthetic-{number:06}"


def list_file(package: Package, **words: Unpack[ListingWords]) -> Listing:
    """Return how an index lists a file."""
    body = words.get("body") or Flat(package.content)
    sha256, blake2b = hashlib.sha256(), hashlib.blake2b(digest_size=32)
    for chunk in body.chunks(0, body.size):
        sha256.update(chunk)
        blake2b.update(chunk)
    digests = {"sha256": sha256.hexdigest(), "blake2b_256": blake2b.hexdigest()}
    return Listing(package=package, **digests, **words)


def _has(project: Project, filename: str) -> bool:
    return any(each.package.filename == filename for each in project.listings)


def _stubs(project: str, files: int) -> Iterable[Package]:
    return (make_stub(project, f"1.{number}") for number in range(files))


def _with_project(state: State, project: Project) -> State:
    changed = replace(project, serial=state.serial)
    return replace(state, projects={**state.projects, normalize(project.name): changed})


def _with_listings(state: State, listings: Iterable[Listing]) -> State:
    projects, paths = dict(state.projects), dict(state.paths)
    fresh: dict[str, dict[str, Listing]] = {}
    for listing in listings:
        package = listing.package
        name = normalize(package.name)
        projects.setdefault(name, Project(name=package.name, serial=state.serial))
        held = {each.package.filename: each for each in projects[name].listings}
        fresh.setdefault(name, held)[package.filename] = listing
        paths[listing.path] = listing
    for name, held in fresh.items():
        listed = tuple(held.values())
        projects[name] = replace(projects[name], serial=state.serial, listings=listed)
    return replace(state, projects=projects, paths=paths)
