"""A run: plan, then apply, for each upstream of one index.

What a run has done is in the catalog when it ends, however it ends: projects are written down while
it goes on, and a run that is killed leaves nothing that the next one would take for done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio

from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.decide.removal import Brake
from wheelyard.errors import WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.sync.files import Fetching, FetchingParts
from wheelyard.mirror.sync.filling import Filling, FillingParts
from wheelyard.mirror.sync.listing import ChangeSource
from wheelyard.mirror.sync.news import Reading, read_news
from wheelyard.mirror.sync.patience import Patience
from wheelyard.mirror.sync.plan import Asks, Plan, make_plan
from wheelyard.mirror.sync.report import Account
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain

__all__ = ["Origin", "Rules", "SyncParts", "plan_of", "sync"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One upstream of an index: its chain, who tells its news, and which names are its own."""

    chain: Chain
    bulk: Bulk
    source: ChangeSource
    is_here: Callable[[ProjectName], bool]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run goes about it. ``patience_seconds`` is for an upstream that does not answer.

    ``is_whole``, ``is_patient`` and ``allows_removals`` as in ``Asks``.
    """

    brake: Brake = field(default_factory=Brake)
    patience_seconds: float = 60.0
    is_whole: bool = True
    is_patient: bool = False
    allows_removals: bool = False


@dataclass(frozen=True, slots=True)
class SyncParts:
    """What a run works with."""

    index: str
    catalog: Catalog
    clock: Clock
    origins: Sequence[Origin]
    wanted: Wanted
    rules: Rules = field(default_factory=Rules)


async def sync(parts: SyncParts, account: Account) -> None:
    """Have here what is wanted; ``account`` tells how that goes, and what it came to.

    Stopped at any moment, it leaves what is done, and raises what stopped it.
    """
    try:
        for origin in parts.origins:
            await _sync_origin(parts, origin, account)
    except WheelyardError as error:
        account.note_problem("", str(error))
    except anyio.get_cancelled_exc_class():
        account.is_stopped = True
        raise


async def plan_of(parts: SyncParts, origin: Origin, account: Account) -> tuple[Plan, Reading]:
    """Return what is to be done at one upstream, and the news that say so."""
    rules, owner = parts.rules, origin.chain.owner
    reading = await read_news(
        parts.catalog, owner, origin.source, parts.wanted, is_whole=rules.is_whole
    )
    if reading.problem:
        account.note_problem("", reading.problem)
        account.unanswered = True
    asks = Asks(
        parts.wanted,
        parts.clock.now(),
        origin.is_here,
        rules.brake,
        is_whole=rules.is_whole,
        is_patient=rules.is_patient,
        allows_removals=rules.allows_removals,
    )
    plan = await parts.catalog.mirrored.walk(
        owner, partial(make_plan, news=reading.news, asks=asks)
    )
    return plan, reading


async def _sync_origin(parts: SyncParts, origin: Origin, account: Account) -> None:
    """Have here what is wanted of one upstream."""
    plan, reading = await plan_of(parts, origin, account)
    owner = origin.chain.owner
    account.mirrored += plan.mirrored
    account.waiting += plan.waiting
    account.held_back += len(plan.vanished) if plan.is_braked else 0
    not_asked = account.not_asked
    filling = Filling(_filling_parts(parts, origin), account)
    await filling.run(plan.work)
    if not reading.problem:
        await parts.catalog.mirrored.forget(owner, plan.unwanted)
    is_taken_up = account.not_asked == not_asked and not plan.is_braked
    if reading.heard is not None and is_taken_up:
        await parts.catalog.mirrored.save_heard(owner, reading.heard)


def _filling_parts(parts: SyncParts, origin: Origin) -> FillingParts:
    """Return what the projects of one upstream are filled with."""
    chain, seconds = origin.chain, parts.rules.patience_seconds
    fetching = Fetching(FetchingParts(origin.bulk, chain.document, Patience(seconds)))
    return FillingParts(
        chain.owner,
        origin.bulk,
        parts.catalog,
        parts.clock,
        parts.wanted,
        Patience(seconds),
        fetching,
    )
