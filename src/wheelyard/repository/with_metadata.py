"""WithMetadata: the core metadata of wheels, had from wherever it can be had, and proven.

In this order, each step only if the one before did not bring bytes with the stated digest:

1. what is held: the metadata, else the wheel that has them in it, so that nobody is asked;
2. the upstream's own ``.metadata`` file;
3. a ranged read of the wheel at the upstream: its directory and one member, not the whole;
4. the wheel itself, fetched as if a client had asked for it.

What a page advertises is what this component can serve: metadata without a stated digest is
not advertised until a held wheel has told it, and what could not be served a moment ago is
taken off the page. pip and uv take a missing ``.metadata`` file as the end of the run.
Source: PEP 658, PEP 714.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

import anyio
import msgspec

from wheelyard.blobs import Alarms, Arriving, Blob, InMemory, LocalBlobs, Trouble, WaitingRoom
from wheelyard.catalog import Catalog, MetadataRow
from wheelyard.clock import Clock
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256, is_wheel
from wheelyard.repository.base import Door
from wheelyard.repository.flights import FlightDeck, Flights
from wheelyard.repository.remote_wheel import read_metadata
from wheelyard.repository.unkept import is_written

__all__ = ["MetadataParts", "WithMetadata"]

_UNSERVABLE_SECONDS = 300.0
_MAX_UNSERVABLE = 10_000
_ADVERTISED = "sha256"
_SOURCES = {"_from_upstream": "upstream", "_from_range": "ranged", "_from_wheel": "wheel"}

_Mark = tuple[ProjectName, Filename, Sha256]
"""Metadata that a page states and that could not be had: of which file, and its digest."""


class Files(Protocol):
    """The files beneath: a repository but for metadata, which can also be told what was learned."""

    async def projects(self) -> ProjectList:
        """Return the list of projects; see ``Repository``."""

    async def project(self, name: ProjectName) -> Project:
        """Return one project; see ``Repository``."""

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Repository``."""

    async def learned(self, name: ProjectName) -> None:
        """Have the page of ``name`` rendered anew."""


@dataclass(frozen=True, slots=True)
class MetadataParts:
    """What metadata is kept with."""

    catalog: Catalog
    store: LocalBlobs
    deck: FlightDeck
    clock: Clock
    alarms: Alarms = field(default_factory=Alarms)
    in_memory: InMemory = field(default_factory=InMemory)


class WithMetadata:
    """Adds ``metadata`` to the files of one owner."""

    def __init__(self, files: Files, door: Door, parts: MetadataParts) -> None:
        """Serve the metadata of ``files``; ask ``door`` for what is not held."""
        self._files = files
        self._door = door
        self._parts = parts
        self._flights: Flights[Sha256] = Flights(parts.deck, "metadata")
        # What is learned from what is held waits for nobody upstream.
        here = replace(parts.deck, waiting=WaitingRoom())
        self._learning: Flights[Sha256] = Flights(here, "learn")
        self._unservable: OrderedDict[_Mark, float] = OrderedDict()

    async def projects(self) -> ProjectList:
        """Return the list of projects; see ``Repository``."""
        return await self._files.projects()

    async def project(self, name: ProjectName) -> Project:
        """Return one project that advertises exactly the metadata that can be served."""
        await self._try_again()
        project = await self._files.project(name)
        wheels = [
            file.sha256
            for file in project.files
            if file.sha256 and is_wheel(file.filename) and not self._states(project.name, file)
        ]
        learned = await self._parts.catalog.metadata_files.find(wheels) if wheels else {}
        files = tuple(
            self._advertised(project.name, file, learned.get(file.sha256) if file.sha256 else None)
            for file in project.files
        )
        return msgspec.structs.replace(project, files=files)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; a wheel tells its metadata once it is held."""
        blob = await self._files.file(ref)
        if is_wheel(ref.file.filename) and ref.file.metadata_sha256 is None:
            self._learning.join(_key(ref.project, ref.file), lambda: self._learn(ref, blob))
        return blob

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata whose digest the page states.

        Raises:
            Absent: the page advertises none.
            Unavailable: it cannot be had now; the page stops advertising it for a while.
        """
        # A client may hold the page from before it stopped; what can be had again is given.
        digest = ref.file.metadata_sha256 or self._given_up(ref)
        if digest is None:
            raise Absent(f"`{ref.file.filename}.metadata`")
        if held := await self._find(digest):
            return held
        flight = self._flights.join(digest, lambda: self._fetch(ref, digest))
        await flight.done.wait()
        found = await self._find(flight.result())
        if found is None:
            raise Unavailable(f"`{ref.file.filename}.metadata`", "it vanished from the store")
        return found

    async def _learn(self, ref: FileRef, wheel: Blob) -> Sha256:
        """Write down the metadata of a wheel, once that is held, and have the page say so."""
        await _wait_until_proven(wheel)
        if wheel.sha256 is None:
            raise Unavailable(f"`{ref.file.filename}`", "it was not proven")
        known = await self._parts.catalog.metadata_files.load(wheel.sha256)
        if known is not None and self._is_servable(ref.project, ref.file, known.metadata_sha256):
            return known.metadata_sha256
        content = await read_metadata(wheel, ref.file.filename)
        digest = await self._put(content)
        now = self._parts.clock.now()
        row = MetadataRow(wheel.sha256, digest, len(content), "wheel", now)
        await self._parts.catalog.metadata_files.save(row)
        self._unservable.pop((ref.project, ref.file.filename, digest), None)
        await self._files.learned(ref.project)
        return digest

    async def _fetch(self, ref: FileRef, digest: Sha256) -> Sha256:
        """Try the ways in order; keep the bytes of the first that brings the right ones.

        Unless another process did so while we waited for its lock.
        """
        if await self._parts.store.find(digest) is not None:
            return digest
        causes: list[WheelyardError] = []
        ways = (self._from_upstream, self._from_range, self._from_wheel)
        if await self._is_held(ref):
            ways = (self._from_wheel, self._from_upstream, self._from_range)
        for way in ways:
            try:
                content = await way(ref)
                if sha256(content).hexdigest() == digest:
                    kept = await self._put(content)
                    await self._note(ref, kept, len(content), _SOURCES[way.__name__])
                    if self._unservable.pop((ref.project, ref.file.filename, digest), None):
                        await self._files.learned(ref.project)
                    return kept
                what = f"`{ref.file.filename}.metadata`"
                actual = sha256(content).hexdigest()
                causes.append(Corrupt(what, expected=digest, actual=actual))
            except WheelyardError as error:
                causes.append(error)
        await self._give_up(ref, digest)
        raise Unavailable(f"`{ref.file.filename}.metadata`", causes=causes)

    async def _note(self, ref: FileRef, digest: Sha256, size: int, source: str) -> None:
        """Write down of which wheel these metadata are: what nothing names is collected."""
        if ref.file.sha256 is not None and self._parts.in_memory.find(digest) is None:
            now = self._parts.clock.now()
            row = MetadataRow(ref.file.sha256, digest, size, source, now)
            saving = self._parts.catalog.metadata_files.save(row)
            await is_written(saving, self._parts.alarms)

    async def _is_held(self, ref: FileRef) -> bool:
        """Say whether the wheel is here already, so that its metadata cost no request."""
        digest = ref.file.sha256
        if digest is None:
            return False
        return await self._find(digest, ref.file.size) is not None

    async def _find(self, digest: Sha256, size: int | None = None) -> Blob | None:
        """Return what is held: on the disk, or in memory if the disk does not take or give it."""
        try:
            held = await self._parts.store.find(digest, size)
        except Unavailable as error:
            if not error.is_ours:
                raise
            held = None
        return held or self._parts.in_memory.find(digest)

    async def _put(self, content: bytes) -> Sha256:
        """Keep metadata and return their digest; in memory if the disk does not take them."""
        try:
            digest = await self._parts.store.put(content)
        except Unavailable as error:
            if not error.is_ours:
                raise
            self._parts.alarms.begin(Trouble.NOT_KEPT, error.reason)
            return self._parts.in_memory.put(content)
        self._parts.in_memory.drop(digest)
        return digest

    async def _from_upstream(self, ref: FileRef) -> bytes:
        """Return the upstream's own metadata file."""
        return await self._door.metadata(ref)

    async def _from_range(self, ref: FileRef) -> bytes:
        """Return the member of the wheel, read at a distance."""
        return await read_metadata(await self._door.file(ref), ref.file.filename)

    async def _from_wheel(self, ref: FileRef) -> bytes:
        """Return the member of the wheel, once it is held."""
        blob = await self._files.file(ref)
        await _wait_until_proven(blob)
        return await read_metadata(blob, ref.file.filename)

    async def _give_up(self, ref: FileRef, digest: Sha256) -> None:
        """Take that metadata of ``ref`` off the page for a while."""
        mark = (ref.project, ref.file.filename, digest)
        self._unservable[mark] = anyio.current_time() + _UNSERVABLE_SECONDS
        self._unservable.move_to_end(mark)
        while len(self._unservable) > _MAX_UNSERVABLE:
            self._unservable.popitem(last=False)
        await self._files.learned(ref.project)

    def _given_up(self, ref: FileRef) -> Sha256 | None:
        """Return the digest of the metadata that was taken off the page, if they were."""
        name = (ref.project, ref.file.filename)
        return next((digest for *mark, digest in self._unservable if (*mark,) == name), None)

    async def _try_again(self) -> None:
        """Put back on the pages what was taken off them long enough ago."""
        now = anyio.current_time()
        while self._unservable and next(iter(self._unservable.values())) <= now:
            (name, *_), _ = self._unservable.popitem(last=False)
            await self._files.learned(name)

    def _is_servable(self, name: ProjectName, file: File, digest: Sha256) -> bool:
        """Say whether that metadata of ``file`` was not found to be out of reach a moment ago."""
        return (name, file.filename, digest) not in self._unservable

    def _states(self, name: ProjectName, file: File) -> bool:
        """Say whether the page states a digest for the metadata that we can keep."""
        digest = file.metadata_sha256
        return digest is not None and self._is_servable(name, file, digest)

    def _advertised(self, name: ProjectName, file: File, learned: MetadataRow | None) -> File:
        """Return ``file`` with the metadata digest that we can keep, or with none."""
        if self._states(name, file):
            return file
        digest = learned.metadata_sha256 if learned else None
        if digest is not None and self._is_servable(name, file, digest):
            return msgspec.structs.replace(file, core_metadata=((_ADVERTISED, digest),))
        # "No" is an answer; a digest that we cannot keep, or "yes" without one, is none.
        return msgspec.structs.replace(file, core_metadata=None) if _claims(file) else file


async def _wait_until_proven(blob: Blob) -> None:
    """Return once ``blob`` is whole: its last byte is released with the proof."""
    if isinstance(blob, Arriving):
        await blob.started()
    if blob.sha256 is None:
        async for _ in blob.read(max(0, (blob.size or 1) - 1)):
            pass


def _claims(file: File) -> bool:
    """Say whether the page says that there is metadata, with or without a digest."""
    return file.core_metadata is not None and file.core_metadata is not False


def _key(name: ProjectName, file: File) -> str:
    """Return the key under which one process at a time learns from a wheel."""
    return f"{name}/{file.filename}"
