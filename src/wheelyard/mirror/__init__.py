"""The mirror: what is held, seen as a whole.

Start with ``verify.py`` (is everything here that should be, and is it right?), then ``repair.py``
(have what is not fetched anew) and ``scrub.py`` (both, slowly and for ever, in a server).
May import: everything up to ``repository``, and the words.
"""

from wheelyard.mirror.repair import Repair, repair
from wheelyard.mirror.scrub import Scrubber, ScrubParts
from wheelyard.mirror.verify import Finding, Kind, Report, StoreParts, Tally, verify

__all__ = [
    "Finding",
    "Kind",
    "Repair",
    "Report",
    "ScrubParts",
    "Scrubber",
    "StoreParts",
    "Tally",
    "repair",
    "verify",
]
