"""The chain that answers for an index: small components, each one difference.

Start with ``base.py`` (the interface), ``keeping.py`` (the flow of a cached answer) and
``compose.py`` (how the chain is put together; it alone names concrete classes).
May import: ``transport``, ``blobs``, ``catalog``, ``decide``, ``wire`` and the words.
"""

from wheelyard.repository.base import DocumentWanted, Door, Repository
from wheelyard.repository.keepers import PAGE_CHANGED, KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.repository.locate import Locator
from wheelyard.repository.paths import file_path

__all__ = [
    "PAGE_CHANGED",
    "Answered",
    "DocumentWanted",
    "Door",
    "KeptDocument",
    "Locator",
    "Repository",
    "file_path",
]
