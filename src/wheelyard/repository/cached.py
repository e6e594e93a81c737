"""Cached: what the doors said, kept in the catalog and used while it is good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from wheelyard.decide import evidence, likeness, losses
from wheelyard.decide.serials import is_superseded
from wheelyard.errors import Unavailable
from wheelyard.model import Knowledge, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Keeper, Kept, Unchanged
from wheelyard.repository.believing import Believing, Losses
from wheelyard.repository.flights import FlightDeck, Flights
from wheelyard.repository.keepers import (
    DocumentKeeper,
    KeeperParts,
    KeptDocument,
    PageKeeper,
    RootKeeper,
)
from wheelyard.repository.keeping import Answered, Keeping, KeepingRules
from wheelyard.repository.renewing import Renewing

__all__ = ["Cached", "CachedParts"]

T = TypeVar("T")

_LIST_SECONDS = 300.0
"""A flight has its own deadline; this one is for a flight that nobody ends."""


def _never(_url: str) -> bool:
    """Know of no door whose copy is behind: there is one door."""
    return False


@dataclass(frozen=True, slots=True)
class CachedParts:
    """What the cache of one owner works with.

    ``is_behind`` says of a door's address whether its copy of the index is older than another's:
    what came from there is given out as an old copy, however lately it came.
    """

    keepers: KeeperParts
    deck: FlightDeck
    rules: KeepingRules
    is_behind: Callable[[str], bool] = _never


class Cached:
    """The cache in front of the doors of one owner."""

    def __init__(self, door: Door, parts: CachedParts) -> None:
        """Keep what ``door`` says."""
        self._door = door
        self._is_behind = parts.is_behind
        self._clock = parts.keepers.clock
        keepers = parts.keepers
        page_losses = Losses(
            losses.is_loss,
            losses.is_takedown,
            losses.same_reading,
            parts.rules.freshness.suspicious_seconds,
            likeness.is_behind,
            evidence.keep_digests,
        )
        keeper = PageKeeper(door, keepers)
        self._pages = _keeping(keeper, parts, "page", page_losses)
        believing = Believing(keeper, keepers.clock, page_losses)
        self.renewing = Renewing(keeper, self._pages, believing, parts.deck.spawn)
        self._root = _keeping(RootKeeper(door, keepers), parts, "root")
        self._json = _keeping(DocumentKeeper(door, keepers, "json"), parts, "json")
        self._provenance = _keeping(
            DocumentKeeper(door, keepers, "provenance"), parts, "provenance"
        )

    async def projects(self) -> ProjectList:
        """Return the list of projects, fresh or stale; see ``Repository``."""
        answered = await self._root.get("")
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def renew_projects(self) -> ProjectList:
        """Ask for the list of projects now, however fresh the copy is.

        Raises:
            Absent: there is no list.
            Unavailable: nobody could answer; what is held stays, and is not given out here.
        """
        answered = await self._root.ask_now("", _LIST_SECONDS)
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def project(self, name: ProjectName) -> Project:
        """Return one project, fresh or stale; see ``Repository``."""
        answered = await self._pages.get(name)
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def renew(self, name: ProjectName) -> Project:
        """Ask for ``name`` now, however fresh the copy is; stale if nobody can answer."""
        answered = await self._pages.renew(name)
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def look(self, name: ProjectName) -> Project:
        """Return what the doors say of ``name`` now, and keep nothing of it.

        Raises:
            Absent: they have no such project; what is held stays.
            Unavailable: nobody could answer.
        """
        answered = await self._pages.look(name)
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def believe(self, name: ProjectName) -> Project:
        """Ask for ``name`` now, and believe what is said whatever was held.

        For an operator who knows better: an index that was restored from a backup, say, is older
        than what is held of it, and lacks much of it.

        Raises:
            Absent: the door has no such project; what was held of its page is forgotten.
            Unavailable: nobody could answer; nothing has changed.
        """
        answered = await self._pages.believe(name)
        return msgspec.structs.replace(answered.value, known=self._known(answered))

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a JSON API document or a provenance object, fresh or stale."""
        keeping = self._json if wanted.kind == "json" else self._provenance
        key = DocumentKeeper.key(wanted)
        answered = await keeping.get(key)
        if is_superseded(answered.value.serial, wanted.told, answered.known, self._clock.now()):
            return await keeping.renew(key)
        return answered

    async def news(self, wanted: DocumentWanted) -> bytes:
        """Return news of the doors as they are now; nothing of it is kept.

        Raises:
            Absent: these doors have no such news.
            Unavailable: nobody could answer.
        """
        answer = await self._door.refresh_document(wanted, None)
        if isinstance(answer, Unchanged):
            raise Unavailable(f"`{wanted.name}`", "the upstream said `unchanged`, unasked")
        return answer.value

    def _known(self, answered: Answered[T]) -> Knowledge:
        """Return how we know a value; what a door said whose copy is behind is old."""
        if self._is_behind(answered.known.source):
            return msgspec.structs.replace(answered.known, how="stale")
        return answered.known


def _keeping(
    keeper: Keeper[T], parts: CachedParts, kind: str, doubted: Losses[T] | None = None
) -> Keeping[T]:
    """Return the flow over ``keeper``."""
    flights: Flights[Kept[T]] = Flights(parts.deck, f"{kind}:{parts.keepers.owner}")
    return Keeping(keeper, flights, parts.rules, parts.keepers.clock, doubted)
