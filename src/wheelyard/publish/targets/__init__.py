"""Targets: the places that an index is published to.

Start at ``target.py``, which says what a place can do, then ``opening.py``, which opens one.
``opening.py`` needs the client that reads trees of others, so that it is loaded when it is asked
for: the processes of ``writing_worker.py`` do without.
"""

from typing import TYPE_CHECKING

from wheelyard.late import late
from wheelyard.publish.targets.target import (
    Body,
    ObjectHeaders,
    Outgoing,
    Readable,
    StoredObject,
    Target,
)

if TYPE_CHECKING:
    from wheelyard.publish.targets.opening import open_target, open_tree

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

_LATE = {
    "open_target": "wheelyard.publish.targets.opening",
    "open_tree": "wheelyard.publish.targets.opening",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
