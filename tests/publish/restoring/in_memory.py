"""A tree in memory, which can be anything that a stranger makes of it."""

import gzip
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import msgspec

from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.names import Sha256
from wheelyard.wire.manifest import Entry, Head, render_entry, render_start
from wheelyard.wire.tree import INFO, MANIFEST, PROJECTS, TreeInfo, TreeProject

__all__ = ["MemoryTree", "entry_of_projects", "manifest_of", "tree_of"]

CHUNK = 1_000


@dataclass
class MemoryTree:
    """Objects by path; `broken` ones cannot be read. `asked` is what was."""

    objects: dict[str, bytes]
    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """What it is called."""
        return "memory"

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return an object."""
        self._ask(path)
        content = self.objects.get(path)
        if content is not None and len(content) > max_bytes:
            raise BadInput(f"`{path}` is too long")
        return content

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield an object in pieces."""
        self._ask(path)
        if path not in self.objects:
            raise Absent(f"`{path}`")
        content = self.objects[path]
        for at in range(0, len(content), CHUNK):
            yield content[at : at + CHUNK]

    def _ask(self, path: str) -> None:
        """Note what is asked for."""
        self.asked.append(path)
        if path in self.broken:
            raise Unavailable(f"`{path}`", "the network is away")


def manifest_of(entries: list[Entry], **changes: object) -> bytes:
    """Return a manifest that nobody signed."""
    listing = b"".join(map(render_entry, entries))
    head = Head(
        created="2026-01-01T00:00:00Z",
        entries=len(entries),
        expires="2126-01-01T00:00:00Z",
        index="main",
        instance="0" * 32,
        key="0" * 16,
        listing_bytes=len(listing),
        listing_sha256=hashlib.sha256(listing).hexdigest(),
        serial=1,
    )
    return render_start(msgspec.structs.replace(head, **changes), bytes(64)) + listing


def entry_of_projects(content: bytes) -> Entry:
    """Return how a manifest lists whose the projects are."""
    digest = Sha256(hashlib.sha256(content).hexdigest())
    return Entry("file", PROJECTS, digest, len(content))


def tree_of(
    entries: list[Entry], objects: Mapping[str, bytes] | None = None, *hosted: str
) -> MemoryTree:
    """Return a tree with that manifest, and those other objects."""
    info = TreeInfo(
        tree="0" * 32,
        index="main",
        instance="0" * 32,
        serial=1,
        created="2026-01-01T00:00:00Z",
        has_views=False,
        projects=1,
        files=1,
    )
    rows = b"".join(msgspec.json.encode(TreeProject(name, hosted=True)) + b"\n" for name in hosted)
    whose = gzip.compress(rows, mtime=0)
    return MemoryTree(
        {
            INFO: msgspec.json.encode(info),
            MANIFEST: manifest_of([*entries, entry_of_projects(whose)]),
            PROJECTS: whose,
            **(objects or {}),
        }
    )
