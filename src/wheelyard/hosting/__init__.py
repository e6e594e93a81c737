"""Hosting: what is done to projects of our own after their files were uploaded.

Yanking, deleting, promoting, the state of a project, what is no longer kept, and believing what
was not believed. Start with ``places.py`` (which index is meant, and its rules), then
``curating.py``; the changes themselves, each one transaction, are in ``catalog/curation.py``.
May import: the words, ``decide``, ``blobs``, ``catalog``, ``repository``.
"""

from wheelyard.hosting.accepting import AcceptParts, accept_bytes, accept_page
from wheelyard.hosting.curating import delete, promote
from wheelyard.hosting.expiring import ACTOR, Expired, Expirer, expire, retention_of
from wheelyard.hosting.places import (
    Place,
    Places,
    load_places,
    no_such_index,
    parse_index_name,
)

__all__ = [
    "ACTOR",
    "AcceptParts",
    "Expired",
    "Expirer",
    "Place",
    "Places",
    "accept_bytes",
    "accept_page",
    "delete",
    "expire",
    "load_places",
    "no_such_index",
    "parse_index_name",
    "promote",
    "retention_of",
]
