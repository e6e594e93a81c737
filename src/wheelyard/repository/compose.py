"""How the chain of an index is put together. This module alone names concrete classes.

From the client's side to the world's::

    WithMetadata        metadata files, from wherever they can be had
      Stored            files: held, or filled once; the ledger's word
        Cached          pages, the project list, documents: kept and used while good
          Failover      several doors to the same index
            Judged           for the outage log: was that an answer?
              WithCanaries     "it is not here" counts while the door knows what it knew
                Guarded          left alone for a while after it failed
                  EitherSpelling   an address given without /simple/
                    Upstream         one door, over HTTP

Offline there is one door, ``Offline``, which asks nobody, and on top ``HeldOnly``, which shows what
is held and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wheelyard.blobs import DiskThreads, Fills, KeyLocks
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.decide.circuit import Rules
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Repository
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.canaries import WithCanaries
from wheelyard.repository.failover import Failover
from wheelyard.repository.flights import FlightDeck, Spawner
from wheelyard.repository.guarded import Guarded, GuardParts
from wheelyard.repository.held_only import Documents, HeldDocuments, HeldOnly, HeldParts
from wheelyard.repository.judged import Judged
from wheelyard.repository.keepers import KeeperParts, KeptDocument
from wheelyard.repository.keeping import Answered, KeepingRules
from wheelyard.repository.locate import Locator
from wheelyard.repository.observed import DoorState
from wheelyard.repository.offline import Offline, not_asked
from wheelyard.repository.spelling import EitherSpelling
from wheelyard.repository.stored import Stored, StoredParts
from wheelyard.repository.upstream import Upstream, UpstreamRules
from wheelyard.repository.with_metadata import MetadataParts, WithMetadata
from wheelyard.transport import Client, display_url

__all__ = ["Chain", "ChainParts", "DoorParts", "compose", "compose_offline"]


@dataclass(frozen=True, slots=True)
class DoorParts:
    """One door: its client and rules. ``plain`` are the rules of its other spelling, if any.

    ``state`` is where people see what it is up to.
    """

    client: Client
    rules: UpstreamRules
    plain: UpstreamRules | None = None
    state: DoorState | None = None


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
    documents: Documents

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document beside the simple pages; see ``Cached``."""
        return await self.documents.document(wanted)

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
                return await self.document(wanted)
        raise Absent(f"The provenance of `{filename}`")


def compose(owner: str, doors: Sequence[DoorParts], parts: ChainParts) -> Chain:
    """Return the chain of ``owner`` over ``doors``."""
    rules = Rules(is_alone=len(doors) == 1)
    opened = [_door(door, parts, rules) for door in doors]
    return _chain(owner, opened[0] if len(opened) == 1 else Failover(tuple(opened)), parts)


def compose_offline(owner: str, parts: ChainParts) -> Chain:
    """Return the chain of ``owner`` over nobody: it shows what is held."""
    chain = _chain(owner, Offline(), parts)
    held = HeldParts(owner, parts.catalog, parts.fills.parts.store, parts.disk, parts.clock)
    return replace(
        chain,
        repository=HeldOnly(chain.repository, held),
        locator=Locator(chain.repository, parts.catalog, owner, not_asked),
        documents=HeldDocuments(chain.pages),
    )


def _chain(owner: str, door: Door, parts: ChainParts) -> Chain:
    """Return the chain of ``owner`` over ``door``."""
    deck = FlightDeck(parts.spawn, parts.locks, parts.disk)
    keepers = KeeperParts(owner, parts.catalog, parts.clock)
    pages = Cached(door, CachedParts(keepers, deck, parts.rules))
    files = Stored(pages, door, StoredParts(owner, parts.catalog, parts.fills, parts.clock))
    store = parts.fills.parts.store
    metadata = MetadataParts(parts.catalog, store, deck, parts.clock)
    repository = WithMetadata(files, door, metadata)
    locator = Locator(repository, parts.catalog, owner)
    return Chain(owner, repository, pages, files, locator, documents=pages)


def _door(door: DoorParts, parts: ChainParts, rules: Rules) -> Door:
    """Return one door, judged, behind its circuit, under both of its spellings if it has two."""
    opened: Door = Upstream(door.client, door.rules, parts.clock)
    if door.plain is not None:
        opened = EitherSpelling(opened, Upstream(door.client, door.plain, parts.clock))
    state = door.state or DoorState(door.rules.name, display_url(door.rules.url))
    guard = GuardParts(state, parts.clock, parts.spawn, rules)
    guarded = Guarded(opened, door.rules.url, guard)
    watched = WithCanaries(guarded, parts.clock, display_url(door.rules.url))
    return Judged(watched, state, parts.clock)
