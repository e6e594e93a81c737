"""Purges that are owed: what caches may still have, and that is not what it was.

A row is written before anybody can see the change, and goes after the cache was told of it. So
whatever ends in between, the next publish finds it. What changes anew while its purge is under way
gets a later ``since``, and its row stays.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.publish_tables import publish_purges
from wheelyard.clock import Clock, Instant

__all__ = ["OwedPurge", "Purges"]

_STEP_SECONDS = 0.001
"""How much later what is owed again is, at least, on a clock that stands still or goes back."""


@dataclass(frozen=True, slots=True)
class OwedPurge:
    """What one cache is to be told of: the address and surrogate key of something that changed."""

    path: str
    key: str
    since: Instant


class Purges:
    """The purges of one catalog. ``target`` is the number of a target, ``purger`` a name."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def owe(
        self, target: int, purgers: Collection[str], changed: Iterable[tuple[str, str]]
    ) -> None:
        """Write down that each of the purgers is to be told of these paths with their keys.

        What is owed to purgers that are not among them is forgotten: nobody asks them any more.
        """
        rows = tuple(dict(changed).items())
        now = self._clock.now()
        await self._connections.write(_owe, target, tuple(purgers), rows, now)

    async def owed(self, target: int, purger: str, limit: int) -> tuple[OwedPurge, ...]:
        """Return the first of what is owed to a purger; what has one key stands together."""
        return await self._connections.read(_select, target, purger, limit)

    async def count(self, target: int, purger: str) -> int:
        """Return how much is owed to a purger."""
        return await self._connections.read(_count, target, purger)

    async def settle(self, target: int, purger: str, done: Sequence[OwedPurge]) -> None:
        """Note that a purger was told of these, unless they have changed again since."""
        await self._connections.write(_settle, target, purger, tuple(done))

    async def newest(self, target: int, purger: str) -> Instant | None:
        """Return since when the newest of what is owed to a purger is owed; None without any."""
        return await self._connections.read(_select_newest, target, purger)

    async def settle_until(self, target: int, purger: str, newest: Instant) -> None:
        """Note that a purger was told of everything that it was owed at that moment."""
        await self._connections.write(_settle_until, target, purger, newest)


def _owe(
    connection: sa.Connection,
    target: int,
    purgers: tuple[str, ...],
    changed: tuple[tuple[str, str], ...],
    now: Instant,
) -> None:
    table = publish_purges.c
    gone = sa.and_(table.target == target, table.purger.not_in(purgers))
    connection.execute(publish_purges.delete().where(gone))
    rows = [
        {"target": target, "purger": purger, "path": path, "key": key, "since": now}
        for purger in purgers
        for path, key in changed
    ]
    if rows:
        connection.execute(_OWE, rows)


def _select(
    connection: sa.Connection, target: int, purger: str, limit: int
) -> tuple[OwedPurge, ...]:
    parameters = {"of_target": target, "of_purger": purger, "most": limit}
    return tuple(OwedPurge(*row) for row in connection.execute(_SELECT, parameters))


def _count(connection: sa.Connection, target: int, purger: str) -> int:
    parameters = {"of_target": target, "of_purger": purger}
    return int(connection.execute(_COUNT, parameters).scalar_one())


def _select_newest(connection: sa.Connection, target: int, purger: str) -> Instant | None:
    parameters = {"of_target": target, "of_purger": purger}
    found = connection.execute(_NEWEST, parameters).scalar_one()
    return None if found is None else Instant(found)


def _settle(
    connection: sa.Connection, target: int, purger: str, done: tuple[OwedPurge, ...]
) -> None:
    keys = {"of_target": target, "of_purger": purger}
    if done:
        rows = [{**keys, "of_path": each.path, "of_since": each.since} for each in done]
        connection.execute(_SETTLE, rows)


def _settle_until(connection: sa.Connection, target: int, purger: str, newest: Instant) -> None:
    parameters = {"of_target": target, "of_purger": purger, "newest": newest}
    connection.execute(_SETTLE_UNTIL, parameters)


_INSERT = insert(publish_purges)
_OWE = _INSERT.on_conflict_do_update(
    index_elements=["target", "purger", "path"],
    set_={
        "key": _INSERT.excluded.key,
        "since": sa.func.max(_INSERT.excluded.since, publish_purges.c.since + _STEP_SECONDS),
    },
)
_OF_PURGER = sa.and_(
    publish_purges.c.target == sa.bindparam("of_target"),
    publish_purges.c.purger == sa.bindparam("of_purger"),
)
_SELECT = (
    sa.select(publish_purges.c.path, publish_purges.c.key, publish_purges.c.since)
    .where(_OF_PURGER)
    .order_by(publish_purges.c.key, publish_purges.c.path)
    .limit(sa.bindparam("most"))
)
_COUNT = sa.select(sa.func.count()).select_from(publish_purges).where(_OF_PURGER)
_NEWEST = sa.select(sa.func.max(publish_purges.c.since)).where(_OF_PURGER)
_SETTLE = publish_purges.delete().where(
    _OF_PURGER,
    publish_purges.c.path == sa.bindparam("of_path"),
    publish_purges.c.since == sa.bindparam("of_since"),
)
_SETTLE_UNTIL = publish_purges.delete().where(
    _OF_PURGER, publish_purges.c.since <= sa.bindparam("newest")
)
