"""What a snapshot is of, and what became of making it."""

from dataclasses import dataclass
from pathlib import Path

from wheelyard.clock import Instant
from wheelyard.names import Sha256

__all__ = ["SnapshotAbout", "SnapshotReport"]


@dataclass(frozen=True, slots=True)
class SnapshotAbout:
    """What a snapshot is of: ``serial`` is that of the newest change which the index shows.

    ``changed_at`` is when that was; None if nothing ever changed.
    """

    index: str
    serial: int
    changed_at: Instant | None


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """A snapshot that was written: its digest stands beside it as ``PATH.sha256``.

    ``changed`` and ``removed`` count the projects that differ from the snapshot before, or from
    nothing if ``is_new``. ``unread`` counts releases whose metadata could not be had now; they are
    tried again with the next snapshot. ``is_same``: the file has the bytes that it had before.
    """

    path: Path
    sha256: Sha256
    size: int
    serial: int
    projects: int
    releases: int
    files: int
    changed: int
    removed: int
    unread: int
    is_new: bool
    is_same: bool
