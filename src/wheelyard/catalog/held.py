"""Held files: what is in the store, under which names, and when it was last of use."""

from collections.abc import Iterable

import sqlalchemy as sa

from wheelyard.catalog.base import HeldRow, LedgerRow, OddPathRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, insert
from wheelyard.catalog.ledger import bind
from wheelyard.catalog.odd_paths import save_path
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import held
from wheelyard.clock import Clock, Instant
from wheelyard.names import ProjectName, Sha256

__all__ = ["Held", "note_held"]

USE_IS_NOTED_EVERY_SECONDS = 86_400.0


class Held:
    """The held files of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def keep(self, entry: LedgerRow, path: OddPathRow | None = None) -> LedgerRow:
        """Write down a proven file: its ledger entry, that it is held, and its odd path if any.

        One transaction, so that a file is never held without evidence. Returns what is bound.

        Raises:
            Conflict: its name is bound to another digest; nothing was written.
        """
        return await self._connections.write(_keep, entry, path, self._clock.now())

    async def save(self, row: HeldRow) -> None:
        """Note that the bytes of ``row`` are in the store; what was noted before stays."""
        await self._connections.write(note_held, row)

    async def used(self, digests: Iterable[Sha256]) -> None:
        """Note that these blobs were of use now.

        Coarse on purpose: a row is written at most once a day. Collect digests in memory and
        call this now and then; reading a file must not write to the database.
        """
        await self._connections.write(_used, tuple(digests), self._clock.now())

    async def find(self, digest: Sha256) -> tuple[HeldRow, ...]:
        """Return every name under which the blob is held."""
        return await self._connections.read(_select_digest, digest)

    async def of_project(self, owner: str, project: ProjectName) -> tuple[HeldRow, ...]:
        """Return the held files of a project, by file name."""
        return await self._connections.read(_select_project, owner, project)

    async def projects(self, owner: str) -> tuple[ProjectName, ...]:
        """Return every project of which a file is held, in order."""
        return await self._connections.read(_select_names, owner)

    async def of_shelf(self, shelf: str) -> tuple[HeldRow, ...]:
        """Return the held files whose digests begin with ``shelf``, two hex digits, by digest.

        All of them, in pieces that fit into memory however much is held.
        """
        return await self._connections.read(_select_shelf, shelf)

    async def remove(self, digest: Sha256) -> None:
        """Note that the blob is gone, under every name; silently if it was not held."""
        await self._connections.write(_remove, digest)


def _keep(
    connection: sa.Connection, entry: LedgerRow, path: OddPathRow | None, now: Instant
) -> LedgerRow:
    bound = bind(connection, entry)
    names = (entry.sha256, entry.owner, entry.project, entry.filename)
    note_held(connection, HeldRow(*names, size=entry.size, stored_at=now, last_used_at=now))
    if path is not None:
        save_path(connection, path)
    return bound


def note_held(connection: sa.Connection, row: HeldRow) -> None:
    """Do what ``Held.save`` promises, in the transaction of ``connection``."""
    _INSERT.run(connection, values_of(row))


def _used(connection: sa.Connection, digests: tuple[Sha256, ...], now: Instant) -> None:
    before = now - USE_IS_NOTED_EVERY_SECONDS
    rows = [{"of_sha256": digest, "before": before, "now": now} for digest in digests]
    if rows:
        connection.execute(_USED, rows)


def _select_digest(connection: sa.Connection, digest: Sha256) -> tuple[HeldRow, ...]:
    return tuple(HeldRow(*row) for row in connection.execute(_OF_DIGEST, {"sha256": digest}))


def _select_project(
    connection: sa.Connection, owner: str, project: ProjectName
) -> tuple[HeldRow, ...]:
    rows = connection.execute(_OF_PROJECT, {"owner": owner, "project": project})
    return tuple(HeldRow(*row) for row in rows)


def _select_names(connection: sa.Connection, owner: str) -> tuple[ProjectName, ...]:
    return tuple(connection.execute(_NAMES, {"owner": owner}).scalars())


def _select_shelf(connection: sa.Connection, shelf: str) -> tuple[HeldRow, ...]:
    # Between two bounds, which an index can use; "g" comes after every hex digit.
    parameters = {"first": shelf, "last": f"{shelf}g"}
    return tuple(HeldRow(*row) for row in connection.execute(_OF_SHELF, parameters))


def _remove(connection: sa.Connection, digest: Sha256) -> None:
    connection.execute(_REMOVE, {"sha256": digest})


_INSERT = PreparedChange(insert(held).on_conflict_do_nothing())
_USED = (
    held.update()
    .where(held.c.sha256 == sa.bindparam("of_sha256"))
    .where(held.c.last_used_at <= sa.bindparam("before"))
    .values(last_used_at=sa.bindparam("now"))
)
_OF_DIGEST = (
    sa.select(*columns_of(held, HeldRow))
    .where(held.c.sha256 == sa.bindparam("sha256"))
    .order_by(held.c.owner, held.c.project, held.c.filename)
)
_OF_PROJECT = (
    sa.select(*columns_of(held, HeldRow))
    .where(held.c.owner == sa.bindparam("owner"), held.c.project == sa.bindparam("project"))
    .order_by(held.c.filename)
)
_NAMES = (
    sa.select(held.c.project)
    .where(held.c.owner == sa.bindparam("owner"))
    .distinct()
    .order_by(held.c.project)
)
_OF_SHELF = (
    sa.select(*columns_of(held, HeldRow))
    .where(held.c.sha256.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(held.c.sha256, held.c.owner, held.c.project, held.c.filename)
)
_REMOVE = held.delete().where(held.c.sha256 == sa.bindparam("sha256"))
