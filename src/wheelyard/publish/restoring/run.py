"""Restoring a tree: project by project, several at a time, and again after any interruption.

The order of things, which keeps it safe wherever it is cut off: first the names that are our own,
so that nobody outside is ever asked for one of them; then files and what belongs beside them; then
the rows and the page, in transactions that evidence has a say in. So no page lists a file that is
not here, and who runs it again fetches what is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from wheelyard.blobs import IncomingParts
from wheelyard.catalog import Actor, Catalog, DocumentRow, MetadataRow
from wheelyard.catalog.receipts import Receipt
from wheelyard.catalog.restoring import HostedAgain
from wheelyard.clock import Clock, Instant
from wheelyard.errors import BadInput, Corrupt, Unavailable, WheelyardError
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName, Sha256, normalise
from wheelyard.publish.restoring.arriving import Arrival, Arriving
from wheelyard.publish.restoring.model import (
    FilePlace,
    Restored,
    held_page,
    hosted_file,
    hosted_project,
    ledger_row,
    odd_path,
    place_of,
    provenance_path,
)
from wheelyard.publish.restoring.opening import Opened
from wheelyard.publish.restoring.plan import BASE, FILES, ROOT, ListedPage
from wheelyard.publish.restoring.report import Report
from wheelyard.wire.manifest import Entry
from wheelyard.wire.simple_json import parse_project, parse_project_list

__all__ = ["RestoreParts", "restore_tree"]

_PROJECTS_AT_ONCE: Final = 8
_PAGES_AT_ONCE: Final = 64
_FILES_AT_ONCE: Final = 16
"""Of one project: that many small files are in memory."""
_LARGEST_PAGE: Final = 512 * 1024**2
_PAGE_CHANGED: Final = "page.changed"
_PROVENANCE_TYPE: Final = "application/vnd.pypi.integrity.v1+json"

OwnerOf = Callable[[ProjectName], str | None]


@dataclass(frozen=True, slots=True)
class RestoreParts:
    """Where a tree is restored to, and who does it.

    ``owner`` has what is our own; ``owner_of`` says which upstream has another name, None if none
    does. ``is_ours`` says of a name that it is ours whatever the tree says.
    """

    catalog: Catalog
    incoming: IncomingParts
    clock: Clock
    actor: Actor
    owner: str
    owner_of: OwnerOf
    is_ours: Callable[[ProjectName], bool]


async def restore_tree(
    opened: Opened, parts: RestoreParts, tell: Callable[[Report], None]
) -> Report:
    """Restore everything that ``opened`` has; ``tell`` hears after each project how far it is.

    What cannot be brought back as it was is noted in the report, and the rest goes on.

    Raises:
        BadInput: the tree is not put together as one is.
        Corrupt: the page of all projects is not what the manifest says.
        Unavailable: the tree cannot be read at all, or nothing more can be kept here.
    """
    return await _Run(opened, parts, tell).run()


class _Run:
    """One restore."""

    def __init__(self, opened: Opened, parts: RestoreParts, tell: Callable[[Report], None]) -> None:
        self._opened = opened
        self._parts = parts
        self._tell = tell
        self._arriving = Arriving(opened.tree, parts.incoming)
        self._at = Instant(opened.head.created_at)
        self._shown: dict[ProjectName, str] = {}
        self._failure: WheelyardError | None = None
        self.report = Report()

    async def run(self) -> Report:
        """Restore everything."""
        hosted = self._opened.hosted
        await self._parts.catalog.restoring.reserve(
            self._parts.owner, sorted(hosted), self._parts.actor
        )
        pages = self._opened.pages()
        send, receive = anyio.create_memory_object_stream[ListedPage](_PROJECTS_AT_ONCE)
        async with anyio.create_task_group() as tasks:
            for _ in range(_PROJECTS_AT_ONCE):
                tasks.start_soon(self._work, receive.clone())
            receive.close()
            async with send:
                try:
                    await self._give_out(pages, send)
                except WheelyardError as error:
                    self._failure = self._failure or error
        if self._failure is not None:
            raise self._failure
        return self.report

    async def _give_out(
        self, pages: Iterator[ListedPage], send: MemoryObjectSendStream[ListedPage]
    ) -> None:
        """Read the list, then hand out project by project."""
        listed: set[ProjectName] = set()
        while some := await anyio.to_thread.run_sync(_take, pages):
            for page in some:
                if self._failure is not None:
                    return
                if page.name == ROOT:
                    self._note_names(await self._list(page))
                    continue
                listed.add(page.name)
                await send.send(page)
        for name in sorted(self._shown.keys() - listed):
            self.report.note(f"simple/{name}/", "is in the list of projects, not in the manifest")

    def _note_names(self, listed: ProjectList) -> None:
        """Remember how names are spelled."""
        self._shown = {ProjectName(normalise(each.name)): each.name for each in listed.projects}

    async def _list(self, page: ListedPage) -> ProjectList:
        """Return the list of projects."""
        return parse_project_list(await self._body(page.json))

    async def _body(self, entry: Entry) -> bytes:
        """Return a page in JSON, as the manifest has it."""
        path = f"{entry.path}index.json"
        content = await self._opened.tree.get(self._opened.place(path), _LARGEST_PAGE)
        digest = await anyio.to_thread.run_sync(sha256, content or b"")
        if content is None or digest.hexdigest() != entry.sha256:
            actual = "nothing" if content is None else "another page"
            raise Corrupt(f"`{path}`", expected="what the manifest says", actual=actual)
        return content

    async def _work(self, pages: MemoryObjectReceiveStream[ListedPage]) -> None:
        """Restore one project after the other."""
        async with pages:
            async for page in pages:
                if self._failure is None:
                    await self._restore(page)
                    self._tell(self.report)

    async def _restore(self, listed: ListedPage) -> None:
        """Restore one project; what is wrong with it is its own."""
        try:
            body = await self._body(listed.json)
            url = f"{BASE}{listed.json.path}"
            page = await anyio.to_thread.run_sync(parse_project, body, url, listed.name)
            is_ours = listed.name in self._opened.hosted or self._parts.is_ours(listed.name)
            if is_ours:
                await self._restore_hosted(listed, page)
            else:
                await self._restore_held(listed, page)
        except Unavailable as error:
            if error.is_ours:
                self._failure = error  # our own disk: nothing else would fare better
            else:
                self.report.note(listed.json.path, str(error))
        except WheelyardError as error:
            self.report.note(listed.json.path, str(error))

    async def _restore_hosted(self, listed: ListedPage, page: Project) -> None:
        """Restore a project of our own."""
        parts, who = self._parts, self._parts.actor.name
        arrived = await self._files(listed, page, is_ours=True)
        rows = tuple(
            hosted_file(parts.owner, page, each, each.digests, who)
            for each in arrived
            if each.digests is not None
        )
        shown = self._shown.get(page.name, page.name)
        project = hosted_project(parts.owner, shown, page, who, self._at)
        for conflict in await parts.catalog.restoring.restore(HostedAgain(project, rows)):
            self.report.note(listed.json.path, str(conflict))
        self.report.hosted += 1

    async def _restore_held(self, listed: ListedPage, page: Project) -> None:
        """Restore what was held of an upstream's project."""
        parts, catalog = self._parts, self._parts.catalog
        owner = parts.owner_of(page.name)
        if owner is None:
            raise BadInput(
                "it was copied from an upstream, and this index has none for it: say which with "
                "`--upstream` or in the configuration"
            )
        arrived = await self._files(listed, page, is_ours=False)
        now = parts.clock.now()
        receipts = [_receipt(owner, page.name, each, now) for each in arrived]
        conflicts = await catalog.receipts.write(receipts)
        for conflict in filter(None, conflicts):
            self.report.note(listed.json.path, str(conflict))
        for each in arrived:
            if each.provenance is not None:
                await catalog.documents.save(self._document(owner, page.name, each))
        row = await anyio.to_thread.run_sync(held_page, owner, page, self._at)
        await catalog.pages.renew(row, _PAGE_CHANGED)
        self.report.held += 1

    async def _files(self, listed: ListedPage, page: Project, *, is_ours: bool) -> list[Restored]:
        """Return the files of a page whose bytes are here now; why others are not is noted."""
        if page.dropped:
            self.report.note(listed.json.path, f"{page.dropped} of its entries cannot be used")
        places = self._places(listed, page)
        restored: list[Restored] = []
        waiting = iter(places)
        while some := list(islice(waiting, _FILES_AT_ONCE)):
            restored += await self._some_files(page.name, some, is_ours=is_ours)
        return restored

    def _places(self, listed: ListedPage, page: Project) -> list[FilePlace]:
        """Return where the files of a page are, as far as page and manifest agree."""
        places: list[FilePlace] = []
        for file in page.files:
            try:
                places.append(place_of(listed, file))
            except BadInput as error:
                self.report.note(f"{listed.json.path} {file.filename}", str(error))
        named = {place.file.url.removeprefix(BASE) for place in places}
        urls = [file.url for file in page.files]
        linked = {url[max(0, url.find(FILES)) :] for url in urls}
        linked |= {url[max(0, url.rfind(FILES)) :] for url in urls}
        for path in sorted(listed.files.keys() - named):
            if path not in linked:  # else it was told already why it cannot be used
                self.report.note(path, "the manifest lists it, and its page does not")
        return places

    async def _some_files(
        self, name: ProjectName, places: list[FilePlace], *, is_ours: bool
    ) -> list[Restored]:
        """Get some files at a time, and make them durable together."""
        found: dict[int, tuple[Arrival, Restored]] = {}
        failures: list[Unavailable] = []

        async def get(at: int, place: FilePlace) -> None:
            try:
                found[at] = await self._one_file(name, place, is_ours=is_ours)
            except Unavailable as error:
                if error.is_ours:
                    failures.append(error)  # carried out by hand: a task group would wrap it
                    return
                self.report.note(place.path, str(error))
            except WheelyardError as error:
                self.report.note(place.path, str(error))

        async with anyio.create_task_group() as tasks:
            for at, place in enumerate(places):
                tasks.start_soon(get, at, place)
        if failures:
            raise failures[0]
        in_order = [found[at] for at in sorted(found)]
        await self._keep(in_order, is_ours=is_ours)
        return [restored for _, restored in in_order]

    async def _one_file(
        self, name: ProjectName, place: FilePlace, *, is_ours: bool
    ) -> tuple[Arrival, Restored]:
        """Get a file, and what belongs beside it."""
        arrival = await self._arriving.file(place)
        try:
            metadata = await self._arriving.metadata(place)
        except WheelyardError as error:
            metadata = None
            self.report.note(f"{place.path}.metadata", str(error))
        if metadata is not None:
            arrival.waiting[Sha256(sha256(metadata).hexdigest())] = metadata
        provenance = None
        path = provenance_path(name, place.file.filename)
        if path is not None and (is_ours or place.file.provenance):
            try:
                provenance = await self._arriving.provenance(path)
            except WheelyardError as error:
                self.report.note(path, str(error))
        restored = Restored(
            place,
            arrival.digests,
            place.metadata if metadata is not None else None,
            len(metadata or b""),
            provenance,
        )
        return arrival, restored

    async def _keep(self, some: list[tuple[Arrival, Restored]], *, is_ours: bool) -> None:
        """Make what came durable, and count it."""
        beside = [each.provenance for _, each in some if each.provenance is not None and is_ours]
        await self._arriving.keep([arrival for arrival, _ in some], beside)
        for arrival, restored in some:
            self.report.fetched += arrival.is_new
            self.report.present += not arrival.is_new
            self.report.bytes += restored.place.size if arrival.is_new else 0

    def _document(self, owner: str, name: ProjectName, restored: Restored) -> DocumentRow:
        """Return the provenance object of an upstream's file, to be asked for again."""
        return DocumentRow(
            owner=owner,
            kind="provenance",
            name=f"{name}/{restored.place.file.filename}",
            url=f"{BASE}simple/",
            fetched_at=self._at,
            checked_at=self._at,
            lifetime_seconds=0.0,
            content_type=_PROVENANCE_TYPE,
            body=restored.provenance or b"",
        )


def _receipt(owner: str, name: ProjectName, restored: Restored, now: Instant) -> Receipt:
    """Return what is written down of an upstream's file that is here."""
    place = restored.place
    entry, path = ledger_row(owner, name, place, now), odd_path(owner, name, place)
    if restored.metadata is None:
        return Receipt(entry, path)
    size = restored.metadata_size
    row = MetadataRow(place.sha256, restored.metadata, size, "upstream", now)
    return Receipt(entry, path, row)


def _take(pages: Iterator[ListedPage]) -> list[ListedPage]:
    """Return the next few."""
    return list(islice(pages, _PAGES_AT_ONCE))
