"""Bytes by digest: kept on disk, filled once, read by anyone from any offset.

Start with ``base.py`` (what a reader sees), then ``local.py`` (the store on disk and its
durability protocol), ``proofs.py`` and ``quarantine.py`` (what is held may be damaged), then
``fills.py`` (one running download, many readers). A download is ``filling.py`` (receive, prove,
keep) and ``writing.py`` (the file and the news of it); ``following.py`` follows one that another
process runs. Both bring news to ``growth.py``, from which ``growing.py`` reads; ``elder.py`` says
whether who has bytes of a download that started over may go on. What cannot be kept
is passed on by ``passing.py``; what is wrong with the disk is told to ``alarms.py``.
Buckets are in ``object_store.py``, which alone knows obstore and is imported where it is needed.
May import: the words and the standard library.
"""

from wheelyard.blobs.alarms import Alarm, Alarms, Trouble
from wheelyard.blobs.base import (
    Arriving,
    Blob,
    Blobs,
    HasAlternatives,
    HasPath,
    for_client,
    has_path,
    is_arriving,
    read_to_end,
    reading,
)
from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.filling import FillingParts
from wheelyard.blobs.fills import Fills
from wheelyard.blobs.gentle import read_gently
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.in_memory import InMemory, MemoryBlob
from wheelyard.blobs.in_place import InPlaceBlob, InPlaceFiles, Place
from wheelyard.blobs.incoming import Digests, Incoming, IncomingParts
from wheelyard.blobs.local import LocalBlobs
from wheelyard.blobs.locks import KeyLock, KeyLocks, key_name
from wheelyard.blobs.passing import Passing
from wheelyard.blobs.proofs import Seen, Stamp, read_whole
from wheelyard.blobs.quarantine import Quarantine
from wheelyard.blobs.shelves import SHELVES, Shelf, list_shelf, list_strays, list_written
from wheelyard.blobs.spool import SpoolBudget, find_leftovers, give_back, remove_leftovers
from wheelyard.blobs.waiting import WaitingRoom
from wheelyard.blobs.wanted import FillRules, OnProven, Wanted

__all__ = [
    "SHELVES",
    "Alarm",
    "Alarms",
    "Arriving",
    "Blob",
    "Blobs",
    "Digests",
    "DiskThreads",
    "FillRules",
    "FillingParts",
    "Fills",
    "HasAlternatives",
    "HasPath",
    "HeldBlob",
    "InMemory",
    "InPlaceBlob",
    "InPlaceFiles",
    "Incoming",
    "IncomingParts",
    "KeyLock",
    "KeyLocks",
    "LocalBlobs",
    "MemoryBlob",
    "OnProven",
    "Passing",
    "Place",
    "Quarantine",
    "Seen",
    "Shelf",
    "SpoolBudget",
    "Stamp",
    "Trouble",
    "WaitingRoom",
    "Wanted",
    "disk_failure",
    "find_leftovers",
    "for_client",
    "give_back",
    "has_path",
    "is_arriving",
    "key_name",
    "list_shelf",
    "list_strays",
    "list_written",
    "read_gently",
    "read_to_end",
    "read_whole",
    "reading",
    "remove_leftovers",
]
