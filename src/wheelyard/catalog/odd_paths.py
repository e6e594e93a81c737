"""Odd paths: files whose URL path does not reveal which project they belong to."""

import sqlalchemy as sa

from wheelyard.catalog.base import OddPathRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, upsert
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import odd_paths

__all__ = ["OddPaths", "save_path"]


class OddPaths:
    """The odd paths of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def save(self, row: OddPathRow) -> None:
        """Note where a path belongs, in place of what was noted before."""
        await self._connections.write(save_path, row)

    async def load(self, owner: str, path: str) -> OddPathRow | None:
        """Return where ``path`` belongs, or None if it is not odd or was never seen."""
        return await self._connections.read(_select, owner, path)


def save_path(connection: sa.Connection, row: OddPathRow) -> None:
    """Do what ``OddPaths.save`` promises, in the transaction of ``connection``."""
    _SAVE.run(connection, values_of(row))


def _select(connection: sa.Connection, owner: str, path: str) -> OddPathRow | None:
    row = connection.execute(_SELECT, {"owner": owner, "path": path}).first()
    return OddPathRow(*row) if row else None


_SAVE = PreparedChange(upsert(odd_paths), [column.name for column in odd_paths.columns])
_SELECT = sa.select(*columns_of(odd_paths, OddPathRow)).where(
    odd_paths.c.owner == sa.bindparam("owner"), odd_paths.c.path == sa.bindparam("path")
)
