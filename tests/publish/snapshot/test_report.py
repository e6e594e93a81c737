"""What became of a snapshot."""

from pathlib import Path

from wheelyard.names import Sha256
from wheelyard.publish.snapshot.report import SnapshotAbout, SnapshotReport


def test_report_is_a_record() -> None:
    """Two that say the same are the same."""
    counts = {"projects": 1, "releases": 2, "files": 3, "changed": 1, "removed": 0, "unread": 0}
    one, other = (
        SnapshotReport(Path("a"), Sha256("00" * 32), 10, 7, **counts, is_new=True, is_same=False)
        for _ in range(2)
    )

    assert one == other
    assert SnapshotAbout("main", 0, None) == SnapshotAbout("main", 0, None)
