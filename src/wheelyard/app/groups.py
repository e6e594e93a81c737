"""The groups of doors: one chain for each upstream, opened with the program.

One of them is the usual one: it has what no route names. It is the first upstream that neither a
route nor an index names, else the one that is recorded, else what this machine's pip uses.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from wheelyard.app.background import Background
from wheelyard.blobs import Fills, WaitingRoom
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.decide.freshness import Rules
from wheelyard.names import MAIN
from wheelyard.repository.compose import Chain, ChainParts, compose, compose_offline
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.doors import (
    DoorOpening,
    OpenDoor,
    open_doors,
    resolve_upstream,
    unasked_doors,
)
from wheelyard.repository.keeping import KeepingRules
from wheelyard.repository.observed import DoorState
from wheelyard.settings import Settings, UpstreamSettings, named_upstreams
from wheelyard.transport import Listening
from wheelyard.transport.pip_settings import PipSettings

__all__ = ["Groups", "GroupsOpening", "GroupsParts", "keeping_rules", "open_groups"]


@dataclass(frozen=True, slots=True)
class GroupsOpening:
    """What doors are opened with; see ``DoorOpening``.

    Without ``records_doors`` the doors that the settings name count for this once.
    """

    environment: Mapping[str, str]
    pip: PipSettings
    via: str
    clock: Clock
    netrc: Path | None
    listening: Listening | None
    records_doors: bool = True
    contact: str = ""


@dataclass(frozen=True, slots=True)
class GroupsParts:
    """What all chains share."""

    catalog: Catalog
    fills: Fills
    background: Background
    waiting: WaitingRoom
    contradictions: Contradictions = field(default_factory=Contradictions)


@dataclass(frozen=True, slots=True)
class Groups:
    """The chains by upstream; ``held`` are the same without asking anybody.

    ``doors`` are all that are open, and ``unasked`` those that are left alone on purpose.
    """

    chains: Mapping[str, Chain]
    held: Mapping[str, Chain]
    upstream: str
    doors: tuple[OpenDoor, ...]
    unasked: tuple[DoorState, ...]
    contradictions: Contradictions


async def open_groups(
    stack: AsyncExitStack, settings: Settings, opening: GroupsOpening, parts: GroupsParts
) -> Groups:
    """Open the doors of every upstream, and return their chains.

    Raises:
        ConfigError: nobody can say which upstream is the usual one.
    """
    records = opening.records_doors
    usual = await resolve_upstream(settings, parts.catalog, MAIN, opening.pip, records=records)
    named = named_upstreams(settings.names, settings.indexes)
    others = [each for each in settings.upstreams if each.name in named]
    chains: dict[str, Chain] = {}
    held: dict[str, Chain] = {}
    doors: list[OpenDoor] = []
    for upstream in (usual, *others):
        works_with = _chain_parts(settings, upstream, opening.clock, parts)
        held[upstream.name] = compose_offline(upstream.name, works_with)
        if settings.is_offline:
            chains[upstream.name] = held[upstream.name]
            continue
        opened = await open_doors(stack, _door_opening(upstream, opening))
        chain = compose(upstream.name, [door.parts for door in opened], works_with)
        if chain.vetting is not None:
            parts.background.start_soon(chain.vetting.run)
        chains[upstream.name] = chain
        doors += opened
    left_alone = (usual, *others) if settings.is_offline else ()
    unasked = tuple(door for upstream in left_alone for door in unasked_doors(upstream))
    return Groups(chains, held, usual.name, tuple(doors), unasked, parts.contradictions)


def keeping_rules(settings: Settings, max_age: float | None) -> KeepingRules:
    """Return how long pages are used and upstreams waited for."""
    freshness = settings.freshness
    max_seconds = freshness.max_seconds if max_age is None else max_age
    rules = KeepingRules(
        Rules(max_seconds=max_seconds),
        negative_seconds=freshness.negative_seconds,
        patience_seconds=freshness.patience_seconds,
    )
    # Whoever waits long for news of what is held waits as long for what is not held at all.
    return replace(rules, first_seconds=max(rules.first_seconds, rules.patience_seconds))


def _chain_parts(
    settings: Settings, upstream: UpstreamSettings, clock: Clock, parts: GroupsParts
) -> ChainParts:
    """Return what the chain of one upstream works with."""
    return ChainParts(
        parts.catalog,
        parts.fills,
        parts.fills.locks,
        parts.fills.parts.disk,
        parts.background.start_soon,
        keeping_rules(settings, upstream.max_age),
        clock,
        contradictions=parts.contradictions,
        max_lag_seconds=upstream.max_lag,
        waiting=parts.waiting,
    )


def _door_opening(upstream: UpstreamSettings, opening: GroupsOpening) -> DoorOpening:
    """Return what the doors of one upstream are opened with."""
    return DoorOpening(
        upstream,
        opening.environment,
        opening.pip,
        opening.via,
        opening.clock,
        opening.netrc,
        opening.listening,
        opening.contact,
    )
