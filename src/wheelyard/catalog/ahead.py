"""Read ahead: the rows of many projects, read together before each of them is asked for.

For who walks through a whole index: a query in a thread of its own for each page, its files and
their evidence costs ten times the query. What was not read ahead is looked up as ever.
"""

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from wheelyard.catalog.base import HeldRow, LedgerRow, MetadataRow, PageRow
from wheelyard.catalog.catalog import Catalog
from wheelyard.catalog.held import Held, select_held
from wheelyard.catalog.ledger import Ledger, select_ledger
from wheelyard.catalog.metadata_files import MetadataFiles, select_held_metadata
from wheelyard.catalog.pages import Pages, select_page
from wheelyard.catalog.pins import Pin, Pins, select_pins
from wheelyard.clock import Clock, Instant
from wheelyard.names import ProjectName, Sha256

__all__ = ["ReadAhead", "Rows"]

_Key = tuple[str, ProjectName]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the catalog has of one project of one owner; ``metadata`` are those of held wheels."""

    page: PageRow | None
    ledger: tuple[LedgerRow, ...]
    held: tuple[HeldRow, ...]
    metadata: tuple[MetadataRow, ...]
    pins: tuple[Pin, ...]


class ReadAhead:
    """Some rows in memory. ``catalog`` is the same one, but answers from them where it can.

    For reading, by one who asks for what was loaded last: what others write meanwhile is seen by
    the next ``load``. Pages are given out as confirmed when they were loaded, for who has nobody
    to ask about them.
    """

    def __init__(self, catalog: Catalog, clock: Clock) -> None:
        """Have nothing in memory yet."""
        self._read = catalog.read
        self._clock = clock
        self._rows: dict[_Key, Rows] = {}
        self._wheels: dict[Sha256, MetadataRow | None] = {}
        self.catalog = copy.copy(catalog)
        self.catalog.pages = _Pages(catalog.pages, self._rows)
        self.catalog.ledger = _Ledger(catalog.ledger, self._rows)
        self.catalog.held = _Held(catalog.held, self._rows)
        self.catalog.metadata_files = _MetadataFiles(catalog.metadata_files, self._wheels)
        self.catalog.pins = _Pins(catalog.pins, self._rows)

    async def load(self, owners: Collection[str], names: Sequence[ProjectName]) -> list[Rows]:
        """Read what there is of these projects, on one snapshot, in place of what was loaded."""
        keys = [(owner, name) for owner in owners for name in names]
        found = await self._read(_select, keys, self._clock.now())
        self._rows.clear()
        self._rows.update(found)
        self._wheels.clear()
        for rows in found.values():
            self._wheels.update(dict.fromkeys(row.sha256 for row in rows.held))
            self._wheels.update((row.wheel_sha256, row) for row in rows.metadata)
        return list(found.values())


def _select(
    connection: sa.Connection, keys: Iterable[_Key], checked_at: Instant
) -> Mapping[_Key, Rows]:
    """Return what there is, by owner and project."""
    found: dict[_Key, Rows] = {}
    for owner, name in keys:
        page = select_page(connection, owner, name)
        found[owner, name] = Rows(
            page and replace(page, checked_at=checked_at, lifetime_seconds=None),
            select_ledger(connection, owner, name),
            select_held(connection, owner, name),
            select_held_metadata(connection, owner, name),
            select_pins(connection, owner, name),
        )
    return found


class _Pages(Pages):
    """Pages, some of them in memory."""

    def __init__(self, whole: Pages, rows: Mapping[_Key, Rows]) -> None:
        vars(self).update(vars(whole))
        self._rows = rows

    async def load(self, owner: str, project: ProjectName) -> PageRow | None:
        found = self._rows.get((owner, project))
        return found.page if found is not None else await super().load(owner, project)


class _Ledger(Ledger):
    """The ledger, some of it in memory."""

    def __init__(self, whole: Ledger, rows: Mapping[_Key, Rows]) -> None:
        vars(self).update(vars(whole))
        self._rows = rows

    def knows_now(self, owner: str, project: ProjectName) -> bool:
        found = self._rows.get((owner, project))
        return bool(found.ledger) if found is not None else super().knows_now(owner, project)

    async def of_project(self, owner: str, project: ProjectName) -> tuple[LedgerRow, ...]:
        found = self._rows.get((owner, project))
        return found.ledger if found is not None else await super().of_project(owner, project)


class _Held(Held):
    """Held files, some of them in memory."""

    def __init__(self, whole: Held, rows: Mapping[_Key, Rows]) -> None:
        vars(self).update(vars(whole))
        self._rows = rows

    async def of_project(self, owner: str, project: ProjectName) -> tuple[HeldRow, ...]:
        found = self._rows.get((owner, project))
        return found.held if found is not None else await super().of_project(owner, project)


class _MetadataFiles(MetadataFiles):
    """Metadata of wheels, some of them in memory; None says that nothing is known."""

    def __init__(self, whole: MetadataFiles, wheels: Mapping[Sha256, MetadataRow | None]) -> None:
        vars(self).update(vars(whole))
        self._wheels = wheels

    async def find(self, wheels: Iterable[Sha256]) -> Mapping[Sha256, MetadataRow]:
        wanted = tuple(wheels)
        found = {wheel: row for wheel in wanted if (row := self._wheels.get(wheel)) is not None}
        others = [wheel for wheel in wanted if wheel not in self._wheels]
        return {**found, **await super().find(others)} if others else found


class _Pins(Pins):
    """Pins, some of them in memory."""

    def __init__(self, whole: Pins, rows: Mapping[_Key, Rows]) -> None:
        vars(self).update(vars(whole))
        self._rows = rows

    def of_project_now(self, owner: str, project: ProjectName) -> tuple[Pin, ...]:
        found = self._rows.get((owner, project))
        return found.pins if found is not None else super().of_project_now(owner, project)
