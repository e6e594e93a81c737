"""Sources: who tells what has changed at an upstream, for each kind of upstream.

Start with ``choosing.py``, which finds out what an upstream answers, and says what all kinds have
in common. May import: what ``mirror`` may.
"""

from wheelyard.mirror.sync.sources.calls import Calls
from wheelyard.mirror.sync.sources.change_feed import ChangeFeed
from wheelyard.mirror.sync.sources.choosing import Chosen, Shortcut
from wheelyard.mirror.sync.sources.last_modified import LastModified

__all__ = ["Calls", "ChangeFeed", "Chosen", "LastModified", "Shortcut"]
