"""What people and metrics are told of the last run that filled an index."""

from wheelyard.catalog import SyncRunRow
from wheelyard.clock import Instant
from wheelyard.monitor.syncs import SyncProblem, report_sync

REPORT = '{"looked_at": 5, "failed": 2, "problems": [{"project": "a", "reason": "no answer"}]}'


def row(ended_at: float | None, report_json: str) -> SyncRunRow:
    """Return a run that began at 100."""
    end = None if ended_at is None else Instant(ended_at)
    return SyncRunRow(1, "main", Instant(100.0), end, "configured", "partial", report_json)


def test_run_tells_what_it_came_to() -> None:
    """With the first of what it could not have."""
    status = report_sync(row(109.96, REPORT))

    assert (status.outcome, status.seconds, status.looked_at, status.failed) == (
        "partial",
        10.0,
        5,
        2,
    )
    assert status.problems == (SyncProblem("a", "no answer"),)


def test_run_that_goes_on_has_nothing_to_tell_yet() -> None:
    """Neither has one that was killed."""
    status = report_sync(row(None, ""))

    assert (status.seconds, status.looked_at, status.problems) == (None, 0, ())


def test_report_of_another_version_is_left_out() -> None:
    """The rest of the run is shown."""
    assert report_sync(row(101.0, '{"looked_at": "many"}')).looked_at == 0
