"""Rows: pages, documents, ledger, held files, doors, outages and the journal, in a data directory.

Start with ``base.py`` (the records), then ``catalog.py`` (the open catalog and how work reaches
it), ``pages.py`` (the pattern of every group of queries), ``directory.py`` (the data directory and
its format) and ``dialect.py`` (all that is special about SQLite).
May import: the words, SQLAlchemy and Alembic, which nobody else does.

Importing this room is cheap. SQLAlchemy takes a third of a second, so what needs it is loaded when
it is first asked for; Alembic takes as long again and is loaded only to migrate.
"""

from typing import TYPE_CHECKING

from wheelyard.catalog.base import (
    Change,
    Counts,
    DocumentKey,
    DocumentRow,
    DoorRow,
    HeldRow,
    JournalRow,
    LedgerRow,
    MetadataRow,
    OddPathRow,
    OutageRow,
    PageRow,
    ReadinessRow,
    ServedRow,
    SyncRunRow,
)
from wheelyard.catalog.directory import DataDirectory, open_directory
from wheelyard.catalog.filesystem import prove_writable
from wheelyard.catalog.hosting_rows import (
    HeldMark,
    HostedFile,
    HostedProject,
    NewRelease,
    ProjectsChanged,
    Publication,
    Published,
    Stretch,
    Tombstone,
    hosted_index,
    hosted_owner,
)
from wheelyard.catalog.layout import FORMAT
from wheelyard.late import late

if TYPE_CHECKING:  # for laziness, not for a cycle: see `__getattr__`
    from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
    from wheelyard.catalog.catalog import Catalog, open_catalog
    from wheelyard.catalog.indexes import INDEX_CHANGED
    from wheelyard.catalog.journal import append_change
    from wheelyard.catalog.ledger import bind
    from wheelyard.catalog.outages import Outages
    from wheelyard.catalog.watcher import Watcher

__all__ = [
    "FORMAT",
    "INDEX_CHANGED",
    "Actor",
    "AuditEntry",
    "Catalog",
    "Change",
    "Counts",
    "DataDirectory",
    "DocumentKey",
    "DocumentRow",
    "DoorRow",
    "HeldMark",
    "HeldRow",
    "HostedFile",
    "HostedProject",
    "JournalRow",
    "LedgerRow",
    "MetadataRow",
    "NewRelease",
    "OddPathRow",
    "OutageRow",
    "Outages",
    "PageRow",
    "ProjectsChanged",
    "Publication",
    "Published",
    "ReadinessRow",
    "ServedRow",
    "Stretch",
    "SyncRunRow",
    "Tombstone",
    "Watcher",
    "append_audit",
    "append_change",
    "bind",
    "hosted_index",
    "hosted_owner",
    "open_catalog",
    "open_directory",
    "prove_writable",
]

_LATE = {
    "INDEX_CHANGED": "wheelyard.catalog.indexes",
    "Actor": "wheelyard.catalog.audit",
    "AuditEntry": "wheelyard.catalog.audit",
    "append_audit": "wheelyard.catalog.audit",
    "Catalog": "wheelyard.catalog.catalog",
    "Outages": "wheelyard.catalog.outages",
    "Watcher": "wheelyard.catalog.watcher",
    "append_change": "wheelyard.catalog.journal",
    "bind": "wheelyard.catalog.ledger",
    "open_catalog": "wheelyard.catalog.catalog",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
