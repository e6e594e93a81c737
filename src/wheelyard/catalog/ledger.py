"""The ledger: which bytes a name stands for, for ever.

Append-only: the database itself refuses to change or delete a row. A name gets other bytes only
under a new generation, which a ``volatile`` hosted index or an audited command starts.
"""

import sqlalchemy as sa

from wheelyard.catalog.base import LedgerRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import ledger
from wheelyard.errors import Conflict
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Ledger", "bind", "select_ledger", "select_newest"]


class Ledger:
    """The ledger of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def record(self, row: LedgerRow) -> LedgerRow:
        """Bind a name to its bytes and return what is bound: ``row``, or the earlier equal row.

        Raises:
            Conflict: the name of that generation is bound to another digest.
        """
        return await self._connections.write(bind, row)

    async def load(self, owner: str, project: ProjectName, filename: Filename) -> LedgerRow | None:
        """Return the entry of the newest generation, or None if the name was never bound."""
        return await self._connections.read(select_newest, owner, project, filename)

    def load_now(self, owner: str, project: ProjectName, filename: Filename) -> LedgerRow | None:
        """Return the same without leaving the thread; one indexed look-up, for hot places."""
        return self._connections.read_now(
            lambda connection: select_newest(connection, owner, project, filename)
        )

    def knows_now(self, owner: str, project: ProjectName) -> bool:
        """Say whether any name of ``project`` was bound; at once, as ``load_now``."""
        values = {"owner": owner, "project": project}
        found = self._connections.read_now(lambda connection: _ANY.first(connection, values))
        return found is not None

    async def of_project(self, owner: str, project: ProjectName) -> tuple[LedgerRow, ...]:
        """Return every entry of a project, by file name and then generation."""
        return await self._connections.read(select_ledger, owner, project)

    async def of_digest(self, digest: Sha256) -> tuple[LedgerRow, ...]:
        """Return every entry whose bytes have that digest, oldest first."""
        return await self._connections.read(_select_digest, digest)


def bind(connection: sa.Connection, row: LedgerRow) -> LedgerRow:
    """Do what ``Ledger.record`` promises, in the transaction of ``connection``."""
    values = values_of(row)
    bound = _EXACT.first(connection, values)
    if bound is None:
        _INSERT.run(connection, values)
        return row
    if bound.sha256 != row.sha256:
        raise Conflict(
            f"`{row.filename}` of `{row.project}` in `{row.owner}`",
            f"it is bound to sha256 {bound.sha256} since {bound.first_seen:.0f} "
            f"(from {bound.source}), but {row.source} offers sha256 {row.sha256}; "
            "a file name keeps its bytes for ever: ask the index's owner what happened to it.",
        )
    return bound


def select_newest(
    connection: sa.Connection, owner: str, project: ProjectName, filename: Filename
) -> LedgerRow | None:
    """Return the entry of the newest generation, or None if the name was never bound."""
    parameters = {"owner": owner, "project": project, "filename": filename}
    return _NEWEST.first(connection, parameters)


def _row(*values: object) -> LedgerRow:
    """Return a row as a record; the database has no booleans."""
    *before, first_use, generation = values
    return LedgerRow(*before, bool(first_use), generation)  # type: ignore[arg-type, call-arg]  # as its columns are


def select_ledger(
    connection: sa.Connection, owner: str, project: ProjectName
) -> tuple[LedgerRow, ...]:
    """Return every entry of a project, by file name and then generation."""
    return tuple(_OF_PROJECT.rows(connection, {"owner": owner, "project": project}))


def _select_digest(connection: sa.Connection, digest: Sha256) -> tuple[LedgerRow, ...]:
    return tuple(LedgerRow(*row) for row in connection.execute(_OF_DIGEST, {"sha256": digest}))


_COLUMNS = columns_of(ledger, LedgerRow)
_INSERT = PreparedChange(ledger.insert())
_OF_PROJECT = PreparedQuery(
    sa.select(*_COLUMNS)
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .order_by(ledger.c.filename, ledger.c.generation),
    _row,
)
_ANY = PreparedQuery(
    sa.select(ledger.c.size)
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .limit(1),
    int,
)
_SELECT_NEWEST = (
    sa.select(*_COLUMNS)
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .where(ledger.c.filename == sa.bindparam("filename"))
    .order_by(ledger.c.generation.desc())
    .limit(1)
)
_NEWEST = PreparedQuery(_SELECT_NEWEST, _row)
_EXACT = PreparedQuery(
    _SELECT_NEWEST.where(ledger.c.generation == sa.bindparam("generation")), _row
)
_OF_DIGEST = (
    sa.select(*_COLUMNS)
    .where(ledger.c.sha256 == sa.bindparam("sha256"))
    .order_by(ledger.c.first_seen)
)
