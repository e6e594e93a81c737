"""Receipts: many files that have arrived, written down in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog.base import LedgerRow, MetadataRow, OddPathRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedQuery
from wheelyard.catalog.held import keep_file
from wheelyard.catalog.metadata_files import save_metadata
from wheelyard.catalog.tables import held, ledger
from wheelyard.clock import Clock
from wheelyard.errors import Conflict
from wheelyard.model import FileRef

__all__ = ["Receipt", "Receipts"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A proven file: its ledger entry, where it is asked for, and its metadata if they are held."""

    entry: LedgerRow
    path: OddPathRow
    metadata: MetadataRow | None = None


class Receipts:
    """What has arrived, in one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def knows_now(self, owner: str, ref: FileRef) -> bool:
        """Say whether anything is known of the name of ``ref`` or of its bytes; at once.

        That is: the ledger has the name, with these bytes or others, or the bytes are held.
        """
        values = {
            "owner": owner,
            "project": ref.project,
            "filename": ref.file.filename,
            "sha256": ref.file.sha256,
        }
        found = self._connections.read_now(lambda connection: _KNOWN.first(connection, values))
        return bool(found)

    async def write(self, receipts: Sequence[Receipt]) -> list[Conflict | None]:
        """Write down all that may be, in one transaction; return who may not, in their places."""
        return await self._connections.write(self._write, receipts)

    def _write(
        self, connection: sa.Connection, receipts: Sequence[Receipt]
    ) -> list[Conflict | None]:
        now = self._clock.now()
        results: list[Conflict | None] = []
        for receipt in receipts:
            try:
                keep_file(connection, receipt.entry, receipt.path, now)
            except Conflict as error:  # it is the first to be asked: nothing was written of it
                results.append(error)
            else:
                if receipt.metadata is not None:
                    save_metadata(connection, receipt.metadata)
                results.append(None)
        return results


_IN_LEDGER = (
    sa.exists()
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .where(ledger.c.filename == sa.bindparam("filename"))
)
_IS_HELD = sa.exists().where(held.c.sha256 == sa.bindparam("sha256"))
_KNOWN = PreparedQuery(sa.select(sa.or_(_IN_LEDGER, _IS_HELD)), int)
