"""Published trees in tests: a target that writes down what is asked of it, and an audit.

::

    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        await audit(yard.target)
"""

import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urljoin

import zstandard

from support.app import NO_PIP, settings, upstream
from support.packages import Package
from support.simulator import Simulator
from wheelyard.app import MAIN, App, running
from wheelyard.app.publishing import PublishOrder, publish_to, switch_in
from wheelyard.blobs import DiskThreads, reading
from wheelyard.blobs.object_store import ObjectStore
from wheelyard.blobs.store_urls import StoreUrl
from wheelyard.names import ProjectName, Sha256, normalise
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.targets.object_store import ObjectStoreTarget
from wheelyard.publish.targets.target import (
    Body,
    CopiesMany,
    HeldObject,
    ObjectHeaders,
    Outgoing,
    StoredObject,
    Target,
    copies_many,
)
from wheelyard.publish.tree import Account, Direction, Report, Switched
from wheelyard.settings import PublishSettings
from wheelyard.wire.manifest import parse_entry, parse_start
from wheelyard.wire.tree import PROJECTS, View, other_view, parse_tree_info

__all__ = [
    "Audit",
    "Recorded",
    "Yard",
    "audit",
    "hold",
    "memory_target",
    "order_of",
    "publishing",
]


_PAGE_DEPTH = 3


def memory_target() -> ObjectStoreTarget:
    """Return a bucket that is gone with the test."""
    return ObjectStoreTarget(ObjectStore(StoreUrl("memory", "bucket", "tree/"), {}))


def _nothing(_: str, __: str) -> None:
    """Let it happen."""


@dataclass
class Recorded:
    """A target that writes down what is asked of it. ``before`` hears of each call, and may raise.

    It is told a word (`put`, `copy`, `remove`, `switch`, `settle`) and a path.
    """

    inner: Target
    before: Callable[[str, str], None] = _nothing
    puts: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    switches: list[View] = field(default_factory=list)
    headers: dict[str, ObjectHeaders] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return what the target is called."""
        return self.inner.url

    @property
    def can_switch(self) -> bool:
        """Say what the target says."""
        return self.inner.can_switch

    @property
    def prefers_views(self) -> bool:
        """Say what the target says."""
        return self.inner.prefers_views

    def forget(self) -> None:
        """Begin to write down anew."""
        for each in (self.puts, self.copies, self.removed, self.switches):
            each.clear()

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Ask the target."""
        return await self.inner.get(path, max_bytes)

    def read(self, path: str) -> AsyncIterator[bytes]:
        """Ask the target."""
        return self.inner.read(path)

    async def put(self, path: str, body: Body, headers: ObjectHeaders) -> None:
        """Write an object."""
        self.before("put", path)
        self.puts.append(path)
        self.headers[path] = headers
        await self.inner.put(path, body, headers)

    async def put_many(self, objects: Sequence[Outgoing]) -> None:
        """Write objects, one after the other."""
        for each in objects:
            await self.put(each.path, each.body, each.headers)

    async def put_held(self, objects: Sequence[HeldObject]) -> list[int | None]:
        """Write objects, one after the other."""
        sizes: list[int | None] = []
        for each in objects:
            self.before("put", each.path)
            sizes += await self.inner.put_held([each])
            if sizes[-1] is not None:
                self.puts.append(each.path)
                self.headers[each.path] = each.headers
        return sizes

    async def copy(self, source: str, path: str) -> None:
        """Copy an object."""
        self.before("copy", path)
        self.copies.append(path)
        await self.inner.copy(source, path)

    def __getattr__(self, name: str) -> object:
        """Have `copy_many` where the target has it."""
        inner = self.__dict__.get("inner")
        if name == "copy_many" and copies_many(inner):
            return partial(self._copy_many, inner)
        raise AttributeError(name)

    async def _copy_many(
        self, inner: CopiesMany, pairs: Sequence[tuple[str, str]]
    ) -> frozenset[str]:
        """Copy objects; those before the one at which ``before`` raises are copied all the same."""
        allowed: list[tuple[str, str]] = []
        try:
            for pair in pairs:
                self.before("copy", pair[1])
                self.copies.append(pair[1])
                allowed.append(pair)
        finally:
            missing = await inner.copy_many(allowed)
        return missing

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects, one after the other."""
        for path in paths:
            self.before("remove", path)
            self.removed.append(path)
            await self.inner.remove([path])

    def listing(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Ask the target."""
        return self.inner.listing(prefix)

    async def sha256(self, path: str) -> Sha256 | None:
        """Ask the target."""
        return await self.inner.sha256(path)

    async def settle(self) -> None:
        """Flush."""
        self.before("settle", "")
        await self.inner.settle()

    async def active(self) -> View | None:
        """Ask the target."""
        return await self.inner.active()

    async def switch(self, view: View) -> None:
        """Switch."""
        self.before("switch", view)
        self.switches.append(view)
        await self.inner.switch(view)


@dataclass
class Yard:
    """A program, and a target that it publishes to."""

    app: App
    target: Recorded
    settings: PublishSettings

    async def publish(self, **order: object) -> Report:
        """Publish, and return what that came to; ``order`` as `PublishOrder` has it."""
        made = replace(PublishOrder(self.settings, {}, self.target.url), **order)  # type: ignore[arg-type]  # any of its fields
        return await publish_to(self.app, made, Account(), self.target)

    async def switch(self, direction: Direction) -> Switched:
        """Let the other view count."""
        order = PublishOrder(self.settings, {}, self.target.url)
        return await switch_in(self.app, order, direction, self.target)

    def set(self, **told: object) -> None:
        """Change settings of `[publish.main]`."""
        self.settings = replace(self.settings, **told)  # type: ignore[arg-type]  # any of its fields


@asynccontextmanager
async def publishing(
    folder: Path,
    simulator: Simulator,
    target: Target | None = None,
    **told: object,
) -> AsyncIterator[Yard]:
    """Run a program on ``folder``, with a directory as its target unless another one is given."""
    plain = settings(folder / "data", upstream(simulator))
    made = PublishSettings(name=MAIN, **told)  # type: ignore[arg-type]  # any of its fields
    async with (
        running(plain, NO_PIP) as app,
        DirectoryTarget(folder / "tree", DiskThreads()) as directory,
    ):
        yield Yard(app, Recorded(target or directory), made)


def order_of(folder: Path, **told: object) -> PublishOrder:
    """Return the order to publish the main index to ``tree`` in ``folder``.

    ``told`` are fields of ``PublishSettings``.
    """
    made = PublishSettings(name=MAIN, target=str(folder / "tree"), **told)  # type: ignore[arg-type]  # any of its fields
    return PublishOrder(made, {})


async def hold(app: App, *packages: Package) -> None:
    """Have files of the upstream here."""
    repository = app.indexes[MAIN].chain.repository
    for package in packages:
        page = await repository.project(ProjectName(normalise(package.name)))
        (file,) = (each for each in page.files if each.filename == package.filename)
        async with reading(await repository.file(page.ref(file))) as chunks:
            async for _ in chunks:
                pass


@dataclass
class Audit:
    """What is in a tree: the projects of the list, and the files by name that their pages list."""

    projects: list[str]
    files: dict[str, list[str]]
    objects: set[str]


async def audit(
    target: Target,
    view: View | None = None,
    *,
    may_wait: bool = True,
    is_half_done: bool = False,
) -> Audit:
    """Check that a tree is whole, and return what is in it.

    Every page of the list is there, every file that a page names is there with the bytes that it
    states, each coding decodes to its page, the manifest says the truth of all of it, and there is
    nothing else; but for objects that wait for their removal, if they may, and the other view. What
    is half done in place has pages that the manifest does not know of yet, and codings of pages
    that are not the same yet.
    """
    active = view or await target.active()
    prefix = f"views/{active}/" if active else ""
    there = {each.path async for each in target.listing()}
    tree = {path.removeprefix(prefix) for path in there if path.startswith(prefix)}

    async def read(path: str) -> bytes:
        return b"".join([chunk async for chunk in target.read(path)])

    used: set[str] = set()
    files: dict[str, list[str]] = {}
    root = json.loads(await read(f"{prefix}simple/index.json"))
    projects = [each["name"].lower().replace("_", "-") for each in root["projects"]]
    pages = [path.split("/") for path in tree if path.startswith("simple/")]
    is_there = {"index.json"} if is_half_done else {"index.json", "index.html"}
    folders = {path[1] for path in pages if len(path) == _PAGE_DEPTH and path[2] in is_there}
    assert set(projects) <= folders
    for name in sorted(folders):
        page = json.loads(await read(f"{prefix}simple/{name}/index.json"))
        files[name] = [each["filename"] for each in page["files"]]
        for each in page["files"]:
            path = unquote(urljoin(f"/simple/{name}/", each["url"]).lstrip("/"))
            path = path[path.index("packages/") :]  # an address of its own ends in the same way
            assert hashlib.sha256(await read(path)).hexdigest() == each["hashes"]["sha256"], path
            used.add(path)
            metadata = each.get("core-metadata")
            if isinstance(metadata, Mapping):
                body = await read(f"{path}.metadata")
                assert hashlib.sha256(body).hexdigest() == metadata["sha256"]
                used.add(f"{path}.metadata")
    for path in sorted(tree):
        if path.startswith("simple/") and path.endswith((".gz", ".zst")) and not is_half_done:
            body, plain = await read(prefix + path), await read(prefix + path.rpartition(".")[0])
            opened = gzip.decompress(body) if path.endswith(".gz") else _zstd(body)
            assert opened == plain, path
    if not is_half_done:
        await _audit_manifest(await read(f"{prefix}-/manifest"), prefix, used, read)
        info = parse_tree_info(await read(f"{prefix}wheelyard.json"))
        assert info.projects == len(folders)
    other = f"views/{other_view(active)}/" if active else "views/"
    shared = {path for path in there if path.startswith(("packages/", "integrity/"))}
    outside = {path for path in there - shared if not path.startswith((prefix or "", other))}
    assert not outside - {"current"}, outside
    if not may_wait:
        assert {path for path in shared if path.startswith("packages/")} == used
    return Audit(projects, files, there)


def _zstd(body: bytes) -> bytes:
    """Return what was compressed."""
    return zstandard.ZstdDecompressor().decompress(body)


async def _audit_manifest(
    content: bytes, prefix: str, used: set[str], read: Callable[[str], Awaitable[bytes]]
) -> None:
    """Check that the manifest lists what is there, all of it and nothing else."""
    start = parse_start(content)
    listing = content[start.size :]
    assert hashlib.sha256(listing).hexdigest() == start.head.listing_sha256
    entries = [parse_entry(line) for line in listing.splitlines(keepends=True)]
    assert len(entries) == start.head.entries
    for entry in entries:
        path = unquote(entry.path)
        if entry.kind in {"html", "json"}:
            path = f"{prefix}{path}index.{entry.kind}"
        elif path == PROJECTS:
            path = f"{prefix}{path}"
        body = await read(path)
        assert hashlib.sha256(body).hexdigest() == entry.sha256, entry
        assert entry.size in {None, len(body)}
    listed = {unquote(each.path) for each in entries if each.kind in {"file", "metadata"}}
    listed.remove(PROJECTS)
    assert listed == used, (sorted(listed - used), sorted(used - listed))
