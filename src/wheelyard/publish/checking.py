"""Checking: is what one gets what the manifest says was given out?

Everything that the manifest lists is had once, and each byte of it counts. What is not listed
shows by the page of all projects, which is.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream

from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.names import Sha256
from wheelyard.transport import Client, Request
from wheelyard.wire.manifest import Entry

__all__ = ["Check", "Difference", "Got", "OnDisk", "OverHttp", "Source", "check_contents"]

_AT_ONCE: Final = 16
_MOST_TOLD: Final = 1_000
_STEP: Final = 256
_READ_BYTES: Final = 1024**2
_JSON: Final = "application/vnd.pypi.simple.v1+json"
_ACCEPT: Final = {
    "json": f"{_JSON}, text/html;q=0.01",
    "html": "text/html",
    "file": "*/*",
    "metadata": "*/*",
}
_ON_DISK: Final = {
    "json": ("{}index.v1_json", "{}index.json"),
    "html": ("{}index.html",),
    "file": ("{}",),
    "metadata": ("{}",),
}
"""What a file is called: by mirrors, and in a published tree."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the manifest says: where it is, and what is wrong with it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Got:
    """The bytes that are there; ``is_html`` says that they call themselves HTML."""

    sha256: Sha256
    size: int
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    """An entry to look at; ``twin`` is the HTML form of a page in JSON."""

    entry: Entry
    twin: Entry | None = None


@dataclass(slots=True)
class Check:
    """What a check came to: how much was looked at, and the first differences of ``wrong``."""

    pages: int = 0
    files: int = 0
    bytes: int = 0
    wrong: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether all is as the manifest says."""
        return not self.wrong

    def note(self, path: str, reason: str) -> None:
        """Note that something is not as the manifest says."""
        self.wrong += 1
        if len(self.differences) < _MOST_TOLD:
            self.differences.append(Difference(path, reason))


class Source(Protocol):
    """Where an index is had from."""

    async def get(self, entry: Entry) -> Got:
        """Return what is there for ``entry``.

        Raises:
            WheelyardError: nothing is, or it cannot be had; the sentence says why.
        """


@dataclass(frozen=True, slots=True)
class OverHttp:
    """An index at ``base``, which ends with a slash."""

    client: Client
    base: str

    async def get(self, entry: Entry) -> Got:
        """Return what is there for ``entry``; see ``Source``."""
        is_address = urlsplit(entry.path).scheme in {"http", "https"}
        url = entry.path if is_address else f"{self.base}{entry.path}"
        if entry.kind in {"html", "json"}:
            document = await self.client.load(Request(url, _ACCEPT[entry.kind]))
            _refuse_status(document.status)
            is_html = _is_html(document.headers)
            digest = Sha256(hashlib.sha256(document.body).hexdigest())
            return Got(digest, len(document.body), is_html)
        async with self.client.open(Request(url)) as reply:
            _refuse_status(reply.status)
            return await _counted(reply.chunks, entry.size)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """An index as a tree of files below ``root``."""

    root: Path

    async def get(self, entry: Entry) -> Got:
        """Return what is there for ``entry``; see ``Source``."""
        return await anyio.to_thread.run_sync(self._read, entry)

    def _read(self, entry: Entry) -> Got:
        """Return what a file holds. Nothing outside of the tree is read."""
        where = unquote(entry.path)
        if urlsplit(entry.path).scheme or ".." in where.split("/") or where.startswith("/"):
            raise Unavailable("It", "it is not below the index")
        paths = [self.root / name.format(where) for name in _ON_DISK[entry.kind]]
        path = next((path for path in paths if path.is_file()), paths[0])
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError as error:
            raise Unavailable("It", error.strerror or "the disk would not") from error
        return Got(Sha256(digest.hexdigest()), size)


async def check_contents(
    entries: Callable[[], Iterator[Entry]], source: Source, tell: Callable[[Check], None]
) -> Check:
    """Return how what ``source`` gives compares with ``entries``; ``tell`` hears how far it is."""
    check = Check()
    send, receive = anyio.create_memory_object_stream[_Task](_AT_ONCE)
    async with anyio.create_task_group() as tasks:
        for _ in range(_AT_ONCE):
            tasks.start_soon(_work, receive.clone(), source, check, tell)
        receive.close()
        async with send:
            waiting = _tasks(entries())
            while some := await anyio.to_thread.run_sync(_take, waiting):
                for task in some:
                    await send.send(task)
    check.differences.sort(key=lambda each: each.path)
    return check


def _tasks(entries: Iterator[Entry]) -> Iterator[_Task]:
    """Yield what is to be looked at. The HTML form of a page stands before its JSON form."""
    last: Entry | None = None
    for entry in entries:
        has_twin = last is not None and (last.kind, last.path) == ("html", entry.path)
        yield _Task(entry, last if has_twin and entry.kind == "json" else None)
        last = entry


def _take(tasks: Iterator[_Task]) -> list[_Task]:
    """Return the next few."""
    return list(islice(tasks, _STEP))


async def _work(
    tasks: MemoryObjectReceiveStream[_Task],
    source: Source,
    check: Check,
    tell: Callable[[Check], None],
) -> None:
    """Look at one task after the other."""
    async with tasks:
        async for task in tasks:
            await _look(task, source, check)
            tell(check)


async def _look(task: _Task, source: Source, check: Check) -> None:
    """Compare what is there with an entry."""
    entry = task.entry
    try:
        got = await source.get(entry)
    except WheelyardError as error:
        check.note(entry.path, f"cannot be had as {entry.kind}: {_plain(error)}")
        return
    expected = task.twin if got.is_html and task.twin is not None else entry
    check.bytes += got.size
    check.pages += entry.kind == "html"
    check.files += entry.kind == "file"
    if got.sha256 != expected.sha256:
        check.note(entry.path, f"is not what the manifest says ({entry.kind})")


def _plain(error: WheelyardError) -> str:
    """Return why something cannot be had."""
    reason = error.reason if isinstance(error, Unavailable) else str(error)
    return reason.rstrip(".")


def _refuse_status(status: int) -> None:
    """Refuse an answer that is none.

    Raises:
        Unavailable: the status is not 200.
    """
    if status != HTTPStatus.OK:
        raise Unavailable("It", f"the answer is {status} {_phrase(status)}".rstrip())


def _phrase(status: int) -> str:
    """Return what a status is called."""
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""


def _is_html(headers: Mapping[str, str]) -> bool:
    """Say whether an answer calls itself HTML of either kind."""
    return headers.get("content-type", "").partition(";")[0].strip().lower().endswith("html")


async def _counted(chunks: AsyncIterator[bytes], most_bytes: int | None) -> Got:
    """Return what arrives, and no more than one chunk beyond what is expected."""
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if most_bytes is not None and size > most_bytes:
            break
    return Got(Sha256(digest.hexdigest()), size)
