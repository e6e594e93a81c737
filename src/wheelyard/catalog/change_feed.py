"""The journal as others may read it: the changes of some owners, in pieces of bounded work.

A journal has far more changes of others' pages than of our own projects. One read goes over a
bounded stretch of it, so that who asks from the beginning costs no more than anybody else.
"""

from collections.abc import Collection

import sqlalchemy as sa

from wheelyard.catalog.base import JournalRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_rows import Stretch
from wheelyard.catalog.hosting_tables import hosted_owners
from wheelyard.catalog.journal import select_last
from wheelyard.catalog.rows import columns_of, parse_map
from wheelyard.catalog.tables import journal

__all__ = ["ChangeFeed"]

STRETCH = 50_000
"""How many serials one read goes over at most."""


class ChangeFeed:
    """The changes in one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def hosted_last_now(self) -> int:
        """Return the serial of the newest change of a project of our own, in whatever index.

        Does not leave the thread; 0 if there never was one.
        """
        return self._connections.read_now(_select_hosted_last)

    async def after(self, serial: int, owners: Collection[str], limit: int) -> Stretch:
        """Return at most ``limit`` changes of ``owners`` after ``serial``, oldest first."""
        return await self._connections.read(_select, serial, tuple(owners), limit)


def _select(connection: sa.Connection, serial: int, owners: tuple[str, ...], limit: int) -> Stretch:
    end = select_last(connection)
    if serial >= end:  # also one that is larger than any column
        return Stretch((), serial, is_last=True)
    last = min(end, serial + STRETCH)
    values = {"after": serial, "last": last, "owners": list(owners), "most": limit}
    rows = tuple(
        JournalRow(number, at, kind, owner, project, parse_map(detail))
        for number, at, kind, owner, project, detail in connection.execute(_AFTER, values)
    )
    seen = rows[-1].serial if len(rows) == limit else max(last, serial)
    return Stretch(rows, seen, is_last=seen >= end)


def _select_hosted_last(connection: sa.Connection) -> int:
    return int(connection.execute(_HOSTED_LAST).scalar_one() or 0)


_HOSTED_LAST = sa.select(sa.func.max(hosted_owners.c.revision))
_AFTER = (
    sa.select(*columns_of(journal, JournalRow))
    .where(
        journal.c.serial > sa.bindparam("after"),
        journal.c.serial <= sa.bindparam("last"),
        journal.c.owner.in_(sa.bindparam("owners", expanding=True)),
    )
    .order_by(journal.c.serial)
    .limit(sa.bindparam("most"))
)
