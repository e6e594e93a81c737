"""Metadata files: the core metadata of wheels, known by the wheel's digest."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from wheelyard.catalog.base import MetadataRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, upsert
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import held, metadata_files
from wheelyard.names import Sha256

__all__ = ["MetadataFiles", "save_metadata", "select_held_metadata"]

MAX_DIGESTS_PER_QUERY = 500


class MetadataFiles:
    """What one catalog knows of the metadata of wheels."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def save(self, row: MetadataRow) -> None:
        """Note which metadata a wheel has, in place of what was noted before."""
        await self._connections.write(save_metadata, row)

    async def load(self, wheel: Sha256) -> MetadataRow | None:
        """Return what is known of the metadata of a wheel, or None."""
        return (await self.find([wheel])).get(wheel)

    def knows_now(self, wheel: Sha256, metadata: Sha256) -> bool:
        """Say whether these are known to be the metadata of ``wheel``; one look-up, at once."""
        values = {"wheel": wheel, "metadata": metadata}
        found = self._connections.read_now(lambda connection: _KNOWN.first(connection, values))
        return found is not None

    async def forget(self, metadata: Sha256) -> None:
        """Forget of which wheels these are the metadata; they are made anew when asked for."""
        await self._connections.write(_forget, metadata)

    async def find(self, wheels: Iterable[Sha256]) -> Mapping[Sha256, MetadataRow]:
        """Return what is known, by wheel; wheels of which nothing is known are left out."""
        return await self._connections.read(_select, tuple(wheels))


def save_metadata(connection: sa.Connection, row: MetadataRow) -> None:
    """Do what ``MetadataFiles.save`` promises, in the transaction of ``connection``."""
    _SAVE.run(connection, values_of(row))


def select_held_metadata(
    connection: sa.Connection, owner: str, project: str
) -> tuple[MetadataRow, ...]:
    """Return what is known of the metadata of the held files of a project."""
    return tuple(_OF_HELD.rows(connection, {"owner": owner, "project": project}))


def _forget(connection: sa.Connection, metadata: Sha256) -> None:
    connection.execute(_FORGET, {"digest": metadata})


def _select(connection: sa.Connection, wheels: tuple[Sha256, ...]) -> Mapping[Sha256, MetadataRow]:
    found = {}
    for start in range(0, len(wheels), MAX_DIGESTS_PER_QUERY):
        some = wheels[start : start + MAX_DIGESTS_PER_QUERY]
        for row in connection.execute(_SELECT, {"wheels": some}):
            found[row.wheel_sha256] = MetadataRow(*row)
    return found


_SAVE = PreparedChange(upsert(metadata_files), [column.name for column in metadata_files.columns])
_KNOWN = PreparedQuery(
    sa.select(metadata_files.c.size)
    .where(metadata_files.c.wheel_sha256 == sa.bindparam("wheel"))
    .where(metadata_files.c.metadata_sha256 == sa.bindparam("metadata")),
    int,
)
_OF_HELD = PreparedQuery(
    sa.select(*columns_of(metadata_files, MetadataRow))
    .join(held, held.c.sha256 == metadata_files.c.wheel_sha256)
    .where(held.c.owner == sa.bindparam("owner"), held.c.project == sa.bindparam("project")),
    MetadataRow,
)
_FORGET = metadata_files.delete().where(metadata_files.c.metadata_sha256 == sa.bindparam("digest"))
_SELECT = sa.select(*columns_of(metadata_files, MetadataRow)).where(
    metadata_files.c.wheel_sha256.in_(sa.bindparam("wheels", expanding=True))
)
