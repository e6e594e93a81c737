"""Bytes by digest: kept on disk, filled once, read by anyone from any offset.

Start with ``base.py`` (what a reader sees), then ``local.py`` (the store on disk and its
durability protocol), ``proofs.py`` and ``quarantine.py`` (what is held may be damaged), then
``fills.py`` (one running download, many readers). A download is ``filling.py`` (receive, prove,
keep) and ``writing.py`` (the file and the news of it); ``following.py`` follows one that another
process runs. Both bring news to ``growth.py``, from which ``growing.py`` reads.
May import: the words and the standard library.
"""

from wheelyard.blobs.base import (
    Arriving,
    Blob,
    Blobs,
    HasAlternatives,
    HasPath,
    has_path,
    is_arriving,
    reading,
)
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.filling import FillingParts
from wheelyard.blobs.fills import Fills
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.local import LocalBlobs
from wheelyard.blobs.locks import KeyLock, KeyLocks
from wheelyard.blobs.proofs import Seen, read_whole
from wheelyard.blobs.quarantine import Quarantine
from wheelyard.blobs.shelves import SHELVES, Shelf, list_shelf, list_strays
from wheelyard.blobs.spool import SpoolBudget
from wheelyard.blobs.wanted import FillRules, OnProven, Wanted

__all__ = [
    "SHELVES",
    "Arriving",
    "Blob",
    "Blobs",
    "DiskThreads",
    "FillRules",
    "FillingParts",
    "Fills",
    "HasAlternatives",
    "HasPath",
    "HeldBlob",
    "KeyLock",
    "KeyLocks",
    "LocalBlobs",
    "OnProven",
    "Quarantine",
    "Seen",
    "Shelf",
    "SpoolBudget",
    "Wanted",
    "disk_failure",
    "has_path",
    "is_arriving",
    "list_shelf",
    "list_strays",
    "read_whole",
    "reading",
]
