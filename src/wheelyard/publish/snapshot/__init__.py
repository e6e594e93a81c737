"""Snapshots: what an index shows, as one SQLite file that anybody can query.

Start with ``schema.py`` (what is in it), then ``rows.py`` (from a page to rows), ``writing.py``
(the working copy, and how a snapshot comes out of it), ``drafting.py`` (for whoever walks an index)
and ``running.py`` (safe queries). May import: as ``publish``.
"""

from wheelyard.publish.snapshot.drafting import SnapshotDraft, open_draft
from wheelyard.publish.snapshot.report import SnapshotAbout, SnapshotReport

__all__ = ["SnapshotAbout", "SnapshotDraft", "SnapshotReport", "open_draft"]
