"""Evidence: whether what is held agrees with the ledger, and the ledger still cannot be changed."""

from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import append_only
from wheelyard.catalog.schema import APPEND_ONLY
from wheelyard.catalog.tables import held, ledger
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Evidence", "Unproven"]


@dataclass(frozen=True, slots=True)
class Unproven:
    """A held file that the ledger does not have as it is; ``bound`` are the bytes that it has.

    ``size`` is the length that is held, ``bound_size`` the one in the ledger.
    """

    sha256: Sha256
    owner: str
    project: ProjectName
    filename: Filename
    size: int
    bound: Sha256 | None = None
    bound_size: int | None = None


class Evidence:
    """The evidence in one catalog, looked at as a whole."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def unproven(self) -> tuple[Unproven, ...]:
        """Return the held files for whose bytes the ledger has no entry, or one of other length.

        Reads every row that says what is held.
        """
        return await self._connections.read(_select_unproven)

    async def missing_guards(self) -> tuple[str, ...]:
        """Return which triggers are gone or changed that keep append-only tables as they are."""
        return await self._connections.read(_select_missing_guards)


def _select_unproven(connection: sa.Connection) -> tuple[Unproven, ...]:
    return tuple(Unproven(*row) for row in connection.execute(_UNPROVEN))


def _select_missing_guards(connection: sa.Connection) -> tuple[str, ...]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    present = {row[0]: row[1] for row in rows}
    wanted = [statement for table in APPEND_ONLY for statement in append_only(table)]
    names = {statement.split()[2]: statement for statement in wanted}
    return tuple(name for name, statement in names.items() if present.get(name) != statement)


_ENTRY = (
    (ledger.c.owner == held.c.owner)
    & (ledger.c.project == held.c.project)
    & (ledger.c.filename == held.c.filename)
)
_OTHER = sa.select(sa.func.max(ledger.c.sha256)).where(_ENTRY).correlate(held).scalar_subquery()
_UNPROVEN = (
    sa.select(
        held.c.sha256,
        held.c.owner,
        held.c.project,
        held.c.filename,
        held.c.size,
        sa.func.coalesce(ledger.c.sha256, _OTHER),
        ledger.c.size,
    )
    .select_from(held.outerjoin(ledger, _ENTRY & (ledger.c.sha256 == held.c.sha256)))
    .where(sa.or_(ledger.c.sha256.is_(None), ledger.c.size != held.c.size))
    .order_by(held.c.owner, held.c.project, held.c.filename)
)
