"""Served files: what the files of a directory were found to be, so that a restart reads none."""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from wheelyard.catalog.base import ServedRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.served_tables import served_files

__all__ = ["Served"]

_MAX_PATHS_PER_QUERY = 500


class Served:
    """What one catalog knows of directories that are served where they are."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def of_directory(self, directory: str) -> Mapping[str, ServedRow]:
        """Return everything that is known of a directory, by path."""
        return await self._connections.read(_select_all, directory)

    async def find(self, directory: str, paths: Collection[str]) -> Mapping[str, ServedRow]:
        """Return what is known of some files, by path."""
        return await self._connections.read(_select_some, directory, tuple(paths))

    async def save(self, rows: Iterable[ServedRow]) -> None:
        """Note what files are, in place of what was noted before."""
        await self._connections.write(_save, tuple(rows))

    async def forget(self, directory: str, paths: Collection[str]) -> None:
        """Drop what is known of files that are gone."""
        await self._connections.write(_delete, directory, tuple(paths))


def _select_all(connection: sa.Connection, directory: str) -> Mapping[str, ServedRow]:
    rows = connection.execute(_ALL, {"directory": directory})
    return {row.path: ServedRow(*row) for row in rows}


def _select_some(
    connection: sa.Connection, directory: str, paths: tuple[str, ...]
) -> Mapping[str, ServedRow]:
    found = {}
    for some in _batches(paths):
        for row in connection.execute(_SOME, {"directory": directory, "paths": some}):
            found[row.path] = ServedRow(*row)
    return found


def _save(connection: sa.Connection, rows: tuple[ServedRow, ...]) -> None:
    if rows:
        connection.execute(_SAVE, [values_of(row) for row in rows])


def _delete(connection: sa.Connection, directory: str, paths: tuple[str, ...]) -> None:
    for some in _batches(paths):
        connection.execute(_DELETE, {"gone_from": directory, "paths": some})


def _batches(paths: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Yield ``paths`` in as many as one statement may name."""
    for start in range(0, len(paths), _MAX_PATHS_PER_QUERY):
        yield paths[start : start + _MAX_PATHS_PER_QUERY]


_SAVE = upsert(served_files)
_ALL = sa.select(*columns_of(served_files, ServedRow)).where(
    served_files.c.directory == sa.bindparam("directory")
)
_SOME = _ALL.where(served_files.c.path.in_(sa.bindparam("paths", expanding=True)))
_DELETE = served_files.delete().where(
    served_files.c.directory == sa.bindparam("gone_from"),
    served_files.c.path.in_(sa.bindparam("paths", expanding=True)),
)
