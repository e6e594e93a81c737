"""Pages: one row per project page of an owner, as last read."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from wheelyard.catalog.base import Change, PageRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedQuery, upsert
from wheelyard.catalog.held import note_all_unlisted
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.catalog.tables import pages
from wheelyard.clock import Clock, Instant
from wheelyard.names import ProjectName

__all__ = ["Pages", "select_page"]


class Pages:
    """The cached project pages of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self, owner: str, project: ProjectName) -> PageRow | None:
        """Return the page of ``project``, or None if it was never read."""
        return await self._connections.read(select_page, owner, project)

    def load_now(self, owner: str, project: ProjectName) -> PageRow | None:
        """Return the same without leaving the thread; one indexed look-up, for hot places."""
        return self._connections.read_now(
            lambda connection: select_page(connection, owner, project)
        )

    async def save(self, row: PageRow, kind: str | None = None) -> PageRow:
        """Keep ``row`` in place of what is there and return it with its revision.

        ``kind`` says that the page changed: the journal gets an entry of that kind in the same
        transaction, and its serial becomes the revision. Without it the revision stays.
        """
        return await self._connections.write(self._save, row, kind)

    async def renew(self, row: PageRow, kind: str) -> PageRow:
        """Do the same as ``save``, but say that the page changed only if its model did."""
        return await self._connections.write(self._renew, row, kind)

    async def mark(self, owner: str, project: ProjectName, kind: str) -> None:
        """Say that the page changed though its model did not; silently if it is not held.

        For what a page says beside its model, such as a digest that the ledger has learned.
        """
        await self._connections.write(self._mark, owner, project, kind)

    async def remove(self, owner: str, project: ProjectName, kind: str) -> None:
        """Forget the page and say so; silently if it is not held."""
        await self._connections.write(self._remove, owner, project, kind)

    async def touch(
        self, owner: str, project: ProjectName, checked_at: Instant, lifetime_seconds: float | None
    ) -> None:
        """Note that the page was confirmed unchanged; silently if it is not held."""
        values = {
            "of_owner": owner,
            "of_project": project,
            "checked_at": checked_at,
            "lifetime_seconds": lifetime_seconds,
        }
        await self._connections.write(_touch, values)

    async def names(self, owner: str) -> tuple[ProjectName, ...]:
        """Return every project with a page of ``owner``, in order."""
        return await self._connections.read(_select_names, owner)

    async def newest(self, owner: str, urls: Sequence[str], limit: int) -> tuple[PageRow, ...]:
        """Return the pages of ``owner`` that one of ``urls`` gave, the last confirmed ones first.

        Every row is looked at: for questions that are asked once a minute.
        """
        return await self._connections.read(_select_newest, owner, urls, limit)

    def _save(self, connection: sa.Connection, row: PageRow, kind: str | None) -> PageRow:
        if kind is None:
            connection.execute(_SAVE_UNCHANGED, {**values_of(row), "revision": 0})
            key = {"of_owner": row.owner, "of_project": row.project}
            return replace(row, revision=connection.execute(_REVISION, key).scalar_one())
        saved = replace(row, revision=self._announce(connection, row.owner, row.project, kind))
        connection.execute(_SAVE, values_of(saved))
        return saved

    def _renew(self, connection: sa.Connection, row: PageRow, kind: str) -> PageRow:
        same = connection.execute(_SAME, values_of(row)).first() is not None
        return self._save(connection, row, None if same else kind)

    def _mark(self, connection: sa.Connection, owner: str, project: ProjectName, kind: str) -> None:
        key = {"of_owner": owner, "of_project": project}
        if connection.execute(_REVISION, key).first() is not None:
            revision = self._announce(connection, owner, project, kind)
            connection.execute(_MARK, {**key, "revision": revision})

    def _remove(
        self, connection: sa.Connection, owner: str, project: ProjectName, kind: str
    ) -> None:
        if connection.execute(_REMOVE, {"of_owner": owner, "of_project": project}).rowcount:
            # Its files are kept for a while: from now on they cannot be had again.
            note_all_unlisted(connection, owner, project, self._clock.now())
            self._announce(connection, owner, project, kind)

    def _announce(
        self, connection: sa.Connection, owner: str, project: ProjectName, kind: str
    ) -> int:
        return append_change(connection, Change(kind, owner, project), self._clock.now())


def select_page(connection: sa.Connection, owner: str, project: ProjectName) -> PageRow | None:
    """Return the page of a project, or None if it was never read."""
    return _SELECT.first(connection, {"of_owner": owner, "of_project": project})


def _select_names(connection: sa.Connection, owner: str) -> tuple[ProjectName, ...]:
    return tuple(connection.execute(_NAMES, {"owner": owner}).scalars())


def _select_newest(
    connection: sa.Connection, owner: str, urls: Sequence[str], limit: int
) -> tuple[PageRow, ...]:
    values = {"of_owner": owner, "urls": list(urls), "most": limit}
    return tuple(PageRow(*row) for row in connection.execute(_NEWEST, values))


def _touch(connection: sa.Connection, values: dict[str, object]) -> None:
    connection.execute(_TOUCH, values)


_IS_IT = (pages.c.owner == sa.bindparam("of_owner")) & (
    pages.c.project == sa.bindparam("of_project")
)
_SELECT = PreparedQuery(sa.select(*columns_of(pages, PageRow)).where(_IS_IT), PageRow)
_REVISION = sa.select(pages.c.revision).where(_IS_IT)
_SAME = sa.select(pages.c.revision).where(
    pages.c.owner == sa.bindparam("owner"),
    pages.c.project == sa.bindparam("project"),
    pages.c.model == sa.bindparam("model"),
)
_NAMES = (
    sa.select(pages.c.project)
    .where(pages.c.owner == sa.bindparam("owner"))
    .order_by(pages.c.project)
)
_NEWEST = (
    sa.select(*columns_of(pages, PageRow))
    .where(
        pages.c.owner == sa.bindparam("of_owner"),
        pages.c.url.in_(sa.bindparam("urls", expanding=True)),
    )
    .order_by(pages.c.checked_at.desc(), pages.c.project)
    .limit(sa.bindparam("most"))
)
_SAVE = upsert(pages)
_SAVE_UNCHANGED = upsert(pages, keep=["revision"])
_TOUCH = (
    pages.update()
    .where(_IS_IT)
    .values(
        checked_at=sa.bindparam("checked_at"), lifetime_seconds=sa.bindparam("lifetime_seconds")
    )
)
_MARK = pages.update().where(_IS_IT).values(revision=sa.bindparam("revision"))
_REMOVE = pages.delete().where(_IS_IT)
