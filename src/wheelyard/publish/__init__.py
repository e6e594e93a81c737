"""Publishing: what an index gives out, as something that stands by itself.

Start with ``manifest.py`` (what was given out, signed) and ``checking.py`` (is that what is had?).
May import: everything up to ``access`` and ``pages``, and the words.

Importing this room is cheap: the processes that write files need none of this, and are started
while somebody waits.
"""

from typing import TYPE_CHECKING

from wheelyard.late import late

if TYPE_CHECKING:
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

_LATE = {
    "About": "wheelyard.publish.manifest",
    "Check": "wheelyard.publish.checking",
    "Difference": "wheelyard.publish.checking",
    "Listing": "wheelyard.publish.manifest",
    "Trust": "wheelyard.publish.trust",
    "check_contents": "wheelyard.publish.checking",
    "list_index": "wheelyard.publish.manifest",
    "open_manifest": "wheelyard.publish.trust",
    "write_manifest": "wheelyard.publish.manifest",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
