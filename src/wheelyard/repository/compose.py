"""How the chain of an index is put together. This module alone names concrete classes.

From the client's side to the world's::

    Policy              what may be given out; asks all the rest
    WithMetadata        metadata files, from wherever they can be had
      Pinned            files that their page has lost, and that somebody pinned
        Stored            files: held, or filled once; the ledger's word
          Cached          pages, the project list, documents: kept and used while good
            Failover      several doors to the same index
              OwnLinks         the door's own address of a file that another door's page lists
                Vetted           a later door: does it lead to the same index?
                  Judged           for the outage log: was that an answer?
                    WithCanaries     "it is not here" counts while the door knows what it knew
                      Retried          the only door: once more, what it failed to give
                        Guarded          left alone for a while after it failed
                          Listed           a project that only the door's listing shows
                            EitherSpelling   an address given without /simple/
                              Upstream         one door, over HTTP or a directory

Offline there is one door, ``Offline``, which asks nobody, and on top ``HeldOnly``, which shows what
is held and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wheelyard.blobs import DiskThreads, Fills, KeyLocks, WaitingRoom
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.decide.canaries import MOST, Canary
from wheelyard.decide.circuit import Rules
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef, Project
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted, Door, Repository
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.canaries import Remember, WithCanaries
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.failover import Failover
from wheelyard.repository.flights import FlightDeck, Retries, Spawner
from wheelyard.repository.guarded import Guarded, GuardParts
from wheelyard.repository.held_only import Documents, HeldDocuments, HeldOnly, HeldParts
from wheelyard.repository.impression import Impression, ImpressionClient
from wheelyard.repository.judged import Judged
from wheelyard.repository.keepers import KeeperParts, KeptDocument
from wheelyard.repository.keeping import Answered, KeepingRules
from wheelyard.repository.last_modified import LastModified
from wheelyard.repository.listed import Listed
from wheelyard.repository.locate import Locator
from wheelyard.repository.observed import DoorState
from wheelyard.repository.offline import Offline, not_asked
from wheelyard.repository.own_links import OwnLinks, OwnLinksParts
from wheelyard.repository.packing import unpack_project
from wheelyard.repository.pinned import Pinned, PinnedParts
from wheelyard.repository.policy import Policy
from wheelyard.repository.ranking import Ranking
from wheelyard.repository.retried import Retried
from wheelyard.repository.spelling import EitherSpelling
from wheelyard.repository.stored import Stored, StoredParts
from wheelyard.repository.upstream import Upstream, UpstreamRules
from wheelyard.repository.vetted import Vetted
from wheelyard.repository.vetting import PAGES, Candidate, Known, Vetting
from wheelyard.repository.with_metadata import MetadataParts, WithMetadata
from wheelyard.settings import is_directory_url
from wheelyard.transport import Client, display_url

__all__ = ["Chain", "ChainParts", "DoorParts", "compose", "compose_offline"]


_LINKS_SECONDS = 8.0
"""How long a door is waited for that has to look where a file is: a client waits meanwhile."""


@dataclass(frozen=True, slots=True)
class DoorParts:
    """One door: its client and rules. ``plain`` are the rules of its other spelling, if any.

    ``state`` is where people see what it is up to, ``impression`` what it looks like.
    """

    client: Client
    rules: UpstreamRules
    plain: UpstreamRules | None = None
    state: DoorState | None = None
    impression: Impression = field(default_factory=Impression)


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
    contradictions: Contradictions = field(default_factory=Contradictions)
    max_lag_seconds: float = 86_400.0
    waiting: WaitingRoom = field(default_factory=WaitingRoom)
    retries: Retries = field(default_factory=Retries)


@dataclass(frozen=True, slots=True)
class Chain:
    """The composed chain of one owner, and the parts of it that are asked by name.

    ``made_of`` is what a chain was composed of that asks nobody, for who composes another one.
    """

    owner: str
    repository: Repository
    pages: Cached
    files: Stored
    locator: Locator
    documents: Documents
    vetting: Vetting | None = None
    made_of: ChainParts | None = field(default=None, repr=False)

    @property
    def contradictions(self) -> Contradictions:
        """Who offered other bytes than those that a name stands for."""
        return self.files.contradictions

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
    states = [door.state or _state(door) for door in doors]
    remembered = [_remembered(owner, _urls(door), parts.catalog) for door in doors]
    judged = [_door(*each, parts, rules) for each in zip(doors, states, remembered, strict=True)]
    if len(doors) == 1:
        return _chain(owner, _with_own_links(judged[0], doors[0], parts), parts)
    candidates = [
        Candidate(door, state, _urls(of), LastModified(of.client, of.rules.url, parts.clock).ask)
        for door, state, of in zip(judged, states, doors, strict=True)
    ]
    vetting = Vetting(candidates, _known(owner, parts.catalog), parts.clock, parts.max_lag_seconds)
    vetted = [judged[0], *(Vetted(door, n, vetting) for n, door in enumerate(judged) if n)]
    linked = [_with_own_links(*each, parts) for each in zip(vetted, doors, strict=True)]
    failover = Failover(linked, Ranking(states, parts.clock, parts.spawn))
    return replace(_chain(owner, failover, parts, vetting.is_behind), vetting=vetting)


def compose_offline(
    owner: str, parts: ChainParts, seen: Mapping[Sha256, int | None] | None = None
) -> Chain:
    """Return the chain of ``owner`` over nobody, which shows what is held.

    ``seen`` is what somebody has just looked at; see ``HeldParts``.
    """
    chain = _chain(owner, Offline(), parts)
    store = parts.fills.parts.store
    looked_at = {} if seen is None else seen
    held = HeldParts(owner, parts.catalog, store, parts.disk, parts.clock, looked_at)
    return replace(
        chain,
        made_of=parts,
        repository=HeldOnly(chain.repository, held),
        locator=Locator(chain.repository, parts.catalog, (owner,), not_asked),
        documents=HeldDocuments(chain.pages),
    )


def _chain(
    owner: str, door: Door, parts: ChainParts, is_behind: Callable[[str], bool] | None = None
) -> Chain:
    """Return the chain of ``owner`` over ``door``; ``is_behind`` as in ``CachedParts``."""
    deck = FlightDeck(
        parts.spawn, parts.locks, parts.disk, waiting=parts.waiting, retries=parts.retries
    )
    alarms = parts.fills.parts.alarms
    keepers = KeeperParts(owner, parts.catalog, parts.clock, alarms)
    cached = CachedParts(keepers, deck, parts.rules)
    pages = Cached(door, replace(cached, is_behind=is_behind) if is_behind else cached)
    files = Stored(pages, door, _stored(owner, parts))
    store = parts.fills.parts.store
    metadata = MetadataParts(parts.catalog, store, deck, parts.clock, alarms)
    kept = PinnedParts(owner, parts.catalog, store, parts.disk, parts.clock)
    repository = Policy(WithMetadata(Pinned(files, kept), door, metadata))
    locator = Locator(repository, parts.catalog, (owner,))
    return Chain(owner, repository, pages, files, locator, documents=pages)


def _stored(owner: str, parts: ChainParts) -> StoredParts:
    """Return what the files of ``owner`` are kept with."""
    return StoredParts(owner, parts.catalog, parts.fills, parts.clock, parts.contradictions)


def _known(owner: str, catalog: Catalog) -> Known:
    """Return who knows the newest pages of ``owner`` by the doors that gave them."""

    async def known(urls: Sequence[str]) -> Sequence[Project]:
        rows = await catalog.pages.newest(owner, urls, PAGES)
        return [await unpack_project(row.model) for row in rows]

    return known


def _remembered(owner: str, urls: Sequence[str], catalog: Catalog) -> Remember:
    """Return who knows for which projects of ``owner`` one of ``urls`` answered last."""

    async def remembered() -> Mapping[ProjectName, Canary]:
        rows = await catalog.pages.newest(owner, urls, MOST)
        projects = [await unpack_project(row.model) for row in rows]
        return {
            row.project: Canary(row.checked_at, bool(project.files))
            for row, project in zip(rows, projects, strict=True)
        }

    return remembered


def _door(
    door: DoorParts, state: DoorState, remember: Remember, parts: ChainParts, rules: Rules
) -> Door:
    """Return one door, judged, behind its circuit, under both of its spellings if it has two."""
    door = replace(door, client=ImpressionClient(door.client, door.impression))
    opened: Door = Upstream(door.client, door.rules, parts.clock)
    if door.plain is not None:
        opened = EitherSpelling(opened, Upstream(door.client, door.plain, parts.clock))
    if not is_directory_url(door.rules.url):  # a directory's client reads its listing itself
        opened = Listed(opened, door.client, door.plain or door.rules, parts.clock)
    guard = GuardParts(state, parts.clock, parts.spawn, rules)
    guarded = Guarded(opened, door.rules.url, guard)
    asked = Retried(guarded, parts.retries) if rules.is_alone else guarded
    watched = WithCanaries(asked, parts.clock, display_url(door.rules.url), remember)
    return Judged(watched, state, parts.clock)


def _with_own_links(opened: Door, door: DoorParts, parts: ChainParts) -> Door:
    """Return a door that gives files from its own addresses."""
    links = OwnLinksParts(
        urls=_urls(door),
        where=display_url(door.rules.url),
        deck=FlightDeck(parts.spawn, parts.locks, parts.disk, _LINKS_SECONDS),
        clock=parts.clock,
        contradictions=parts.contradictions,
    )
    return OwnLinks(opened, links)


def _urls(door: DoorParts) -> tuple[str, ...]:
    """Return the spellings of a door's address."""
    return tuple(rules.url for rules in (door.rules, door.plain) if rules is not None)


def _state(door: DoorParts) -> DoorState:
    """Return the state of a door that nobody looks at."""
    return DoorState(door.rules.name, display_url(door.rules.url))
