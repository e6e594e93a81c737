"""Expiring: releases that an index no longer keeps, deleted by command or once a day."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import anyio

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.decide.retention import Expiring, RetentionRules
from wheelyard.errors import WheelyardError
from wheelyard.hosting.places import Place
from wheelyard.settings import IndexSettings

__all__ = ["ACTOR", "Expired", "Expirer", "expire", "retention_of"]

_LOG = logging.getLogger(__name__)

_DAY_SECONDS = 86_400.0
_BATCH = 100
"""How many releases go in one transaction: others wait for it to write."""

ACTOR = Actor("wheelyard", "retention")
"""Who deletes when nobody does: the rules of the configuration."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What an index no longer keeps, by project and age; ``is_done`` if it is deleted."""

    place: Place
    releases: tuple[Expiring, ...]
    is_done: bool


def retention_of(rules: IndexSettings) -> RetentionRules:
    """Return what an index keeps."""
    return RetentionRules(
        prereleases=rules.keep_prereleases,
        prerelease_days=rules.keep_prereleases_days,
        development_builds=rules.keep_development_builds,
        development_build_days=rules.keep_development_builds_days,
    )


async def expire(catalog: Catalog, place: Place, actor: Actor, *, dry_run: bool = False) -> Expired:
    """Delete what an index no longer keeps, or only say what that is.

    What is shown is what goes, less what was promoted or yanked with a reason meanwhile.
    """
    rules = retention_of(place.rules)
    planned = await catalog.curator.expiring(place.owner, rules)
    if dry_run:
        return Expired(place, planned, is_done=False)
    deleted: list[Expiring] = []
    for start in range(0, len(planned), _BATCH):
        part = planned[start : start + _BATCH]
        deleted += await catalog.curator.expire(place.owner, part, rules, actor)
    return Expired(place, tuple(deleted), is_done=True)


@dataclass(frozen=True, slots=True)
class Expirer:
    """Expires once a day, for as long as a server runs, what its indexes say.

    ``places`` is asked every time: indexes come and go. Several processes may do it at once; what
    one has deleted the other does not find.
    """

    catalog: Catalog
    places: Callable[[], Iterable[Place]]

    async def run(self) -> None:
        """Expire now, and then every day, until cancelled."""
        while True:
            await self.once()
            await anyio.sleep(_DAY_SECONDS)

    async def once(self) -> None:
        """Expire now. One index that fails leaves the others to their turn, and to tomorrow."""
        for place in self.places():
            if not place.rules.expire_daily:
                continue
            try:
                expired = await expire(self.catalog, place, ACTOR)
            except WheelyardError as error:
                _LOG.error("Nothing expired in %s: %s", place.shown, error)
                continue
            if expired.releases:
                _LOG.info("Expired in %s: %d releases.", place.shown, len(expired.releases))
