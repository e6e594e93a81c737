"""Where things are in a data directory, and which format of it this program reads and writes.

The format is one number for the layout and the catalog's schema together: format ``N`` is the
migration whose revision is ``N`` in four digits.
"""

__all__ = [
    "BACKUPS_NAME",
    "BLOBS_NAME",
    "CATALOG_NAME",
    "FORMAT",
    "FORMAT_NAME",
    "LOCKS_NAME",
    "LOCK_NAME",
    "QUARANTINE_NAME",
    "RESTORED_NAME",
    "RESTORING_NAME",
    "REVISION",
    "RUN_NAME",
    "SPOOL_NAME",
    "TURN_NAME",
    "revision_of",
]

CATALOG_NAME = "catalog.sqlite"
FORMAT_NAME = "format.json"
LOCK_NAME = "lock"
TURN_NAME = "lock.turn"
BLOBS_NAME = "blobs"
SPOOL_NAME = "spool"
LOCKS_NAME = "locks"
RUN_NAME = "run"
QUARANTINE_NAME = "quarantine"
BACKUPS_NAME = "backups"

RESTORING_NAME = ".restoring"
"""Where a backup is unpacked. While it is there, the directory is nobody's to use."""
RESTORED_NAME = ".restored"
"""The same once all of it is proven, and only has to be moved to its places."""

FORMAT = 6


def revision_of(number: int) -> str:
    """Return the name of the migration that leads to format ``number``."""
    return f"{number:04d}"


REVISION = revision_of(FORMAT)
