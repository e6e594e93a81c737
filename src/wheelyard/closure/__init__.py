"""The closure: what requirement and lock files need, on which Pythons and platforms.

Start at ``closing.py`` (``close``: files to ``Closure``), then ``reading.py`` (which reader reads
which file), ``resolving.py`` (uv, and the view of an index that it is given) and ``fitting.py``
(which files of a page serve a need). Nothing that a package or a file says is ever executed.
May import: ``repository`` and what is below it. ``uv`` lives here and nowhere else.
"""

from wheelyard.closure.base import Choice, Closure, Digest, Fit, LockedFile, Needed, Target
from wheelyard.closure.closing import Closing, close
from wheelyard.closure.fitting import fitting
from wheelyard.closure.reading import read_files
from wheelyard.closure.targets import parse_target, parse_targets, this_machine

__all__ = [
    "Choice",
    "Closing",
    "Closure",
    "Digest",
    "Fit",
    "LockedFile",
    "Needed",
    "Target",
    "close",
    "fitting",
    "parse_target",
    "parse_targets",
    "read_files",
    "this_machine",
]
