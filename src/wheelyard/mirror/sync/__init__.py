"""Sync: fill an index ahead of need, plan then apply.

Start with ``run.py`` (news, plan, and what is done about it); ``listing.py`` is who tells the news,
``plan.py`` what is to be done, ``filling.py`` and ``files.py`` do it, ``report.py`` tells of it.
May import: what ``mirror`` may.
"""

from wheelyard.mirror.sync.listing import Changes, ChangeSource, Listing, News
from wheelyard.mirror.sync.plan import Plan
from wheelyard.mirror.sync.report import Account, PlanReport, Problem, Report
from wheelyard.mirror.sync.root_list import RootList
from wheelyard.mirror.sync.run import Origin, Rules, SyncParts, sync

__all__ = [
    "Account",
    "ChangeSource",
    "Changes",
    "Listing",
    "News",
    "Origin",
    "Plan",
    "PlanReport",
    "Problem",
    "Report",
    "RootList",
    "Rules",
    "SyncParts",
    "sync",
]
