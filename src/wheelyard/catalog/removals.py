"""Removals: names and blobs that go, in transactions that look once more before they do.

Names go first, and bytes after them: who is killed in between leaves bytes that nothing names, and
these are found the next time. What was planned may be out of date when it is done, so each piece is
looked at again in the transaction that does it: what was used, listed, pinned or named since stays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog.base import Change
from wheelyard.catalog.blob_names import select_blobs, select_is_named
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_rows import hosted_index
from wheelyard.catalog.hosting_tables import hosted_files, tombstones
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.mirrored import note_undone
from wheelyard.catalog.tables import held, metadata_files
from wheelyard.clock import Clock, Instant
from wheelyard.decide.evict import Blob, Name, Removal
from wheelyard.names import Sha256

__all__ = ["FILE_REMOVED", "Removals", "Removed"]

FILE_REMOVED = "file.removed"


@dataclass(frozen=True, slots=True)
class Removed:
    """What has become of a removal: ``loose`` are the blobs that nothing names any more."""

    removal: Removal
    loose: tuple[Sha256, ...] = ()


class Removals:
    """The way out of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def remove_names(self, removals: Sequence[Removal]) -> tuple[Removed, ...]:
        """Take names away, with a row of the journal for each, and return what was done.

        What is not as it was planned any more is left out.
        """
        return await self._connections.write(_remove_names, tuple(removals), self._clock.now())

    async def put_away(
        self, digests: Iterable[Sha256], put_away: Callable[[Sha256], bool]
    ) -> tuple[Sha256, ...]:
        """Have those blobs put away that nothing names; return those that were.

        ``put_away`` moves one out of the store at once, while nobody else can write, and says
        whether it was there: so nobody gives it a name in between.
        """
        return await self._connections.write(_put_away, tuple(digests), put_away)

    async def note_replaced(self) -> int:
        """Note which files of our own are held and listed no more, and were not deleted.

        Such as those that a volatile index has other bytes for. Returns how many are new.
        """
        return await self._connections.write(_note_replaced, self._clock.now())


def _remove_names(
    connection: sa.Connection, removals: tuple[Removal, ...], now: Instant
) -> tuple[Removed, ...]:
    done: list[Removed] = []
    digests = [removal.blob.sha256 for removal in removals]
    present = {blob.sha256: blob for blob in select_blobs(connection, digests)}
    for removal in removals:
        blob = present.get(removal.blob.sha256)
        if _knowledge(blob) != _knowledge(removal.blob):
            continue
        for name in removal.names:
            _remove_name(connection, removal, name, now)
        is_last = removal.takes_blob and len(removal.names) == len(removal.blob.names)
        loose = _loose(connection, removal.blob.sha256) if is_last else ()
        done.append(Removed(removal, loose))
    return tuple(done)


def _knowledge(blob: Blob | None) -> tuple[object, ...]:
    """Return what decided about a blob that the catalog knows; None is one that nothing names."""
    return ((), False, False) if blob is None else (blob.names, blob.is_pinned, blob.is_beside)


def _remove_name(connection: sa.Connection, removal: Removal, name: Name, now: Instant) -> None:
    """Take one name away. A deletion of ours was told when it was done."""
    digest = removal.blob.sha256
    key = {"digest": digest, "of_owner": name.owner, "of_project": name.project}
    connection.execute(_REMOVE_NAME, {**key, "of_filename": name.filename})
    if hosted_index(name.owner) is None:
        note_undone(connection, name.owner, name.project)
        detail = {"filename": name.filename, "sha256": digest, "reason": removal.reason.value}
        append_change(connection, Change(FILE_REMOVED, name.owner, name.project, detail), now)


def _loose(connection: sa.Connection, digest: Sha256) -> tuple[Sha256, ...]:
    """Forget the metadata of a file that is gone; return what nothing names then."""
    beside = [*connection.execute(_METADATA_OF, {"digest": digest}).scalars()]
    if beside:
        connection.execute(_REMOVE_METADATA, {"digest": digest})
    return tuple(
        each for each in dict.fromkeys([digest, *beside]) if not select_is_named(connection, each)
    )


def _put_away(
    connection: sa.Connection, digests: tuple[Sha256, ...], put_away: Callable[[Sha256], bool]
) -> tuple[Sha256, ...]:
    return tuple(
        digest for digest in digests if not select_is_named(connection, digest) and put_away(digest)
    )


def _note_replaced(connection: sa.Connection, now: Instant) -> int:
    connection.execute(_LISTED_AGAIN)
    return connection.execute(_REPLACED, {"now": now}).rowcount


_REMOVE_NAME = held.delete().where(
    held.c.sha256 == sa.bindparam("digest"),
    held.c.owner == sa.bindparam("of_owner"),
    held.c.project == sa.bindparam("of_project"),
    held.c.filename == sa.bindparam("of_filename"),
)
_METADATA_OF = sa.select(metadata_files.c.metadata_sha256).where(
    metadata_files.c.wheel_sha256 == sa.bindparam("digest")
)
_REMOVE_METADATA = metadata_files.delete().where(
    metadata_files.c.wheel_sha256 == sa.bindparam("digest")
)
_IS_LISTED = sa.exists().where(
    hosted_files.c.owner == held.c.owner,
    hosted_files.c.project == held.c.project,
    hosted_files.c.filename == held.c.filename,
    hosted_files.c.sha256 == held.c.sha256,
)
_IS_BURIED = sa.exists().where(
    tombstones.c.owner == held.c.owner,
    tombstones.c.project == held.c.project,
    tombstones.c.filename == held.c.filename,
    tombstones.c.sha256 == held.c.sha256,
)
# Between two bounds, which an index can use; ";" comes after ":".
_IS_OURS = held.c.owner.between("hosted:", "hosted;")
_LISTED_AGAIN = (
    held.update()
    .where(_IS_OURS, held.c.unlisted_at.is_not(None), _IS_LISTED)
    .values(unlisted_at=None)
)
_REPLACED = (
    held.update()
    .where(_IS_OURS, held.c.unlisted_at.is_(None))
    .where(~_IS_LISTED, ~_IS_BURIED)
    .values(unlisted_at=sa.bindparam("now"))
)
