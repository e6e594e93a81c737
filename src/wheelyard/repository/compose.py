"""How the chain of an index is put together. This module alone names concrete classes.

From the client's side to the world's::

    WithMetadata        metadata files, from wherever they can be had
      Stored            files: held, or filled once; the ledger's word
        Cached          pages, the project list, documents: kept and used while good
          Failover      several doors to the same index
            EitherSpelling   an address given without /simple/
              Upstream       one door, over HTTP
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelyard.blobs import DiskThreads, Fills, KeyLocks
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Repository
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.failover import Failover
from wheelyard.repository.flights import FlightDeck, Spawner
from wheelyard.repository.keepers import KeeperParts, KeptDocument
from wheelyard.repository.keeping import Answered, KeepingRules
from wheelyard.repository.locate import Locator
from wheelyard.repository.spelling import EitherSpelling
from wheelyard.repository.stored import Stored, StoredParts
from wheelyard.repository.upstream import Upstream, UpstreamRules
from wheelyard.repository.with_metadata import MetadataParts, WithMetadata
from wheelyard.transport import Client

__all__ = ["Chain", "ChainParts", "DoorParts", "compose"]


@dataclass(frozen=True, slots=True)
class DoorParts:
    """One door: its client and rules. ``plain`` are the rules of its other spelling, if any."""

    client: Client
    rules: UpstreamRules
    plain: UpstreamRules | None = None


@dataclass(frozen=True, slots=True)
class ChainParts:
    """What every chain of a data directory works with."""

    catalog: Catalog
    fills: Fills
    locks: KeyLocks
    disk: DiskThreads
    spawn: Spawner
    rules: KeepingRules
    clock: Clock


@dataclass(frozen=True, slots=True)
class Chain:
    """The composed chain of one owner, and the parts of it that are asked by name."""

    owner: str
    repository: Repository
    pages: Cached
    files: Stored
    locator: Locator

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document beside the simple pages; see ``Cached``."""
        return await self.pages.document(wanted)

    async def missing(self, ref: FileRef) -> WheelyardError:
        """Return what to say about a listed file that the upstream does not have."""
        self.locator.forget(ref.project)
        return await self.files.missing(ref)

    async def provenance(self, name: ProjectName, filename: Filename) -> Answered[KeptDocument]:
        """Return the provenance object of a file whose page names one.

        Raises:
            Absent: the project does not list the file, or lists it without provenance.
        """
        project: Project = await self.repository.project(name)
        for file in project.files:
            if file.filename == filename and file.provenance:
                wanted = DocumentWanted("provenance", f"{name}/{filename}", file.provenance)
                return await self.pages.document(wanted)
        raise Absent(f"The provenance of `{filename}`")


def compose(owner: str, doors: Sequence[DoorParts], parts: ChainParts) -> Chain:
    """Return the chain of ``owner`` over ``doors``."""
    opened = [_door(door, parts.clock) for door in doors]
    door = opened[0] if len(opened) == 1 else Failover(tuple(opened))
    deck = FlightDeck(parts.spawn, parts.locks, parts.disk)
    keepers = KeeperParts(owner, parts.catalog, parts.clock)
    pages = Cached(door, CachedParts(keepers, deck, parts.rules))
    files = Stored(pages, door, StoredParts(owner, parts.catalog, parts.fills, parts.clock))
    store = parts.fills.parts.store
    metadata = MetadataParts(parts.catalog, store, deck, parts.clock)
    repository = WithMetadata(files, door, metadata)
    return Chain(owner, repository, pages, files, Locator(repository, parts.catalog, owner))


def _door(door: DoorParts, clock: Clock) -> Door:
    """Return one door, under both of its spellings if it has two."""
    likely = Upstream(door.client, door.rules, clock)
    if door.plain is None:
        return likely
    return EitherSpelling(likely, Upstream(door.client, door.plain, clock))
