"""Outdated: pages of which a newer project list says that there is a newer one.

They are good until then by what their upstream said, and still are what is given out if nobody can
be asked. But who asks next has the upstream asked first: a mirror that reads our list must not be
given pages that are older than the list.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from wheelyard.catalog.base import Change
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.tables import pages
from wheelyard.clock import Clock, Instant
from wheelyard.names import ProjectName

__all__ = ["PAGE_OUTDATED", "Outdated"]

PAGE_OUTDATED = "page.outdated"
"""The journal's kind for a page that is to be asked for before it is used again."""

_AT_ONCE = 500
"""How many are marked in one transaction: others who write wait for no longer than that."""

_Behind = Sequence[tuple[ProjectName, int]]


class Outdated:
    """The outdated pages of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def mark(self, owner: str, told: Mapping[ProjectName, int]) -> None:
        """Have each page of ``owner`` asked for again whose serial is less than was ``told``."""
        behind = await self._connections.read(_select_behind, owner, told)
        for start in range(0, len(behind), _AT_ONCE):
            part, now = behind[start : start + _AT_ONCE], self._clock.now()
            await self._connections.write(_mark, owner, part, now)


def _select_behind(
    connection: sa.Connection, owner: str, told: Mapping[ProjectName, int]
) -> _Behind:
    rows = connection.execute(_COUNTED, {"of_owner": owner})
    return [
        (project, told[project]) for project, serial in rows if told.get(project, serial) > serial
    ]


def _mark(connection: sa.Connection, owner: str, behind: _Behind, at: Instant) -> None:
    for project, serial in behind:
        values = {"of_owner": owner, "of_project": project, "told": serial}
        if connection.execute(_EXPIRE, values).rowcount:
            append_change(connection, Change(PAGE_OUTDATED, owner, project), at)


_COUNTED = sa.select(pages.c.project, pages.c.serial).where(
    pages.c.owner == sa.bindparam("of_owner"), pages.c.serial.is_not(None)
)
_EXPIRE = (
    pages.update()
    .where(
        pages.c.owner == sa.bindparam("of_owner"),
        pages.c.project == sa.bindparam("of_project"),
        pages.c.serial < sa.bindparam("told"),
        sa.or_(pages.c.lifetime_seconds.is_(None), pages.c.lifetime_seconds != 0),
    )
    .values(lifetime_seconds=0.0)
)
