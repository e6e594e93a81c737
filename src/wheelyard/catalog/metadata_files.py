"""Metadata files: the core metadata of wheels, known by the wheel's digest."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from wheelyard.catalog.base import MetadataRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import metadata_files
from wheelyard.names import Sha256

__all__ = ["MetadataFiles"]

MAX_DIGESTS_PER_QUERY = 500


class MetadataFiles:
    """What one catalog knows of the metadata of wheels."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def save(self, row: MetadataRow) -> None:
        """Note which metadata a wheel has, in place of what was noted before."""
        await self._connections.write(_save, row)

    async def load(self, wheel: Sha256) -> MetadataRow | None:
        """Return what is known of the metadata of a wheel, or None."""
        return (await self.find([wheel])).get(wheel)

    async def find(self, wheels: Iterable[Sha256]) -> Mapping[Sha256, MetadataRow]:
        """Return what is known, by wheel; wheels of which nothing is known are left out."""
        return await self._connections.read(_select, tuple(wheels))


def _save(connection: sa.Connection, row: MetadataRow) -> None:
    connection.execute(_SAVE, values_of(row))


def _select(connection: sa.Connection, wheels: tuple[Sha256, ...]) -> Mapping[Sha256, MetadataRow]:
    found = {}
    for start in range(0, len(wheels), MAX_DIGESTS_PER_QUERY):
        some = wheels[start : start + MAX_DIGESTS_PER_QUERY]
        for row in connection.execute(_SELECT, {"wheels": some}):
            found[row.wheel_sha256] = MetadataRow(*row)
    return found


_SAVE = upsert(metadata_files)
_SELECT = sa.select(*columns_of(metadata_files, MetadataRow)).where(
    metadata_files.c.wheel_sha256.in_(sa.bindparam("wheels", expanding=True))
)
