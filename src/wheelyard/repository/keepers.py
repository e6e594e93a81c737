"""Where answers are kept: one keeper per kind of thing, all on the catalog.

A keeper knows how a thing is encoded, in which table it lives and which question of the door
brings it; when to ask is ``keeping.py``'s concern.
"""

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Literal, TypeVar

import anyio.to_thread

from wheelyard.blobs import Alarms
from wheelyard.catalog import Catalog, DocumentKey, DocumentRow, PageRow
from wheelyard.clock import Clock, Instant
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Kept, Loaded, Unchanged, Validators
from wheelyard.repository.lists import serials_of
from wheelyard.repository.packing import pack, unpack_list, unpack_project
from wheelyard.repository.unkept import Unkept, asked_whole, is_written, written

__all__ = [
    "PAGE_CHANGED",
    "DocumentKeeper",
    "KeeperParts",
    "KeptDocument",
    "PageKeeper",
    "RootKeeper",
    "kept_page",
    "page_row",
]

T = TypeVar("T")


PAGE_CHANGED = "page.changed"
"""The journal's kind for a page whose content is not what it was."""


@dataclass(frozen=True, slots=True)
class KeeperParts:
    """What the keepers of one owner work with."""

    owner: str
    catalog: Catalog
    clock: Clock
    alarms: Alarms = field(default_factory=Alarms)


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document as upstream gave it, and its serial."""

    body: bytes
    content_type: str = ""
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class PageKeeper:
    """Keeps project pages, as models."""

    door: Door
    parts: KeeperParts
    _unkept: Unkept[Project] = field(default_factory=Unkept)

    async def load(self, key: str) -> Kept[Project] | None:
        """Return the page that is held."""
        row = await self.parts.catalog.pages.load(self.parts.owner, ProjectName(key))
        if row is None:
            return self._unkept.newest(key, None)
        project = await unpack_project(row.model)
        return self._unkept.newest(key, _kept(row, project, row.revision))

    async def save(self, key: str, loaded: Loaded[Project]) -> Kept[Project]:
        """Keep a page; its revision is that of the journal, and grows only with a change."""
        row = page_row(self.parts.owner, ProjectName(key), loaded, self.parts.clock.now())
        row = replace(row, model=await pack(loaded.value))
        catalog, alarms = self.parts.catalog, self.parts.alarms
        # First, so that pins never bring back what was taken down, wherever we are killed.
        await is_written(catalog.pins.note_page(row.owner, loaded.value), alarms)
        saved = await written(catalog.pages.renew(row, PAGE_CHANGED), alarms)
        if saved is None:
            # The journal's numbers are above zero: no page that is written has this one.
            unkept = asked_whole(_kept(row, loaded.value, -_revision(row.model)))
            return self._unkept.settle(key, unkept, is_written=False)
        kept = _kept(saved, loaded.value, saved.revision)
        return self._unkept.settle(key, kept, is_written=True)

    async def confirm(self, key: str, kept: Kept[Project], unchanged: Unchanged) -> Kept[Project]:
        """Keep the news that the page is still good."""
        now, lifetime = self.parts.clock.now(), unchanged.lifetime_seconds
        renewed = replace(kept, checked_at=now, lifetime_seconds=lifetime)
        name, pages = ProjectName(key), self.parts.catalog.pages
        touching = pages.touch(self.parts.owner, name, now, lifetime)
        done = await is_written(touching, self.parts.alarms)
        return self._unkept.settle(key, renewed, is_written=done)

    async def ask(
        self, key: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Ask the door for the page."""
        answer = await self.door.refresh_project(ProjectName(key), held, again=again)
        if isinstance(answer, Unchanged) or answer.serial == answer.value.serial:
            return answer
        return replace(answer, serial=answer.value.serial)

    def is_unkept(self, key: str) -> bool:
        """Say whether the newest page could not be written, and is in memory."""
        return self._unkept.newest(key, None) is not None

    def drop_unkept(self, key: str) -> None:
        """Forget what could not be written: something newer was."""
        self._unkept.drop(key)

    async def forget(self, key: str) -> None:
        """Drop the page; blobs and ledger stay."""
        self._unkept.drop(key)
        pages = self.parts.catalog.pages
        removing = pages.remove(self.parts.owner, ProjectName(key), PAGE_CHANGED)
        await is_written(removing, self.parts.alarms)


def page_row(owner: str, name: ProjectName, loaded: Loaded[Project], now: Instant) -> PageRow:
    """Return the row of a page that was read ``now``, still without its model."""
    return PageRow(
        owner=owner,
        project=name,
        url=loaded.validators.door,
        fetched_at=now,
        checked_at=now,
        lifetime_seconds=loaded.lifetime_seconds,
        etag=loaded.validators.etag,
        last_modified=loaded.validators.last_modified,
        serial=loaded.value.serial,
    )


def kept_page(row: PageRow, project: Project, revision: int) -> Kept[Project]:
    """Return what ``row`` says about ``project``."""
    return _kept(row, project, revision)


@dataclass(frozen=True, slots=True)
class RootKeeper:
    """Keeps the list of projects, as a model. Pages that are older than it says are outdated."""

    door: Door
    parts: KeeperParts
    _unkept: Unkept[ProjectList] = field(default_factory=Unkept)

    async def load(self, key: str) -> Kept[ProjectList] | None:
        """Return the list that is held."""
        row = await self.parts.catalog.documents.load(self._row_key(key))
        if row is None:
            return self._unkept.newest(key, None)
        listed = await unpack_list(row.body)
        return self._unkept.newest(key, _kept(row, listed, _revision(row.body)))

    async def save(self, key: str, loaded: Loaded[ProjectList]) -> Kept[ProjectList]:
        """Keep a list."""
        now = self.parts.clock.now()
        row = DocumentRow(
            owner=self.parts.owner,
            kind="root",
            name=key,
            url=loaded.validators.door,
            fetched_at=now,
            checked_at=now,
            lifetime_seconds=loaded.lifetime_seconds,
            etag=loaded.validators.etag,
            last_modified=loaded.validators.last_modified,
            serial=loaded.value.serial,
            body=await pack(loaded.value),
        )
        kept = _kept(row, loaded.value, _revision(row.body))
        saving = self.parts.catalog.documents.save(row)
        done = await is_written(saving, self.parts.alarms)
        if done:
            told = await anyio.to_thread.run_sync(serials_of, loaded.value)
            marking = self.parts.catalog.outdated.mark(self.parts.owner, told)
            await is_written(marking, self.parts.alarms)
        return self._unkept.settle(key, kept if done else asked_whole(kept), is_written=done)

    async def confirm(
        self, key: str, kept: Kept[ProjectList], unchanged: Unchanged
    ) -> Kept[ProjectList]:
        """Keep the news that the list is still good."""
        now, lifetime = self.parts.clock.now(), unchanged.lifetime_seconds
        renewed = replace(kept, checked_at=now, lifetime_seconds=lifetime)
        touching = self.parts.catalog.documents.touch(self._row_key(key), now, lifetime)
        done = await is_written(touching, self.parts.alarms)
        return self._unkept.settle(key, renewed, is_written=done)

    async def ask(
        self, key: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[ProjectList] | Unchanged:
        """Ask the door for the list; a second opinion is asked for like the first."""
        del key, again
        answer = await self.door.refresh_projects(held)
        if isinstance(answer, Unchanged):
            return answer
        return replace(answer, serial=answer.value.serial)

    async def forget(self, key: str) -> None:
        """Drop the list."""
        self._unkept.drop(key)
        removing = self.parts.catalog.documents.remove(self._row_key(key))
        await is_written(removing, self.parts.alarms)

    def _row_key(self, key: str) -> DocumentKey:
        """Return where the list is in the catalog."""
        return DocumentKey(self.parts.owner, "root", key)


@dataclass(frozen=True, slots=True)
class DocumentKeeper:
    """Keeps documents as they came. A key is a name and, where it is not the door's, a URL."""

    door: Door
    parts: KeeperParts
    kind: Literal["json", "provenance"]
    _unkept: Unkept[KeptDocument] = field(default_factory=Unkept)

    @staticmethod
    def key(wanted: DocumentWanted) -> str:
        """Return the key of ``wanted``."""
        return f"{wanted.name}\n{wanted.url}"

    async def load(self, key: str) -> Kept[KeptDocument] | None:
        """Return the document that is held."""
        row = await self.parts.catalog.documents.load(self._row_key(key))
        if row is None:
            return self._unkept.newest(key, None)
        value = KeptDocument(row.body, row.content_type, row.serial)
        return self._unkept.newest(key, _kept(row, value, _revision(row.body)))

    async def save(self, key: str, loaded: Loaded[KeptDocument]) -> Kept[KeptDocument]:
        """Keep a document."""
        now, value = self.parts.clock.now(), loaded.value
        row = DocumentRow(
            owner=self.parts.owner,
            kind=self.kind,
            name=key.partition("\n")[0],
            url=loaded.validators.door,
            fetched_at=now,
            checked_at=now,
            lifetime_seconds=loaded.lifetime_seconds,
            etag=loaded.validators.etag,
            last_modified=loaded.validators.last_modified,
            serial=value.serial,
            content_type=value.content_type,
            body=value.body,
        )
        kept = _kept(row, value, _revision(row.body))
        saving = self.parts.catalog.documents.save(row)
        done = await is_written(saving, self.parts.alarms)
        return self._unkept.settle(key, kept if done else asked_whole(kept), is_written=done)

    async def confirm(
        self, key: str, kept: Kept[KeptDocument], unchanged: Unchanged
    ) -> Kept[KeptDocument]:
        """Keep the news that the document is still good."""
        now, lifetime = self.parts.clock.now(), unchanged.lifetime_seconds
        renewed = replace(kept, checked_at=now, lifetime_seconds=lifetime)
        touching = self.parts.catalog.documents.touch(self._row_key(key), now, lifetime)
        done = await is_written(touching, self.parts.alarms)
        return self._unkept.settle(key, renewed, is_written=done)

    async def ask(
        self, key: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[KeptDocument] | Unchanged:
        """Ask the door for the document; a second opinion is asked for like the first."""
        del again
        name, _, url = key.partition("\n")
        answer = await self.door.refresh_document(DocumentWanted(self.kind, name, url), held)
        return answer if isinstance(answer, Unchanged) else _document(answer)

    async def forget(self, key: str) -> None:
        """Drop the document."""
        self._unkept.drop(key)
        removing = self.parts.catalog.documents.remove(self._row_key(key))
        await is_written(removing, self.parts.alarms)

    def _row_key(self, key: str) -> DocumentKey:
        """Return where the document is in the catalog."""
        return DocumentKey(self.parts.owner, self.kind, key.partition("\n")[0])


def _document(loaded: Loaded[bytes]) -> Loaded[KeptDocument]:
    """Return the answer with what is worth passing on beside the body."""
    value = KeptDocument(loaded.value, loaded.content_type, loaded.serial)
    return Loaded(
        value, loaded.validators, loaded.lifetime_seconds, loaded.url, serial=loaded.serial
    )


def _revision(body: bytes) -> int:
    """Return a number that is another one if and only if ``body`` is; these have no journal."""
    return int.from_bytes(blake2b(body, digest_size=6).digest(), "big")


def _kept(row: PageRow | DocumentRow, value: T, revision: int) -> Kept[T]:
    """Return what ``row`` says about ``value``."""
    return Kept(
        value,
        Validators(row.url, row.etag, row.last_modified),
        row.fetched_at,
        row.checked_at,
        row.lifetime_seconds,
        revision,
        row.serial,
    )
