"""The catalog: one file of rows, and a small group of queries per table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from wheelyard.catalog import sqlite_file
from wheelyard.catalog.arrivals import Arrivals
from wheelyard.catalog.audit import Audit
from wheelyard.catalog.base import Counts
from wheelyard.catalog.bearers import Bearers
from wheelyard.catalog.blob_names import BlobNames
from wheelyard.catalog.change_feed import ChangeFeed
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.curator import Curator
from wheelyard.catalog.documents import Documents
from wheelyard.catalog.doors import Doors
from wheelyard.catalog.downloads import Downloads
from wheelyard.catalog.evidence import Evidence
from wheelyard.catalog.held import Held
from wheelyard.catalog.hosted_lists import HostedLists
from wheelyard.catalog.hosting import Hosting
from wheelyard.catalog.indexes import Indexes
from wheelyard.catalog.ingested import Ingested
from wheelyard.catalog.journal import Journal, select_last
from wheelyard.catalog.layout import CATALOG_NAME, FORMAT
from wheelyard.catalog.ledger import Ledger
from wheelyard.catalog.metadata_files import MetadataFiles
from wheelyard.catalog.mirrored import Mirrored
from wheelyard.catalog.odd_paths import OddPaths
from wheelyard.catalog.outages import Outages
from wheelyard.catalog.outdated import Outdated
from wheelyard.catalog.pages import Pages
from wheelyard.catalog.people import People
from wheelyard.catalog.pins import Pins
from wheelyard.catalog.published import Published
from wheelyard.catalog.publishers import Publishers
from wheelyard.catalog.purges import Purges
from wheelyard.catalog.readiness import Readiness
from wheelyard.catalog.receipts import Receipts
from wheelyard.catalog.removals import Removals
from wheelyard.catalog.renewals import Renewals
from wheelyard.catalog.restoring import Restoring
from wheelyard.catalog.schema import create_catalog
from wheelyard.catalog.scrubs import Scrubs
from wheelyard.catalog.served import Served
from wheelyard.catalog.sync_runs import SyncRuns
from wheelyard.catalog.tables import held, ledger, meta, pages
from wheelyard.catalog.taken import Taken
from wheelyard.catalog.tokens import Tokens
from wheelyard.catalog.watcher import Watcher
from wheelyard.catalog.webhooks import Webhooks
from wheelyard.clock import Clock, Instant
from wheelyard.errors import ConfigError

__all__ = ["Catalog", "open_catalog"]

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a catalog says of itself. ``instance`` is 32 hex digits, made at its creation."""

    instance: str
    created_at: Instant


class Catalog:
    """An open catalog. Close it, or use it in a ``with``."""

    def __init__(self, path: Path, clock: Clock) -> None:
        connections = Connections(path)
        self._connections = connections
        self.identity = connections.read_now(_select_identity)
        self.pages = Pages(connections, clock)
        self.renewals = Renewals(connections, clock)
        self.restoring = Restoring(connections, clock)
        self.documents = Documents(connections, clock)
        self.ledger = Ledger(connections)
        self.held = Held(connections, clock)
        self.receipts = Receipts(connections, clock)
        self.blob_names = BlobNames(connections)
        self.removals = Removals(connections, clock)
        self.evidence = Evidence(connections)
        self.doors = Doors(connections, clock)
        self.journal = Journal(connections, clock)
        self.metadata_files = MetadataFiles(connections)
        self.odd_paths = OddPaths(connections)
        self.outages = Outages(connections)
        self.outdated = Outdated(connections, clock)
        self.scrubs = Scrubs(connections, clock)
        self.webhooks = Webhooks(connections)
        self.served = Served(connections)
        self.hosting = Hosting(connections, clock)
        self.hosted_lists = HostedLists(connections)
        self.change_feed = ChangeFeed(connections)
        self.curator = Curator(connections, clock)
        self.indexes = Indexes(connections, clock)
        self.audit = Audit(connections, clock)
        self.people = People(connections, clock)
        self.tokens = Tokens(connections, clock)
        self.bearers = Bearers(connections)
        self.publishers = Publishers(connections, clock)
        self.published = Published(connections)
        self.purges = Purges(connections, clock)
        self.arrivals = Arrivals(connections, clock)
        self.pins = Pins(connections, clock)
        self.readiness = Readiness(connections, clock)
        self.mirrored = Mirrored(connections)
        self.sync_runs = SyncRuns(connections)
        self.downloads = Downloads(connections)
        self.taken = Taken(connections)
        self.ingested = Ingested(connections)

    async def read(
        self,
        function: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``function(connection, ...)``, run in a thread on one snapshot of the catalog."""
        return await self._connections.read(function, *args, **kwargs)

    async def write(
        self,
        function: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``function(connection, ...)``, run as one transaction, on disk when it returns.

        For work that spans groups, combine ``bind``, ``append_change`` and the like.
        """
        return await self._connections.write(function, *args, **kwargs)

    async def counts(self) -> Counts:
        """Return how much is here. Reads whole indexes; for status pages, not for requests."""
        return await self._connections.read(_select_counts)

    def changes(self, since: int | None = None) -> Watcher:
        """Return a watcher of the journal, from ``since`` on or from its first poll."""
        return Watcher(self._connections, since)

    def close(self) -> None:
        """Close the files. Nothing may be running."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_catalog(directory: Path, clock: Clock) -> Catalog:
    """Open the catalog of a data directory, making an empty one if there is none.

    ``open_directory`` comes first: it migrates what is older.

    Raises:
        ConfigError: the file is damaged, no catalog, or of another format.
    """
    path = directory / CATALOG_NAME
    if not path.exists():
        create_catalog(path, clock)
    number = sqlite_file.check(path, pages=False)
    if number != FORMAT:
        raise ConfigError(
            f"The catalog `{path}` has format {number}, this program needs {FORMAT}: "
            "start the program again to have it migrated, or use the version that wrote it."
        )
    return Catalog(path, clock)


def _select_identity(connection: sa.Connection) -> Identity:
    values = {row.key: row.value for row in connection.execute(sa.select(meta))}
    return Identity(values["instance"], Instant(float(values["created_at"])))


def _select_counts(connection: sa.Connection) -> Counts:
    blobs = sa.select(held.c.sha256, held.c.size).distinct().subquery()
    number, size = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(blobs.c.size), 0)).select_from(
            blobs
        )
    ).one()
    return Counts(
        pages=connection.execute(sa.select(sa.func.count()).select_from(pages)).scalar_one(),
        ledger=connection.execute(sa.select(sa.func.count()).select_from(ledger)).scalar_one(),
        held=number,
        held_bytes=size,
        serial=select_last(connection),
    )
