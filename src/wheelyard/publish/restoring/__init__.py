"""Restoring: a published tree becomes the index that it was published of.

Start with ``plan.py`` (what a tree has, as its manifest says), then ``run.py`` (all of it, project
by project); ``arriving.py`` gets the files, ``model.py`` says what a page means for the catalog,
and ``comparing.py`` whether the index is what it was.
A tree is input like any other: everything is bounded, parsed and proven before it counts.
May import: what the room above may.
"""

from wheelyard.publish.restoring.comparing import compare_pages
from wheelyard.publish.restoring.opening import Opened, Trusted, open_published
from wheelyard.publish.restoring.plan import Totals, total
from wheelyard.publish.restoring.report import Report
from wheelyard.publish.restoring.run import RestoreParts, restore_tree

__all__ = [
    "Opened",
    "Report",
    "RestoreParts",
    "Totals",
    "Trusted",
    "compare_pages",
    "open_published",
    "restore_tree",
    "total",
]
