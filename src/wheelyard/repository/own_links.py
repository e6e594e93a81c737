"""OwnLinks: a door gives files from its own addresses, whoever's page lists them.

A page links to the files of the door that gave it. Another door to the same index has the same
files elsewhere, and its own page says where. What both pages say of a file must not differ; what
the bytes are worth is for the digest of the page that we hold to say.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from wheelyard.blobs import Blob, reading
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Corrupt, Unavailable
from wheelyard.model import File, FileRef, Project, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.contradictions import Contradictions, Offer
from wheelyard.repository.flights import FlightDeck, Flights
from wheelyard.repository.remote_wheel import HasTail

__all__ = ["OwnLinks", "OwnLinksParts"]

_KEPT_SECONDS: Final = 30.0
"""For as long as an install asks for the files of one project."""
_MAX_LINKS: Final = 20_000

_Links = Mapping[Filename, File]


@dataclass(frozen=True, slots=True)
class OwnLinksParts:
    """What a door's own links are found with: ``urls`` are the spellings of its address."""

    urls: tuple[str, ...]
    where: str
    deck: FlightDeck
    clock: Clock
    contradictions: Contradictions


@dataclass(frozen=True, slots=True)
class _Page:
    """The links of one page, and until when they are good."""

    links: _Links
    until: Instant


class OwnLinks:
    """A door that finds its own address of a file which another door's page lists."""

    def __init__(self, door: Door, parts: OwnLinksParts) -> None:
        """Ask ``door`` for everything."""
        self._door = door
        self._parts = parts
        self._flights: Flights[_Links] = Flights(parts.deck, f"links:{parts.where}")
        self._pages: OrderedDict[ProjectName, _Page] = OrderedDict()

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        return await self._door.refresh_projects(held)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        return await self._door.refresh_project(name, held, again=again)

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        return await self._door.refresh_document(wanted, held)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; its address is looked for when they are read."""
        return await self._door.file(ref) if self.lists(ref) else LinkedBlob(ref, self)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``."""
        return await self._door.metadata(ref if self.lists(ref) else await self.resolved(ref))

    def lists(self, ref: FileRef) -> bool:
        """Say whether ``ref`` has this door's own address: a page without a source is nobody's."""
        return not ref.source or ref.source in self._parts.urls

    async def opened(self, ref: FileRef) -> Blob:
        """Return the bytes at this door's own address."""
        return await self._door.file(await self.resolved(ref))

    async def resolved(self, ref: FileRef) -> FileRef:
        """Return ``ref`` with this door's own address of the same file.

        Raises:
            Absent: its page does not list the file.
            Corrupt: its page states another digest or length.
            Unavailable: it cannot be asked, or no digest would tell that it is the same file.
        """
        what, where = f"`{ref.file.filename}`", self._parts.where
        if not ref.file.hashes:
            reason = f"without a digest nothing tells whether {where} has the same file"
            raise Unavailable(what, reason)
        links = await self._links(ref.project)
        own = links.get(ref.file.filename)
        if own is None:
            raise Absent(what, where)
        self._compare(ref, own)
        file = msgspec.structs.replace(ref.file, url=own.url)
        return msgspec.structs.replace(ref, file=file)

    def _compare(self, ref: FileRef, own: File) -> None:
        """Raise if the two pages speak of different files."""
        known, offered = dict(ref.file.hashes), dict(own.hashes)
        for name in known.keys() & offered.keys():
            if known[name] != offered[name]:
                pair = (f"{name} {known[name]}", f"{name} {offered[name]}")
                offer = Offer(ref.project, ref.file.filename, *pair, source=self._parts.where)
                raise self._parts.contradictions.note(offer)
        if None not in {ref.file.size, own.size} and ref.file.size != own.size:
            expected, actual = f"{ref.file.size} bytes", f"{own.size} bytes"
            what = f"`{ref.file.filename}`"
            raise Corrupt(what, expected=expected, actual=actual, where=self._parts.where)

    async def _links(self, name: ProjectName) -> _Links:
        """Return what the door's own page links to: one question for everybody who asks."""
        page = self._pages.get(name)
        if page is not None and self._parts.clock.now() < page.until:
            return page.links
        flight = self._flights.join(name, lambda: self._ask(name))
        await flight.done.wait()
        return flight.result()

    async def _ask(self, name: ProjectName) -> _Links:
        """Read the page, and keep its links for a while."""
        answer = await self._door.refresh_project(name, None)
        if isinstance(answer, Unchanged):
            raise Unavailable(f"`{name}`", "its page was not sent")
        links = {file.filename: file for file in answer.value.files}
        self._pages.pop(name, None)
        self._pages[name] = _Page(links, Instant(self._parts.clock.now() + _KEPT_SECONDS))
        while len(self._pages) > 1 and self._count() > _MAX_LINKS:
            self._pages.popitem(last=False)
        return links

    def _count(self) -> int:
        """Return how many links are kept."""
        return sum(len(page.links) for page in self._pages.values())


@dataclass(slots=True)
class LinkedBlob:
    """A file at a door's own address, which is looked for at the first read."""

    ref: FileRef
    door: OwnLinks
    size: int | None = None
    sha256: Sha256 | None = None

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes; see ``Blob``."""
        blob = await self.door.opened(self.ref)
        async with reading(blob, start, stop) as chunks:
            async for chunk in chunks:
                self.size = blob.size
                yield chunk
        self.size = blob.size

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last ``byte_count`` bytes, or all of a shorter file; see ``HasTail``."""
        blob = await self.door.opened(self.ref)
        if not isinstance(blob, HasTail):
            raise Unavailable(f"`{self.ref.file.filename}`", "its end cannot be read alone")
        tail = await blob.read_tail(byte_count)
        self.size = blob.size
        return tail
