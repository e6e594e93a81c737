"""The last run by which each index was filled ahead of need, for people and for metrics."""

from datetime import UTC, datetime

import msgspec

from wheelyard.catalog import SyncRunRow

__all__ = ["SyncProblem", "SyncStatus", "report_sync"]

_MOST_PROBLEMS = 10


class SyncProblem(msgspec.Struct, frozen=True):
    """Something wanted that was not to be had. ``project`` is empty if it is none of one."""

    project: str
    reason: str


class SyncStatus(msgspec.Struct, frozen=True):
    """The last run for one index: ``done``, ``partial``, ``failed``, ``stopped`` or ``running``.

    ``failed`` counts what was wanted and could not be had, ``problems`` has the first of it; that
    is tried again at the next run. ``held_back`` are projects that upstream does not list any more,
    too many to be removed by themselves.
    """

    index: str
    outcome: str
    scope: str
    began_at: datetime
    seconds: float | None = None
    looked_at: int = 0
    files: int = 0
    bytes: int = 0
    failed: int = 0
    held_back: int = 0
    removed: int = 0
    problems: tuple[SyncProblem, ...] = ()


class _Told(msgspec.Struct, frozen=True):
    """What the room that runs syncs wrote down of a run, as far as it is shown."""

    looked_at: int = 0
    files: int = 0
    bytes: int = 0
    failed: int = 0
    held_back: int = 0
    removed: int = 0
    problems: tuple[SyncProblem, ...] = ()


def report_sync(row: SyncRunRow) -> SyncStatus:
    """Return what there is to tell of a run; one that was killed is ``running`` for ever."""
    told = _told(row.report_json)
    seconds = None if row.ended_at is None else round(max(0.0, row.ended_at - row.started_at), 1)
    return SyncStatus(
        index=row.index_name,
        outcome=row.outcome,
        scope=row.scope,
        began_at=datetime.fromtimestamp(int(row.started_at), UTC),
        seconds=seconds,
        looked_at=told.looked_at,
        files=told.files,
        bytes=told.bytes,
        failed=told.failed,
        held_back=told.held_back,
        removed=told.removed,
        problems=told.problems[:_MOST_PROBLEMS],
    )


def _told(report_json: str) -> _Told:
    """Return what a report says; another version's may say nothing that is known here."""
    try:
        return msgspec.json.decode(report_json or "{}", type=_Told)
    except msgspec.DecodeError:
        return _Told()
