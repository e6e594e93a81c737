"""Fakes of our own interfaces: doors, keepers and blobs that live in memory."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
import msgspec
from anyio.abc import TaskGroup

from wheelyard.blobs import Blob, DiskThreads, KeyLocks
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, Sha256, parse_filename
from wheelyard.repository.base import DocumentWanted, Kept, Loaded, Unchanged, Validators
from wheelyard.repository.flights import FlightDeck
from wheelyard.transport import Document, Reply, Request

__all__ = [
    "BytesBlob",
    "FakeClient",
    "FakeDoor",
    "FakeKeeper",
    "RangedBlob",
    "make_deck",
    "make_file",
    "make_project",
    "opened_catalog",
]

T = TypeVar("T")

DOOR = "https://index.example/simple/"


def make_file(name: str, content: bytes = b"content", **changes: object) -> File:
    """Return a file as a page lists it, with the digest and size of ``content``."""
    file = File(
        filename=parse_filename(name),
        url=f"https://files.index.example/{name}",
        hashes=(("sha256", sha256(content).hexdigest()),),
        size=len(content),
    )
    return msgspec.structs.replace(file, **changes)


def make_project(name: str, *files: File, serial: int | None = None) -> Project:
    """Return a project with ``files``."""
    return Project(ProjectName(name), files, serial=serial)


@dataclass(slots=True)
class BytesBlob:
    """A blob in memory that can break after some bytes. It counts how often it was read."""

    content: bytes
    breaks_after: int | None = None
    size: int | None = None
    sha256: Sha256 | None = None
    reads: list[int] = field(default_factory=list)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes, or break."""
        self.reads.append(start)
        self.size = len(self.content)
        end = len(self.content) if stop is None else stop
        if self.breaks_after is not None and self.breaks_after < end:
            yield self.content[start : self.breaks_after]
            raise Unavailable("A file", "reset: the connection was cut")
        yield self.content[start:end]


@dataclass(slots=True)
class RangedBlob:
    """Bytes at a distance: their end can be had before their length is known.

    Every range that was given is noted. ``gives_ranges=False`` is a source that can give only the
    whole; ``cut_to`` is one that gives fewer bytes than were asked for.
    """

    content: bytes
    gives_ranges: bool = True
    cut_to: int | None = None
    says_size: bool = True
    size: int | None = None
    sha256: Sha256 | None = None
    given: list[tuple[int, int]] = field(default_factory=list)

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last bytes, and know the length from then on."""
        if not self.gives_ranges:
            raise Unavailable("A file", "the upstream does not answer ranges")
        self.size = len(self.content) if self.says_size else None
        start = max(0, len(self.content) - byte_count)
        self.given.append((start, len(self.content)))
        return self.content[start:]

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes, as many as this source gives."""
        end = len(self.content) if stop is None else stop
        self.given.append((start, end))
        yield self.content[start:end][: self.cut_to]


@dataclass(slots=True)
class FakeClient:
    """An HTTP client over the answers of a test, by URL; every other URL is a 404.

    What was asked is noted; an answer is given as it stands, whatever was asked. A streamed body
    comes in chunks of ``chunk_bytes`` and is cut after ``breaks_after`` bytes.
    """

    answers: dict[str, Document] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    chunk_bytes: int = 4
    breaks_after: int | None = None
    open_replies: int = 0

    def answer(
        self, url: str, body: bytes = b"", status: int = 200, **headers: str
    ) -> "FakeClient":
        """Give this answer to whoever asks for ``url``; ``_`` in a header's name is a dash."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = Document(status, url, fields, body)
        return self

    async def load(self, request: Request) -> Document:
        """Return the answer whole."""
        self.asked.append(request)
        return self.answers.get(request.url, Document(404, request.url, {}))

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Reply]:
        """Open the answer; ``open_replies`` counts those that nobody has closed."""
        found = await self.load(request)
        self.open_replies += 1
        try:
            yield Reply(found.status, found.url, found.headers, self._chunks(found.body))
        finally:
            self.open_replies -= 1

    async def _chunks(self, body: bytes) -> AsyncIterator[bytes]:
        for position in range(0, len(body), self.chunk_bytes):
            if self.breaks_after is not None and position >= self.breaks_after:
                raise Unavailable("A file", "truncated: the body ended early")
            yield body[position : position + self.chunk_bytes]


@dataclass(slots=True)
class FakeDoor:
    """A door with pages in memory. It can be down, and records what it was asked."""

    pages: dict[str, Project] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    metadata_files: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    down: bool = False
    error: WheelyardError | None = None
    etag: str | None = None
    name: str = DOOR
    asked: list[str] = field(default_factory=list)
    gate: anyio.Event | None = None
    last_modified: str | None = None
    lifetime_seconds: float | None = None
    serial: int | None = None
    content_type: str = ""
    shown: list[Validators | None] = field(default_factory=list)
    """What each conditional question showed of what is held."""
    asked_again: list[str] = field(default_factory=list)
    """Those of the questions that wanted a second opinion."""

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the names of all pages."""
        self.shown.append(held)
        await self._asked("root")
        names = tuple(ProjectEntry(name) for name in self.pages)
        return self._unless_same(ProjectList(names), held)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return a page."""
        self.shown.append(held)
        if again:
            self.asked_again.append(name)
        await self._asked(name)
        if name not in self.pages:
            raise Absent(f"`{name}`")
        return self._unless_same(self.pages[name], held)

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document."""
        self.shown.append(held)
        await self._asked(f"{wanted.kind}:{wanted.name}")
        if wanted.name not in self.documents:
            raise Absent(f"`{wanted.name}`")
        return self._unless_same(self.documents[wanted.name], held)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; asking is counted when they are read."""
        await self._asked(ref.file.filename)
        return BytesBlob(self.files[ref.file.filename])

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file."""
        await self._asked(f"{ref.file.filename}.metadata")
        if ref.file.filename not in self.metadata_files:
            raise Absent(f"`{ref.file.filename}.metadata`")
        return self.metadata_files[ref.file.filename]

    async def _asked(self, what: str) -> None:
        """Note a question; wait for the gate; fail if the door is down."""
        self.asked.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.down:
            raise Unavailable(f"`{what}`", "refused: nobody listens there")

    def _unless_same(self, value: T, held: Validators | None) -> Loaded[T] | Unchanged:
        """Return ``value``, unless the validators show that it is held."""
        if self.etag and held is not None and held.etag == self.etag:
            return Unchanged(self.name, self.lifetime_seconds)
        return Loaded(
            value,
            Validators(self.name, self.etag, self.last_modified),
            self.lifetime_seconds,
            content_type=self.content_type,
            serial=self.serial,
        )


@dataclass(slots=True)
class FakeKeeper:
    """A keeper of texts in memory, over a question that the test answers."""

    clock: FrozenClock
    answers: list[Loaded[str] | Unchanged | WheelyardError] = field(default_factory=list)
    held: dict[str, Kept[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    asked_again: list[str] = field(default_factory=list)
    gate: anyio.Event | None = None

    async def load(self, key: str) -> Kept[str] | None:
        """Return what is held."""
        return self.held.get(key)

    async def save(self, key: str, loaded: Loaded[str]) -> Kept[str]:
        """Keep a text."""
        now = self.clock.now()
        old = self.held.get(key)
        same = old is not None and old.value == loaded.value
        revision = old.revision if old and same else len(self.asked)
        kept = Kept(
            loaded.value,
            loaded.validators,
            now,
            now,
            loaded.lifetime_seconds,
            revision,
            loaded.serial,
        )
        self.held[key] = kept
        return kept

    async def confirm(self, key: str, kept: Kept[str], unchanged: Unchanged) -> Kept[str]:
        """Keep the news that nothing changed."""
        now = self.clock.now()
        lifetime = unchanged.lifetime_seconds
        confirmed = replace(kept, checked_at=now, lifetime_seconds=lifetime)
        self.held[key] = confirmed
        return confirmed

    async def ask(
        self, key: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[str] | Unchanged:
        """Return, or raise, the next answer."""
        self.asked.append(key)
        if again:
            self.asked_again.append(key)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, WheelyardError):
            raise answer
        return answer

    async def forget(self, key: str) -> None:
        """Drop what is held."""
        del self.held[key]


def make_deck(tasks: TaskGroup, locks: Path, deadline_seconds: float = 30) -> FlightDeck:
    """Return what flights need, with locks below ``locks``."""

    def spawn(function: Callable[[], Coroutine[None, None, None]]) -> None:
        tasks.start_soon(function)

    return FlightDeck(spawn, KeyLocks(locks), DiskThreads(), deadline_seconds)


@asynccontextmanager
async def opened_catalog(directory: Path, clock: FrozenClock) -> AsyncIterator[Catalog]:
    """Open the real catalog of ``directory``, for a test that closes it and looks again."""
    catalog = await anyio.to_thread.run_sync(open_catalog, directory, clock)
    try:
        yield catalog
    finally:
        await anyio.to_thread.run_sync(catalog.close)
