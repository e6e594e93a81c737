"""Listed: a door that may be a mere directory, in which projects are found by its listing.

Under its normalised name a project is found by asking for it. Only if it is not there, and the
door has not shown that it is an index, the listing of the door's root is read:

1. it has a folder of this name in another spelling (``Foo.Bar/``): that is the page;
2. it lists archives of this name: these are the page;
3. neither: the project is absent.

Whether a door is an index is found out once, by the beginning of its root page: nobody reads
700,000 names to learn that one is not among them.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import anyio.to_thread
import msgspec

from wheelyard.blobs import Blob
from wheelyard.clock import Clock, Instant
from wheelyard.decide import absence
from wheelyard.decide.absence import Kind, classify
from wheelyard.errors import Absent, BadInput, Refused, Unavailable
from wheelyard.model import FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.upstream import PAGE_ACCEPT, Upstream, UpstreamRules
from wheelyard.transport import Client, Reply, Request
from wheelyard.wire.listing import Listing, parse_listing
from wheelyard.wire.sniff import parse_page

__all__ = ["Listed"]

T = TypeVar("T")

_REUSED_SECONDS: Final = 5.0
"""One install asks for many projects of one listing."""
_UNLIKELY_SECONDS: Final = 60.0
"""The same of a root that adds nothing to asking by name, which may be long and costly to make."""
_HEAD_BYTES: Final = 64 * 1024
_MAX_BYTES: Final = 16 * 1024**2
"""A longer root page is an index's; a directory of 100,000 wheels is shorter."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A root page as it was at a moment. Without ``listing`` there is none to be had."""

    at: Instant
    url: str = ""
    body: bytes = b""
    listing: Listing | None = None

    def is_good(self, now: Instant) -> bool:
        """Say whether it need not be read again yet."""
        listing = self.listing
        adds = listing is not None and (listing.is_of_directory or not listing.folders)
        return 0 <= now - self.at < (_REUSED_SECONDS if adds else _UNLIKELY_SECONDS)


class Listed:
    """One door, which is asked by name first, and whose listing has the last word."""

    def __init__(self, door: Door, client: Client, rules: UpstreamRules, clock: Clock) -> None:
        """Ask ``door``; the listing is the page at ``rules.url``."""
        self._door = door
        self._client = client
        self._rules = rules
        self._clock = clock
        self._root = Upstream(client, rules, clock)
        self._is_index = False
        self._is_directory = False
        self._has_answered = False
        self._seen: _Seen | None = None

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``. Archives side by side are projects too."""
        answer = await self._door.refresh_projects(held)
        if self._is_known_index(answer):
            return answer
        seen = await self._look(again=False)
        is_empty = isinstance(answer, Loaded) and not answer.value.projects
        if not seen.listing or not (seen.listing.archives or is_empty):
            return answer
        entries = tuple(ProjectEntry(name) for name in seen.listing.names)
        return Loaded(ProjectList(entries), Validators(self._rules.url), url=seen.url)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``."""
        if self._is_flat:
            return await self._listed(name, held, again=again)
        try:
            answer = await self._door.refresh_project(name, held, again=again)
        except Absent:
            if self._is_index:
                raise
            return await self._listed(name, held, again=again)
        self._has_answered = True
        self._is_known_index(answer)
        return answer

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``."""
        return await self._door.refresh_document(wanted, held)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``."""
        return await self._door.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``."""
        return await self._door.metadata(ref)

    @property
    def _is_flat(self) -> bool:
        """Whether there is nothing to ask for by name: archives were listed, and no folder."""
        listing = self._seen.listing if self._seen else None
        return listing is not None and bool(listing.archives) and not listing.folders

    def _is_known_index(self, answer: Loaded[T] | Unchanged) -> bool:
        """Say whether the door has shown that it is an index: only such a one speaks JSON."""
        if isinstance(answer, Loaded) and "json" in answer.content_type:
            self._is_index = True
        return self._is_index

    async def _listed(
        self, name: ProjectName, held: Validators | None, *, again: bool
    ) -> Loaded[Project] | Unchanged:
        """Return ``name`` as the root of the door lists it.

        Raises:
            Absent: it is not listed, or the door is an index, which has said so itself.
            Unavailable: the listing cannot be had, and the door may be a directory.
        """
        seen = await self._look(again=again)
        listing = seen.listing or Listing()
        folder = listing.folders.get(name)
        if folder is not None and not folder.endswith(f"/{name}/"):
            return await self._root.refresh_page(name, folder, held, again=again)
        if not listing.has_files_of(name):
            raise Absent(f"`{name}`", self._rules.name)
        project = await anyio.to_thread.run_sync(_parse, seen, name)
        if self._rules.unhashed == "refuse":
            files = tuple(file for file in project.files if file.sha256)
            project = msgspec.structs.replace(project, files=files)
        return Loaded(project, Validators(self._rules.url), url=seen.url, content_type="text/html")

    async def _look(self, *, again: bool) -> _Seen:
        """Return the root page, or one of some seconds ago.

        Raises:
            Unavailable: it cannot be had, and what the door is is not known otherwise.
        """
        now = self._clock.now()
        seen = self._seen
        if seen is not None and not again and seen.is_good(now):
            return seen
        try:
            self._seen = seen = await self._load(again=again)
        except Unavailable:
            if self._is_directory or not self._has_answered:
                raise
            # Pages were found by name here: that one is not there is an answer in itself.
            self._seen = seen = _Seen(now)
        return seen

    async def _load(self, *, again: bool) -> _Seen:
        """Read the root page as far as it takes to know what it is.

        Raises:
            Unavailable: nobody can say.
        """
        request = Request(self._rules.url, PAGE_ACCEPT, fresh_connection=again)
        now = self._clock.now()
        try:
            async with self._client.open(request) as reply:
                if not self._is_page(reply, now):
                    return _Seen(now)
                body = await _read(reply)
        except Refused:  # redirected to somewhere else: no listing of this door
            return _Seen(now)
        try:
            listing = await anyio.to_thread.run_sync(parse_listing, body, reply.url)
        except BadInput as error:
            if self._is_directory:
                raise Unavailable("The listing", str(error)) from error
            return _Seen(now)
        if listing is None or len(body) > _MAX_BYTES:
            self._is_index = True
            return _Seen(now)
        self._is_directory = self._is_directory or listing.is_of_directory
        return _Seen(now, reply.url, body, listing)

    def _is_page(self, reply: Reply, now: Instant) -> bool:
        """Say whether the root has a page of its own; note if it is an index's.

        Raises:
            Unavailable: it might have one at another time.
        """
        verdict = classify(reply.status, reply.headers, Kind.LIST, now=now)
        if isinstance(verdict, absence.Unavailable) and (verdict.failing or self._is_directory):
            seconds, failing = verdict.retry_seconds, verdict.failing
            raise Unavailable("The listing", verdict.reason, retry_seconds=seconds, failing=failing)
        if not isinstance(verdict, absence.Answer):
            return False
        self._is_index = "json" in reply.headers.get("content-type", "")
        return not self._is_index


def _parse(seen: _Seen, name: ProjectName) -> Project:
    """Return the project whose archives are listed.

    Raises:
        Unavailable: the listing cannot be read so.
    """
    try:
        return parse_page(seen.body, "text/html", seen.url, name)
    except BadInput as error:
        raise Unavailable(f"`{name}`", f"the listing cannot be read: {error}") from error


async def _read(reply: Reply) -> bytes:
    """Return the body, or enough of it to tell that it is an index's."""
    body = bytearray()
    is_begun = False
    async for chunk in reply.chunks:
        body += chunk
        if len(body) > _MAX_BYTES:
            break
        if not is_begun and len(body) >= _HEAD_BYTES:
            is_begun = True
            if _is_index_of(bytes(body), reply.url):
                break
    return bytes(body)


def _is_index_of(head: bytes, url: str) -> bool:
    """Say whether a page that begins so is an index's."""
    try:
        return parse_listing(head, url) is None
    except BadInput:
        return False
