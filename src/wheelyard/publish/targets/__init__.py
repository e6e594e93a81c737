"""Targets: the places that an index is published to.

Start at ``target.py``, which says what a place can do, then ``opening.py``, which opens one.
"""

from wheelyard.publish.targets.opening import open_target, open_tree
from wheelyard.publish.targets.target import (
    Body,
    ObjectHeaders,
    Outgoing,
    Readable,
    StoredObject,
    Target,
)

__all__ = [
    "Body",
    "ObjectHeaders",
    "Outgoing",
    "Readable",
    "StoredObject",
    "Target",
    "open_target",
    "open_tree",
]
