"""What names a blob: every place of the catalog that a digest can be in, looked up together.

A file of an owner (``held``), the metadata of a wheel (``metadata_files``), metadata and provenance
of a file of our own (``hosted_files``), and pins. Whoever adds a table with digests of blobs adds
it here, or its blobs are collected.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_rows import hosted_index
from wheelyard.catalog.hosting_tables import hosted_files, tombstones
from wheelyard.catalog.mirror_tables import pins
from wheelyard.catalog.tables import held, metadata_files
from wheelyard.clock import Instant
from wheelyard.decide.evict import Blob, Name
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = [
    "BesideRow",
    "BlobNames",
    "Place",
    "Unrecorded",
    "select_blobs",
    "select_is_named",
    "select_shelf",
]

_OURS = "hosted:%"

Place = tuple[Instant, Sha256]
"""Where a name is among all that are held, in the order of their last use."""


@dataclass(frozen=True, slots=True)
class BesideRow:
    """A blob that goes with a file: its metadata, or its provenance object.

    ``of`` is the digest of the file; its names are None if the file itself is not held.
    """

    sha256: Sha256
    kind: Literal["metadata", "provenance"]
    of: Sha256
    owner: str | None = None
    project: ProjectName | None = None
    filename: Filename | None = None


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A file of our own that is listed, and of which no row says that its bytes are held."""

    sha256: Sha256
    owner: str
    project: ProjectName
    filename: Filename
    size: int


@dataclass(frozen=True, slots=True)
class _HeldName:
    """A row of ``held``, and what hosted files and tombstones say of it."""

    sha256: Sha256
    size: int
    owner: str
    project: ProjectName
    filename: Filename
    last_used_at: Instant
    unlisted_at: Instant | None
    listed: Sha256 | None
    deleted_at: Instant | None

    @property
    def name(self) -> Name:
        """The name with what is known of who lists it."""
        is_ours = hosted_index(self.owner) is not None
        gone_at = self.unlisted_at
        if is_ours:
            gone_at = None if self.listed is not None else self.deleted_at or self.unlisted_at
        names = (self.owner, self.project, self.filename)
        return Name(*names, self.last_used_at, gone_at, is_ours=is_ours)


class BlobNames:
    """What names the blobs of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def of_shelf(self, shelf: str) -> tuple[Blob, ...]:
        """Return every blob that anything names and whose digest begins with ``shelf``.

        In the order of digests; nothing is said of their files.
        """
        return await self._connections.read(select_shelf, shelf)

    async def beside(self, shelf: str) -> tuple[BesideRow, ...]:
        """Return what goes with files, of those whose digests begin with ``shelf``."""
        return await self._connections.read(_select_beside, shelf)

    async def of_digest(self, digest: Sha256) -> Blob | None:
        """Return a blob with what names it; None if nothing does."""
        found = await self._connections.read(select_blobs, (digest,))
        return found[0] if found else None

    async def longest_unused(
        self, after: Place, owners: Collection[str] | None, limit: int
    ) -> tuple[tuple[Place, Blob], ...]:
        """Return the next ``limit`` blobs in the order of their last use, each with its place.

        ``owners`` restricts them to those that one of them holds. A blob of which another name was
        used later comes once more at that place.
        """
        return await self._connections.read(_select_unused, after, owners, limit)

    async def owners(self) -> tuple[str, ...]:
        """Return everybody of whom a file is held."""
        return await self._connections.read(_select_owners)

    async def projects(self, owner: str, after: ProjectName, limit: int) -> tuple[ProjectName, ...]:
        """Return the next ``limit`` projects of which a file is held, in the order of names."""
        return await self._connections.read(_select_projects, owner, after, limit)

    async def bytes_of(self, owners: Collection[str] | None = None) -> int:
        """Return how many bytes the files of some owners have, of everybody without ``owners``.

        The same bytes count once. Reads a whole index.
        """
        return await self._connections.read(_select_bytes, owners)

    async def metadata(self, digest: Sha256) -> tuple[BesideRow, ...]:
        """Return the files whose metadata or provenance the blob is."""
        rows = await self.beside(digest)
        return tuple(row for row in rows if row.sha256 == digest)

    async def unrecorded(self) -> tuple[Unrecorded, ...]:
        """Return our own listed files of which no row says that their bytes are held."""
        return await self._connections.read(_select_unrecorded)


def select_is_named(connection: sa.Connection, digest: Sha256) -> bool:
    """Say whether anything names the blob, in the transaction of ``connection``."""
    return connection.execute(_IS_NAMED, {"digest": digest}).first() is not None


def select_blobs(connection: sa.Connection, digests: Sequence[Sha256]) -> tuple[Blob, ...]:
    """Return those of the blobs that anything names, with its names, in the order of digests."""
    wanted = {"digests": list(digests)}
    rows = [_HeldName(*row) for row in connection.execute(_HELD_OF, wanted)]
    beside = {*connection.execute(_BESIDE_OF, wanted).scalars()}
    pinned = {*connection.execute(_PINNED_OF, wanted).scalars()}
    return _blobs(rows, beside, pinned)


def select_shelf(connection: sa.Connection, shelf: str) -> tuple[Blob, ...]:
    """Do what ``BlobNames.of_shelf`` promises, on ``connection``."""
    bounds = {"first": shelf, "last": f"{shelf}g"}
    rows = [_HeldName(*row) for row in connection.execute(_HELD_ON, bounds)]
    beside = {*connection.execute(_BESIDE_ON, bounds).scalars()}
    pinned = {*connection.execute(_PINNED_ON, bounds).scalars()}
    return _blobs(rows, beside, pinned)


def _select_beside(connection: sa.Connection, shelf: str) -> tuple[BesideRow, ...]:
    bounds = {"first": shelf, "last": f"{shelf}g"}
    found = [
        BesideRow(digest, "metadata", *rest)
        for digest, *rest in connection.execute(_METADATA_ON, bounds)
    ]
    found += [
        BesideRow(digest, "metadata", *rest)
        for digest, *rest in connection.execute(_OWN_METADATA_ON, bounds)
    ]
    found += [
        BesideRow(digest, "provenance", *rest)
        for digest, *rest in connection.execute(_OWN_PROVENANCE_ON, bounds)
    ]
    return tuple(found)


def _select_unused(
    connection: sa.Connection, after: Place, owners: Collection[str] | None, limit: int
) -> tuple[tuple[Place, Blob], ...]:
    values: dict[str, object] = {"at": after[0], "digest": after[1], "most": limit}
    statement = _UNUSED
    if owners is not None:
        statement = statement.where(held.c.owner.in_(sorted(owners)))
    places = [(row.last_used_at, row.sha256) for row in connection.execute(statement, values)]
    found = {blob.sha256: blob for blob in select_blobs(connection, [each[1] for each in places])}
    return tuple((place, found[place[1]]) for place in places)


def _select_owners(connection: sa.Connection) -> tuple[str, ...]:
    return tuple(connection.execute(_OWNERS).scalars())


def _select_projects(
    connection: sa.Connection, owner: str, after: ProjectName, limit: int
) -> tuple[ProjectName, ...]:
    values = {"owner": owner, "after": after, "most": limit}
    return tuple(connection.execute(_PROJECTS, values).scalars())


def _select_bytes(connection: sa.Connection, owners: Collection[str] | None) -> int:
    rows = sa.select(held.c.sha256, held.c.size)
    if owners is not None:
        rows = rows.where(held.c.owner.in_(sorted(owners)))
    blobs = rows.distinct().subquery()
    total = sa.select(sa.func.coalesce(sa.func.sum(blobs.c.size), 0))
    return int(connection.execute(total).scalar_one())


def _select_unrecorded(connection: sa.Connection) -> tuple[Unrecorded, ...]:
    return tuple(Unrecorded(*row) for row in connection.execute(_UNRECORDED))


def _blobs(rows: Iterable[_HeldName], beside: set[Sha256], pinned: set[Sha256]) -> tuple[Blob, ...]:
    """Return the blobs that the rows of ``held`` and the two sets name."""
    names: defaultdict[Sha256, list[Name]] = defaultdict(list)
    sizes: dict[Sha256, int] = {}
    for row in rows:
        names[row.sha256].append(row.name)
        sizes[row.sha256] = row.size
    return tuple(
        Blob(
            digest,
            sizes.get(digest, 0),
            tuple(names.get(digest, ())),
            is_pinned=digest in pinned,
            is_beside=digest in beside,
        )
        for digest in sorted({*sizes, *beside, *pinned})
    )


def _on(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a digest is on a shelf: two bounds, which an index can use."""
    return column.between(sa.bindparam("first"), sa.bindparam("last"))


def _among(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a digest is one of those that are asked for."""
    return column.in_(sa.bindparam("digests", expanding=True))


_SAME_FILE = (
    (hosted_files.c.owner == held.c.owner)
    & (hosted_files.c.project == held.c.project)
    & (hosted_files.c.filename == held.c.filename)
    & (hosted_files.c.sha256 == held.c.sha256)
)
_BURIED = (
    sa.select(sa.func.max(tombstones.c.deleted_at))
    .where(
        tombstones.c.owner == held.c.owner,
        tombstones.c.project == held.c.project,
        tombstones.c.filename == held.c.filename,
        tombstones.c.sha256 == held.c.sha256,
    )
    .scalar_subquery()
)
_HELD = (
    sa.select(
        held.c.sha256,
        held.c.size,
        held.c.owner,
        held.c.project,
        held.c.filename,
        held.c.last_used_at,
        held.c.unlisted_at,
        hosted_files.c.sha256.label("listed"),
        sa.case((held.c.owner.like(_OURS), _BURIED)).label("deleted_at"),
    )
    .select_from(held.outerjoin(hosted_files, _SAME_FILE))
    .order_by(held.c.sha256, held.c.owner, held.c.project, held.c.filename)
)
_HELD_ON = _HELD.where(_on(held.c.sha256))
_HELD_OF = _HELD.where(_among(held.c.sha256))
# A file of our own that is listed stays, whether or not a row says that its bytes are held.
_BESIDE_COLUMNS = (
    hosted_files.c.sha256,
    metadata_files.c.metadata_sha256,
    hosted_files.c.metadata_sha256,
    hosted_files.c.provenance_sha256,
)
_BESIDE_ON = sa.union(*(sa.select(column).where(_on(column)) for column in _BESIDE_COLUMNS))
_BESIDE_OF = sa.union(*(sa.select(column).where(_among(column)) for column in _BESIDE_COLUMNS))
_PINNED_ON = sa.select(pins.c.sha256).where(_on(pins.c.sha256)).distinct()
_PINNED_OF = sa.select(pins.c.sha256).where(_among(pins.c.sha256)).distinct()
_NAMING = (held.c.sha256, *_BESIDE_COLUMNS, pins.c.sha256)
_IS_NAMED = sa.union_all(
    *(sa.select(sa.literal(1)).where(column == sa.bindparam("digest")) for column in _NAMING)
).limit(1)
_METADATA_ON = (
    sa.select(
        metadata_files.c.metadata_sha256,
        metadata_files.c.wheel_sha256,
        held.c.owner,
        held.c.project,
        held.c.filename,
    )
    .select_from(metadata_files.outerjoin(held, held.c.sha256 == metadata_files.c.wheel_sha256))
    .where(_on(metadata_files.c.metadata_sha256))
)
_OWN = (
    hosted_files.c.sha256,
    hosted_files.c.owner,
    hosted_files.c.project,
    hosted_files.c.filename,
)
_OWN_METADATA_ON = sa.select(hosted_files.c.metadata_sha256, *_OWN).where(
    _on(hosted_files.c.metadata_sha256)
)
_OWN_PROVENANCE_ON = sa.select(hosted_files.c.provenance_sha256, *_OWN).where(
    _on(hosted_files.c.provenance_sha256)
)
_UNUSED = (
    sa.select(held.c.last_used_at, held.c.sha256)
    .where(
        sa.tuple_(held.c.last_used_at, held.c.sha256)
        > sa.tuple_(sa.bindparam("at"), sa.bindparam("digest"))
    )
    .order_by(held.c.last_used_at, held.c.sha256)
    .limit(sa.bindparam("most"))
)
_FIRST_OWNER = sa.select(sa.func.min(held.c.owner).label("owner")).cte("owners", recursive=True)
_NEXT_OWNER = (
    sa.select(sa.func.min(held.c.owner))
    .where(held.c.owner > _FIRST_OWNER.c.owner)
    .correlate(_FIRST_OWNER)
    .scalar_subquery()
)
_EVERY_OWNER = _FIRST_OWNER.union_all(
    sa.select(_NEXT_OWNER).where(_FIRST_OWNER.c.owner.is_not(None))
)
# From one to the next along an index: DISTINCT would read the row of every file that is held.
_OWNERS = (
    sa.select(_EVERY_OWNER.c.owner)
    .where(_EVERY_OWNER.c.owner.is_not(None))
    .order_by(_EVERY_OWNER.c.owner)
)
_PROJECTS = (
    sa.select(held.c.project)
    .where(held.c.owner == sa.bindparam("owner"), held.c.project > sa.bindparam("after"))
    .distinct()
    .order_by(held.c.project)
    .limit(sa.bindparam("most"))
)
_UNRECORDED = (
    sa.select(*_OWN, hosted_files.c.size)
    .select_from(hosted_files.outerjoin(held, _SAME_FILE))
    .where(held.c.sha256.is_(None))
    .order_by(*_OWN[1:])
)
