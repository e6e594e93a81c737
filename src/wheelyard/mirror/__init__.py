"""The mirror: what is held, seen as a whole.

Start with ``verify.py`` (is everything here that should be, and is it right?), then ``repair.py``
(have what is not fetched anew) and ``scrub.py`` (both, slowly and for ever, in a server). What
nobody needs any more goes with ``gc.py``, what is beyond a quota with ``quotas.py``, and
``removing.py`` says how a blob leaves the store.
May import: everything up to ``repository``, and the words.
"""

from wheelyard.mirror.gc import Collecting, Collection, collect
from wheelyard.mirror.quotas import IsUp, QuotaKeeper, Scope
from wheelyard.mirror.repair import Repair, repair
from wheelyard.mirror.scrub import Scrubber, ScrubParts
from wheelyard.mirror.uses import Uses
from wheelyard.mirror.verify import (
    Finding,
    Kind,
    Report,
    StoreParts,
    Tally,
    verify,
    verify_evidence,
)

__all__ = [
    "Collecting",
    "Collection",
    "Finding",
    "IsUp",
    "Kind",
    "QuotaKeeper",
    "Repair",
    "Report",
    "Scope",
    "ScrubParts",
    "Scrubber",
    "StoreParts",
    "Tally",
    "Uses",
    "collect",
    "repair",
    "verify",
    "verify_evidence",
]
