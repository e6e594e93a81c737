"""Sync runs: when an index was filled ahead of need, and what each run came to."""

import sqlalchemy as sa

from wheelyard.catalog.base import Outcome, Scope, SyncRunRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.mirror_tables import sync_runs
from wheelyard.catalog.rows import columns_of
from wheelyard.clock import Instant

__all__ = ["Outcome", "Scope", "SyncRunRow", "SyncRuns"]

KEPT = 100
"""How many runs of an index are remembered, besides the last one that completed."""


class SyncRuns:
    """The runs of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, index: str, scope: Scope, now: Instant) -> int:
        """Write down that a run of ``index`` begins, and return its number."""
        return await self._connections.write(_begin, index, scope, now)

    async def end(self, number: int, outcome: Outcome, report_json: str, now: Instant) -> None:
        """Write down what a run came to, and forget runs of long ago."""
        values: dict[str, object] = {"run": number, "as": outcome, "report": report_json, "at": now}
        await self._connections.write(_end, values)

    async def last(self, index: str, limit: int = 1) -> tuple[SyncRunRow, ...]:
        """Return the last runs of ``index``, the newest first."""
        return await self._connections.read(_select_last, index, limit)

    async def last_complete(self, index: str) -> Instant | None:
        """Return when the last run began after which everything of ``index`` was here.

        Runs for what a command named tell nothing about the rest, so they do not count.
        """
        return await self._connections.read(_select_complete, index)


def _begin(connection: sa.Connection, index: str, scope: Scope, now: Instant) -> int:
    values = {
        "index_name": index,
        "started_at": now,
        "ended_at": None,
        "scope": scope,
        "outcome": "running",
        "report_json": "",
    }
    key = connection.execute(sync_runs.insert(), values).inserted_primary_key
    return int(key[0]) if key else 0


def _end(connection: sa.Connection, values: dict[str, object]) -> None:
    connection.execute(_END, values)
    index = connection.execute(_INDEX, {"run": values["run"]}).scalar_one()
    spared = connection.execute(_COMPLETE, {"index": index}).first()
    number = 0 if spared is None else spared.id
    for row in connection.execute(_OLD, {"index": index, "kept": KEPT}).all():
        if row.id != number:
            connection.execute(_FORGET, {"run": row.id})


def _select_last(connection: sa.Connection, index: str, limit: int) -> tuple[SyncRunRow, ...]:
    rows = connection.execute(_LAST, {"index": index, "most": limit})
    return tuple(SyncRunRow(*row) for row in rows)


def _select_complete(connection: sa.Connection, index: str) -> Instant | None:
    row = connection.execute(_COMPLETE, {"index": index}).first()
    return None if row is None else Instant(row.started_at)


_OF_INDEX = sync_runs.c.index_name == sa.bindparam("index")
_IS_IT = sync_runs.c.id == sa.bindparam("run")
# By number, not by time: after a clock was set back the newest run is not the one of the future.
_NEWEST_FIRST = sync_runs.c.id.desc()
_END = (
    sync_runs.update()
    .where(_IS_IT)
    .values(
        outcome=sa.bindparam("as"), report_json=sa.bindparam("report"), ended_at=sa.bindparam("at")
    )
)
_INDEX = sa.select(sync_runs.c.index_name).where(_IS_IT)
_LAST = (
    sa.select(*columns_of(sync_runs, SyncRunRow))
    .where(_OF_INDEX)
    .order_by(_NEWEST_FIRST)
    .limit(sa.bindparam("most"))
)
_COMPLETE = (
    sa.select(sync_runs.c.id, sync_runs.c.started_at)
    .where(_OF_INDEX, sync_runs.c.outcome == "done", sync_runs.c.scope != "given")
    # By time here: what `/last-modified` says never goes backwards, whatever becomes of the clock.
    .order_by(sync_runs.c.started_at.desc(), sync_runs.c.id.desc())
    .limit(1)
)
_OLD = (
    sa.select(sync_runs.c.id)
    .where(_OF_INDEX)
    .order_by(_NEWEST_FIRST)
    .limit(-1)
    .offset(sa.bindparam("kept"))
)
_FORGET = sync_runs.delete().where(_IS_IT)
