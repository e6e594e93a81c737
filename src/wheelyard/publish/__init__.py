"""Publishing: what an index gives out, as something that stands by itself.

Start with ``manifest.py`` (what was given out, signed) and ``checking.py`` (is that what is had?).
May import: everything up to ``access`` and ``pages``, and the words.
"""

from wheelyard.publish.checking import Check, Difference, check_contents
from wheelyard.publish.manifest import About, Listing, list_index, write_manifest
from wheelyard.publish.trust import Trust, open_manifest

__all__ = [
    "About",
    "Check",
    "Difference",
    "Listing",
    "Trust",
    "check_contents",
    "list_index",
    "open_manifest",
    "write_manifest",
]
