"""Held files: what is in the store, under which names, and when it was last of use."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from wheelyard.catalog.base import HeldRow, LedgerRow, OddPathRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, insert
from wheelyard.catalog.ledger import bind
from wheelyard.catalog.mirrored import note_undone
from wheelyard.catalog.odd_paths import save_path
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import held
from wheelyard.clock import Clock, Instant
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Held", "keep_file", "note_all_unlisted", "note_held", "select_held"]

USE_IS_NOTED_EVERY_SECONDS = 3_600.0


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
        return await self._connections.write(keep_file, entry, path, self._clock.now())

    async def save(self, row: HeldRow) -> None:
        """Note that the bytes of ``row`` are in the store; what was noted before stays."""
        await self._connections.write(note_held, row)

    async def used(self, digests: Iterable[Sha256]) -> None:
        """Note that these blobs were of use now.

        Coarse on purpose: a row is written at most once an hour. Collect digests in memory and
        call this now and then; reading a file must not write to the database.
        """
        await self._connections.write(_used, tuple(digests), self._clock.now())

    async def find(self, digest: Sha256) -> tuple[HeldRow, ...]:
        """Return every name under which the blob is held."""
        return await self._connections.read(_select_digest, digest)

    async def of_project(self, owner: str, project: ProjectName) -> tuple[HeldRow, ...]:
        """Return the held files of a project, by file name."""
        return await self._connections.read(select_held, owner, project)

    async def projects(self, owner: str) -> tuple[ProjectName, ...]:
        """Return every project of which a file is held, in order."""
        return await self._connections.read(_select_names, owner)

    async def of_shelf(self, shelf: str) -> tuple[HeldRow, ...]:
        """Return the held files whose digests begin with ``shelf``, two hex digits, by digest.

        All of them, in pieces that fit into memory however much is held.
        """
        return await self._connections.read(_select_shelf, shelf)

    async def has(self, row: HeldRow | LedgerRow) -> bool:
        """Say whether these bytes are held under that name of that owner."""
        key = (row.sha256, row.owner, row.project, row.filename)
        return await self._connections.read(_is_held, key)

    async def note_unlisted(
        self, owner: str, project: ProjectName, listed: Collection[Filename], now: Instant
    ) -> int:
        """Note which held files of a project its page does not list, from ``now`` on.

        What was noted before stays, so that the time counts from the first look that missed the
        file; a file that is listed again is as if it always was. Returns how many are new.
        """
        return await self._connections.write(_note_unlisted, owner, project, set(listed), now)

    async def remove(self, digest: Sha256) -> None:
        """Note that the blob is gone, under every name; silently if it was not held."""
        await self._connections.write(_remove, digest)


def keep_file(
    connection: sa.Connection, entry: LedgerRow, path: OddPathRow | None, now: Instant
) -> LedgerRow:
    """Do what ``Held.keep`` promises, in the transaction of ``connection``."""
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


def note_all_unlisted(
    connection: sa.Connection, owner: str, project: ProjectName, now: Instant
) -> None:
    """Note that a project has no page any more, in the transaction of ``connection``."""
    key = {"of_owner": owner, "of_project": project, "now": now}
    connection.execute(_ALL_UNLISTED, key)


def _note_unlisted(
    connection: sa.Connection,
    owner: str,
    project: ProjectName,
    listed: Collection[Filename],
    now: Instant,
) -> int:
    rows = select_held(connection, owner, project)
    lost = [row for row in rows if row.filename not in listed and row.unlisted_at is None]
    back = [row for row in rows if row.filename in listed and row.unlisted_at is not None]
    changes = [(row, now) for row in lost] + [(row, None) for row in back]
    for row, at in changes:
        key = {"of_sha256": row.sha256, "of_filename": row.filename, "at": at}
        connection.execute(_UNLISTED, {"of_owner": owner, "of_project": project, **key})
    return len(lost)


def _is_held(connection: sa.Connection, key: tuple[str, ...]) -> bool:
    names = ("sha256", "owner", "project", "filename")
    return connection.execute(_HAS, dict(zip(names, key, strict=True))).first() is not None


def _select_digest(connection: sa.Connection, digest: Sha256) -> tuple[HeldRow, ...]:
    return tuple(HeldRow(*row) for row in connection.execute(_OF_DIGEST, {"sha256": digest}))


def select_held(connection: sa.Connection, owner: str, project: ProjectName) -> tuple[HeldRow, ...]:
    """Return the held files of a project, by file name."""
    return tuple(_OF_PROJECT.rows(connection, {"owner": owner, "project": project}))


def _select_names(connection: sa.Connection, owner: str) -> tuple[ProjectName, ...]:
    return tuple(connection.execute(_NAMES, {"owner": owner}).scalars())


def _select_shelf(connection: sa.Connection, shelf: str) -> tuple[HeldRow, ...]:
    # Between two bounds, which an index can use; "g" comes after every hex digit.
    parameters = {"first": shelf, "last": f"{shelf}g"}
    return tuple(HeldRow(*row) for row in connection.execute(_OF_SHELF, parameters))


def _remove(connection: sa.Connection, digest: Sha256) -> None:
    for row in _select_digest(connection, digest):
        note_undone(connection, row.owner, row.project)
    connection.execute(_REMOVE, {"sha256": digest})


_INSERT = PreparedChange(insert(held).on_conflict_do_nothing())
_USED = (
    held.update()
    .where(held.c.sha256 == sa.bindparam("of_sha256"))
    .where(held.c.last_used_at <= sa.bindparam("before"))
    .values(last_used_at=sa.bindparam("now"))
)
_UNLISTED = (
    held.update()
    .where(
        held.c.sha256 == sa.bindparam("of_sha256"),
        held.c.owner == sa.bindparam("of_owner"),
        held.c.project == sa.bindparam("of_project"),
        held.c.filename == sa.bindparam("of_filename"),
    )
    .values(unlisted_at=sa.bindparam("at"))
)
_ALL_UNLISTED = (
    held.update()
    .where(
        held.c.owner == sa.bindparam("of_owner"),
        held.c.project == sa.bindparam("of_project"),
        held.c.unlisted_at.is_(None),
    )
    .values(unlisted_at=sa.bindparam("now"))
)
_HAS = sa.select(held.c.size).where(
    held.c.sha256 == sa.bindparam("sha256"),
    held.c.owner == sa.bindparam("owner"),
    held.c.project == sa.bindparam("project"),
    held.c.filename == sa.bindparam("filename"),
)
_OF_DIGEST = (
    sa.select(*columns_of(held, HeldRow))
    .where(held.c.sha256 == sa.bindparam("sha256"))
    .order_by(held.c.owner, held.c.project, held.c.filename)
)
_OF_PROJECT = PreparedQuery(
    sa.select(*columns_of(held, HeldRow))
    .where(held.c.owner == sa.bindparam("owner"), held.c.project == sa.bindparam("project"))
    .order_by(held.c.filename),
    HeldRow,
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
