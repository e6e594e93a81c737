"""Stored: files that were fetched once are never asked for again.

The ledger speaks before the page: a name that was once bound to bytes keeps its digest, so a
page that suddenly states another one cannot change what is served. What the ledger learned
where upstream said nothing (the digest of a file without one) goes onto the page.
"""

from collections import OrderedDict
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from wheelyard.blobs import Blob, HeldBlob, Wanted
from wheelyard.catalog import LedgerRow, MetadataRow, OddPathRow
from wheelyard.errors import Absent, Conflict, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.base import Door
from wheelyard.repository.cached import Cached
from wheelyard.repository.contradictions import Contradictions, Offer
from wheelyard.repository.keepers import PAGE_CHANGED
from wheelyard.repository.paths import file_path
from wheelyard.repository.stored_parts import StoredParts
from wheelyard.repository.storing import Storing
from wheelyard.repository.unkept import is_written
from wheelyard.transport import display_url

__all__ = ["Stored", "StoredParts"]

_MAX_WRITTEN = 20_000
"""For how many files it is remembered that the ledger has them."""


class Stored:
    """The files of one owner: from the store, else through one download that fills it."""

    def __init__(self, pages: Cached, door: Door, parts: StoredParts) -> None:
        """Say what ``pages`` say; fetch from ``door``."""
        self._pages = pages
        self._door = door
        self._parts = parts
        self.storing = Storing(door, parts)
        self._written: OrderedDict[tuple[ProjectName, Filename], None] = OrderedDict()

    @property
    def contradictions(self) -> Contradictions:
        """Who offered other bytes than those that a name stands for."""
        return self._parts.contradictions

    async def projects(self) -> ProjectList:
        """Return the list of projects; see ``Repository``."""
        return await self._pages.projects()

    async def project(self, name: ProjectName) -> Project:
        """Return one project, with the ledger's digests; see ``Repository``."""
        return await self.with_evidence(await self._pages.project(name))

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes: held, or growing while they arrive; see ``Repository``."""
        file = ref.file
        if not file.url:
            return await self._held_only(ref)
        source = await self._door.file(ref)
        blob = await self._parts.fills.join(
            self._wanted(ref), source, lambda held: self._keep(ref, held)
        )
        if isinstance(blob, HeldBlob):
            await self._see_to_evidence(ref, blob)
        return blob

    async def missing(self, ref: FileRef) -> WheelyardError:
        """Note that upstream no longer has a listed file, and return what to tell the client.

        The page is read again at once; it decides whether the file is gone or only out of reach.
        """
        project = await self._pages.renew(ref.project)
        if any(file.filename == ref.file.filename for file in project.files):
            reason = "the upstream lists it and does not have it"
            return Unavailable(f"`{ref.file.filename}`", reason)
        return Absent(f"`{ref.file.filename}`")

    async def fetch_anew(self, ref: FileRef) -> HeldBlob:
        """Return the bytes of a file as its page states them, whatever the ledger has of its name.

        Nothing is written down of them: that is for who accepts them; see ``hosting/accepting.py``.

        Raises:
            Unavailable: no door gave them whole.
        """
        kept: list[HeldBlob] = []

        async def keep(held: HeldBlob) -> None:
            kept.append(held)

        source = await self._door.file(ref)
        blob = await self._parts.fills.join(self._wanted(ref), source, keep)
        if isinstance(blob, HeldBlob):
            return blob
        async for _ in blob.read():
            pass
        digest = ref.file.sha256
        found = await self._parts.fills.parts.store.find(digest) if digest else None
        if found := next(iter(kept), found):
            return found
        raise Unavailable(f"`{ref.file.filename}`", "another process fetches it: try again")

    def _wanted(self, ref: FileRef) -> Wanted:
        """Return what a download of a file has to be."""
        file = ref.file
        return Wanted(
            key=file.sha256 or f"{self._parts.owner}/{ref.project}/{file.filename}",
            what=f"`{file.filename}`",
            hashes=file.hashes,
            size=file.size,
        )

    async def _held_only(self, ref: FileRef) -> Blob:
        """Return the bytes of a file that no page lists any more, if we still have them."""
        digest = ref.file.sha256
        held = await self._parts.fills.parts.store.find(digest) if digest else None
        if held is None:
            raise Absent(f"`{ref.file.filename}`")
        return held

    async def _see_to_evidence(self, ref: FileRef, held: HeldBlob) -> None:
        """Write down bytes that were held already, but not by this owner under this name.

        Raises:
            Conflict: the ledger has this name with other bytes.
        """
        name = (ref.project, ref.file.filename)
        if name in self._written:
            self._written.move_to_end(name)
            return
        if not await self._is_noted(ref, held):
            parts = self._parts.fills.parts
            if not await parts.disk.run(parts.store.renew_now, held.sha256):
                return  # it was just collected: who asks again has it fetched anew
            keeping = self._keep(ref, held)
            if not await is_written(keeping, self._parts.fills.parts.alarms):
                return  # the bytes are those of the page; evidence follows when it can be written
        self._written[name] = None
        while len(self._written) > _MAX_WRITTEN:
            self._written.popitem(last=False)

    async def _is_noted(self, ref: FileRef, held: HeldBlob) -> bool:
        """Say whether it is written down that the bytes are held under this name, with evidence.

        The note goes with a collection or a quota; the bytes stay if another name has them.
        """
        owner, name, catalog = self._parts.owner, ref.file.filename, self._parts.catalog
        bound = await catalog.ledger.load(owner, ref.project, name)
        return bound is not None and (bound.sha256 != held.sha256 or await catalog.held.has(bound))

    async def require_held(self, ref: FileRef, *, is_to_stay: bool = False) -> None:
        """Return if the bytes of ``ref`` are in the store, and the ledger has them.

        With ``is_to_stay`` a collection that goes on leaves them, whatever it saw before.

        Raises:
            Unavailable: they are not: the disk did not take what was given out.
        """
        row = await self._parts.catalog.ledger.load(
            self._parts.owner, ref.project, ref.file.filename
        )
        parts = self._parts.fills.parts
        is_held = row is not None and await parts.store.find(row.sha256, row.size) is not None
        if is_held and row is not None and is_to_stay:
            is_held = await parts.disk.run(parts.store.renew_now, row.sha256)
        if not is_held:
            what = f"`{ref.file.filename}`"
            raise Unavailable(what, "its bytes could not be kept", failing="disk")

    def has_metadata_now(self, ref: FileRef) -> bool:
        """Say whether it is written down that the metadata of ``ref`` are held; at once."""
        wheel, digest = ref.file.sha256, ref.file.metadata_sha256
        if wheel is None or digest is None:
            return False
        return self._parts.catalog.metadata_files.knows_now(wheel, digest)

    async def note_metadata(self, ref: FileRef) -> None:
        """Write down that the metadata of ``ref`` are held.

        Raises:
            Unavailable: they are not: the disk did not take what was given out.
        """
        wheel, digest = ref.file.sha256, ref.file.metadata_sha256
        held = await self._parts.fills.parts.store.find(digest) if digest else None
        if digest is None or held is None:
            what = f"`{ref.file.filename}.metadata`"
            raise Unavailable(what, "they could not be kept", failing="disk")
        if wheel is not None:
            row = MetadataRow(wheel, digest, held.size, "upstream", self._parts.clock.now())
            await self._parts.catalog.metadata_files.save(row)

    async def with_evidence(self, project: Project) -> Project:
        """Return ``project`` with the digests that the ledger has for its files."""
        if not self._parts.catalog.ledger.knows_now(self._parts.owner, project.name):
            return project
        rows = await self._parts.catalog.ledger.of_project(self._parts.owner, project.name)
        evidence = {row.filename: row for row in rows}
        if not evidence:
            return project
        source = display_url(project.known.source) if project.known else ""
        for file in project.files:
            if row := _contradicted(file, evidence.get(file.filename)):
                self._refuse(row, file.sha256, source)
        files = tuple(_proven(file, evidence.get(file.filename)) for file in project.files)
        return msgspec.structs.replace(project, files=files)

    def _refuse(self, row: LedgerRow, offered: Sha256 | None, source: str) -> None:
        """Say that somebody offers other bytes than the ledger's, which alone are given out."""
        first_seen = datetime.fromtimestamp(int(row.first_seen), UTC)
        offer = Offer(
            row.project,
            row.filename,
            known=f"sha256 {row.sha256}",
            offered=f"sha256 {offered}",
            source=source or "A page",
            since=f"in the ledger since {first_seen:%Y-%m-%d}, from {row.source or 'nobody named'}",
        )
        self._parts.contradictions.note(offer)

    async def _keep(self, ref: FileRef, held: HeldBlob) -> None:
        """Write down what was proven: evidence first, then that it is held.

        Raises:
            Conflict: the ledger has this name with other bytes.
        """
        now, file, catalog = self._parts.clock.now(), ref.file, self._parts.catalog
        row = LedgerRow(
            owner=self._parts.owner,
            project=ref.project,
            filename=file.filename,
            sha256=held.sha256,
            size=held.size,
            first_seen=now,
            source=urlsplit(file.url).hostname or "",
            first_use=file.sha256 is None,
        )
        path = file_path(ref.project, file)
        try:
            await catalog.held.keep(row, OddPathRow(row.owner, path, row.project, row.filename))
        except Conflict:
            if known := await catalog.ledger.load(row.owner, row.project, row.filename):
                self._refuse(known, row.sha256, row.source)
            raise
        if file.sha256 is None or file.size is None:
            await self.learned(ref.project)

    async def learned(self, name: ProjectName) -> None:
        """Have the page of ``name`` rendered anew: it can say more, or must say less."""
        marking = self._parts.catalog.pages.mark(self._parts.owner, name, PAGE_CHANGED)
        await is_written(marking, self._parts.fills.parts.alarms)


def _contradicted(file: File, row: LedgerRow | None) -> LedgerRow | None:
    """Return the ledger's entry if a page states another digest for ``file``."""
    return row if row is not None and file.sha256 not in {None, row.sha256} else None


def _proven(file: File, row: LedgerRow | None) -> File:
    """Return ``file`` as the ledger knows it.

    A page that states other bytes than the ledger is not followed, nor is its metadata digest,
    which belongs to those other bytes.
    """
    if row is None:
        return file
    if row.sha256 == file.sha256:
        return file if file.size == row.size else msgspec.structs.replace(file, size=row.size)
    others = tuple(pair for pair in file.hashes if pair[0] != "sha256")
    if file.sha256 is None:
        hashes = (("sha256", row.sha256), *others)
        return msgspec.structs.replace(file, hashes=hashes, size=row.size, first_use=True)
    hashes = (("sha256", row.sha256),)
    return msgspec.structs.replace(file, hashes=hashes, size=row.size, core_metadata=None)
