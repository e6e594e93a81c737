"""Acceptance: an operator believes an upstream that a name stands for other bytes from now on.

The ledger is not rewritten: the name gets a new generation, beside the evidence of the old one.
"""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change, HeldRow, LedgerRow, OddPathRow
from wheelyard.catalog.held import note_held
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.ledger import bind, select_newest
from wheelyard.catalog.odd_paths import save_path
from wheelyard.catalog.tables import pages
from wheelyard.clock import Instant

__all__ = ["Acceptance", "accept"]

PAGE_CHANGED = "page.changed"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Bytes that were fetched and proven, and are held: ``row`` is of whatever generation.

    ``path`` is where they are served; ``index`` and ``reason`` are for the audit log.
    """

    row: LedgerRow
    path: OddPathRow
    index: str
    reason: str = ""


def accept(connection: sa.Connection, wanted: Acceptance, actor: Actor, at: Instant) -> LedgerRow:
    """Bind the name to the bytes under a new generation, unless it stands for them already."""
    row = wanted.row
    names = (row.owner, row.project, row.filename)
    bound = select_newest(connection, *names)
    if bound is not None and bound.sha256 == row.sha256:
        return bound
    row = replace(row, generation=bound.generation + 1 if bound else 1, first_seen=at)
    bind(connection, row)
    held = HeldRow(row.sha256, *names, size=row.size, stored_at=at, last_used_at=at)
    note_held(connection, held)
    save_path(connection, wanted.path)
    _announce(connection, row, at)
    detail = {
        "filename": row.filename,
        "before": bound.sha256 if bound else None,
        "sha256": row.sha256,
        "source": row.source,
        "reason": wanted.reason,
    }
    append_audit(
        connection, actor, AuditEntry("file.accepted", wanted.index, row.project, detail), at
    )
    return row


def _announce(connection: sa.Connection, row: LedgerRow, at: Instant) -> None:
    """Say that the page changed: it states the digests that the ledger has."""
    revision = append_change(connection, Change(PAGE_CHANGED, row.owner, row.project), at)
    key = {"of_owner": row.owner, "of_project": row.project, "revision": revision}
    connection.execute(_MARK, key)


_MARK = (
    pages.update()
    .where(pages.c.owner == sa.bindparam("of_owner"), pages.c.project == sa.bindparam("of_project"))
    .values(revision=sa.bindparam("revision"))
)
