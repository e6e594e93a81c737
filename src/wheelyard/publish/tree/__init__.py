"""Trees: an index as files and objects that any web server can give out.

Start with ``publishing.py`` (one publish, from looking to removing), then ``sending.py`` and
``pages.py`` (what is written), ``taking_over.py`` (the two views), ``reconciling.py`` (drift) and
``switching.py``. What is decided is in ``decide/publishing.py``. May import: as ``publish``.
"""

from wheelyard.publish.tree.account import Account, Problem, Report
from wheelyard.publish.tree.parts import (
    ChangedObject,
    Hooks,
    SnapshotInMaking,
    SnapshotWanted,
    TreeParts,
    TreeRules,
)
from wheelyard.publish.tree.publishing import Order, Reconcile, publish_tree
from wheelyard.publish.tree.switching import Direction, Switched, switch_tree

__all__ = [
    "Account",
    "ChangedObject",
    "Direction",
    "Hooks",
    "Order",
    "Problem",
    "Reconcile",
    "Report",
    "SnapshotInMaking",
    "SnapshotWanted",
    "Switched",
    "TreeParts",
    "TreeRules",
    "publish_tree",
    "switch_tree",
]
