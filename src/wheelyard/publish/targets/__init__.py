"""Targets: the places that an index is published to.

Start at ``target.py``, which says what a place can do, then ``opening.py``, which opens one.
``opening.py`` needs the client that reads trees of others, so that it is loaded when it is asked
for: the processes of ``writing_worker.py`` do without.
"""

from importlib import import_module
from typing import TYPE_CHECKING

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

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name

    def __getattr__(name: str) -> object:
        """Load a name when it is first asked for."""
        if name not in {"open_target", "open_tree"}:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(import_module("wheelyard.publish.targets.opening"), name)
