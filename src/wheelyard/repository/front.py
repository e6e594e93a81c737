"""Front: an index as its clients see it. Our own projects first, and the others behind a fence.

From the client's side::

    Policy               what may be given out
      Blocked              names that nobody gets
        Merged               names of ours whose public files were asked for by an operator
          Priority             the first owner that has a name owns it
            Hosted, ...          our own: those of the index, then those of its bases
            Fenced               names of ours that nobody outside may hear of
              Routed               which group of doors a name is asked at
                the chains           one per group of doors, see ``compose.py``

Documents beside the pages obey the same owners: nothing is asked outside about a name of ours.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wheelyard.blobs import Blob
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.decide.ownership import Ownership
from wheelyard.decide.ownership import Routed as RoutedName
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import FileRef, Knowledge
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import DocumentWanted, Repository
from wheelyard.repository.blocked import Blocked
from wheelyard.repository.compose import Chain
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.fenced import Fenced
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.repository.locate import Locator
from wheelyard.repository.merged import Merged
from wheelyard.repository.own_details import HasDetails, OwnDetails
from wheelyard.repository.policy import Policy
from wheelyard.repository.priority import Priority
from wheelyard.repository.routed import Routed

__all__ = ["Front", "FrontParts", "Own", "compose_front"]


def _as_it_is(whole: Repository) -> Repository:
    """Return ``whole``."""
    return whole


class Own(Repository, Protocol):
    """A repository of our own, which knows at once whether a name is its own."""

    @property
    def owner(self) -> str:
        """Whose projects these are, as the journal calls them."""

    def has(self, name: ProjectName) -> bool:
        """Say whether the project is one of its own, at this moment.

        Raises:
            Unavailable: nobody can tell whose the name is.
        """

    async def provenance(self, name: ProjectName, filename: Filename) -> Blob:
        """Return the provenance object of one of its files; raises what ``Repository`` raises."""


@dataclass(frozen=True, slots=True)
class FrontParts:
    """What an index is put together from.

    ``own`` are the repositories of our own that it shows, in order. ``outside`` are the chains by
    the name of their upstream, and ``upstream`` is the one that has what no route names; empty if
    the index has nothing but its own. ``is_hosted`` says whether any index has a name as its own,
    ``hosted_names`` has all of those. ``wrap`` is put around each chain.
    """

    catalog: Catalog
    clock: Clock
    ownership: Ownership
    own: Sequence[Own]
    is_hosted: Callable[[ProjectName], bool]
    hosted_names: Callable[[], Awaitable[Collection[ProjectName]]]
    contradictions: Contradictions
    outside: Mapping[str, Chain] = field(default_factory=dict)
    upstream: str = ""
    wrap: Callable[[Repository], Repository] = _as_it_is


class Front:
    """One index, put together."""

    def __init__(self, parts: FrontParts, repository: Repository) -> None:
        """Answer with ``repository``, which was composed of ``parts``."""
        self._parts = parts
        self.repository = repository
        outside = {chain.owner: chain for chain in parts.outside.values()} if parts.upstream else {}
        self.owners = frozenset([*(own.owner for own in parts.own), *outside])
        self.locator = Locator(
            repository, parts.catalog, tuple(outside), owner_of=self._outside_owner_of
        )

    @property
    def parts(self) -> FrontParts:
        """What it is put together from, for whoever shows all of it at once."""
        return self._parts

    def is_ours(self, name: ProjectName) -> bool:
        """Say whether nobody outside may hear of ``name``.

        Raises:
            Unavailable: nobody can tell.
        """
        return self._parts.ownership.is_ours(name, is_hosted=self._parts.is_hosted(name))

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document beside the simple pages, from the owner of its project.

        Raises:
            Absent: the owner is ours, and has no documents but those made of its pages.
        """
        name = ProjectName(wanted.name.partition("/")[0])
        chain = self.chain_of(name)
        if chain is None or self._parts.is_hosted(name):
            raise Absent(f"A document of `{name}`")
        return await chain.document(wanted)

    async def missing(self, ref: FileRef) -> WheelyardError:
        """Return what to say about a listed file that its owner does not have."""
        self.locator.forget(ref.project)
        chain = self.chain_of(ref.project)
        return Absent(f"`{ref.file.filename}`") if chain is None else await chain.missing(ref)

    async def provenance(self, name: ProjectName, filename: Filename) -> Answered[KeptDocument]:
        """Return the provenance object of a file, from the owner of its project.

        Raises:
            Absent: the project does not list the file, or lists it without provenance.
        """
        project = await self.repository.project(name)
        # What may not be given out, or was deleted, has none either.
        is_listed = any(file.filename == filename for file in project.files)
        chain = self.chain_of(name)
        for own in self._parts.own:
            if own.has(name) and is_listed:
                try:
                    return await self._own_provenance(own, name, filename)
                except Absent:
                    if chain is None:
                        raise
                    break  # its public files are shown as well
        if chain is None:
            raise Absent(f"The provenance of `{filename}`")
        return await chain.provenance(name, filename)

    async def _own_provenance(
        self, own: Own, name: ProjectName, filename: Filename
    ) -> Answered[KeptDocument]:
        """Return the provenance object of one of our own files."""
        blob = await own.provenance(name, filename)
        body = b"".join([chunk async for chunk in blob.read()])
        now = self._parts.clock.now()
        return Answered(KeptDocument(body), Knowledge(now, now, how="own"))

    async def own_details(self, name: ProjectName) -> OwnDetails | None:
        """Return what is known of a project of our own beyond its page; None of any other.

        Raises:
            Unavailable: nobody can tell whose the name is.
        """
        for own in self._parts.own:
            if own.has(name):
                return await own.details(name) if isinstance(own, HasDetails) else None
        return None

    def chain_of(self, name: ProjectName) -> Chain | None:
        """Return the chain that is asked about ``name``; None if nobody outside is."""
        if not self._parts.upstream or self.is_ours(name):
            return None
        owner = self._parts.ownership.public_owner_of(name)
        upstream = owner.upstream if isinstance(owner, RoutedName) else self._parts.upstream
        return self._parts.outside[upstream]

    def _outside_owner_of(self, name: ProjectName) -> str | None:
        """Return whose file of ``name`` counts, as the ledger calls the owner.

        None if the name is ours, and empty if it is nobody's: there are indexes without others.
        """
        if self.is_ours(name):
            return None
        chain = self.chain_of(name)
        return chain.owner if chain is not None else ""


def compose_front(parts: FrontParts) -> Front:
    """Return the index made of ``parts``."""
    ownership = parts.ownership

    def is_ours(name: ProjectName) -> bool:
        return ownership.is_ours(name, is_hosted=parts.is_hosted(name))

    async def survey() -> Callable[[ProjectName], bool]:
        hosted = await parts.hosted_names()
        return lambda name: ownership.is_ours(name, is_hosted=name in hosted)

    whole: Repository = Priority(parts.own)
    if parts.upstream:
        routes = [
            (route.pattern, parts.wrap(parts.outside[route.upstream].repository))
            for route in ownership.routes
        ]
        everybody = Routed(parts.wrap(parts.outside[parts.upstream].repository), routes)
        public = Fenced(everybody, is_ours, survey)
        whole = Priority([*parts.own, public])
        if ownership.merge:
            whole = Merged(Priority(parts.own), public, ownership.merge, parts.contradictions)
    return Front(parts, Policy(Blocked(whole, ownership.blocked)))
