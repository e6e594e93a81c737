"""Lists over all projects of our own: what changed, what is new, and what is held beside them.

Each question is a few queries whatever the number of projects; none is for the hot path.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_rows import (
    HeldMark,
    HostedFile,
    HostedProject,
    NewRelease,
    ProjectsChanged,
)
from wheelyard.catalog.hosting_tables import hosted_files, hosted_projects
from wheelyard.catalog.rows import columns_of
from wheelyard.catalog.tables import held, pages
from wheelyard.names import ProjectName

__all__ = ["HostedLists"]


class HostedLists:
    """The lists of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def changed(self, owner: str, since: int) -> ProjectsChanged:
        """Return the projects of ``owner``, with the files of those that changed after ``since``.

        One that changed and has no files is not among the ``files``.
        """
        return await self._connections.read(_select_changed, owner, since)

    async def new_projects(self, owners: Sequence[str], limit: int) -> tuple[HostedProject, ...]:
        """Return the newest projects, the last one first."""
        return await self._connections.read(_select_new_projects, owners, limit)

    async def new_releases(
        self, owners: Sequence[str], limit: int, project: ProjectName | None = None
    ) -> tuple[NewRelease, ...]:
        """Return the newest releases, of one project or of all, the last one first."""
        return await self._connections.read(_select_new_releases, owners, limit, project)

    async def held_marks(self, owner: str) -> Mapping[ProjectName, HeldMark]:
        """Return a mark for each project of which a file and a page are held."""
        return await self._connections.read(_select_held_marks, owner)


def _select_changed(connection: sa.Connection, owner: str, since: int) -> ProjectsChanged:
    files: dict[ProjectName, list[HostedFile]] = {}
    for file in queries.select_files_changed(connection, owner, since):
        files.setdefault(file.project, []).append(file)
    return ProjectsChanged(
        queries.select_owner_revision(connection, owner),
        queries.select_projects(connection, owner),
        {project: tuple(found) for project, found in files.items()},
    )


def _select_new_projects(
    connection: sa.Connection, owners: Sequence[str], limit: int
) -> tuple[HostedProject, ...]:
    rows = connection.execute(_NEW_PROJECTS, {"owners": list(owners), "most": limit})
    return tuple(HostedProject(*row) for row in rows)


def _select_new_releases(
    connection: sa.Connection, owners: Sequence[str], limit: int, project: ProjectName | None
) -> tuple[NewRelease, ...]:
    query = _NEW_RELEASES
    if project is not None:
        query = query.where(hosted_files.c.project == project)
    rows = connection.execute(query, {"owners": list(owners), "most": limit})
    return tuple(NewRelease(*row) for row in rows)


def _select_held_marks(connection: sa.Connection, owner: str) -> Mapping[ProjectName, HeldMark]:
    rows = connection.execute(_HELD_MARKS, {"of_owner": owner})
    return {project: HeldMark(*mark) for project, *mark in rows}


_NEW_PROJECTS = (
    sa.select(*columns_of(hosted_projects, HostedProject))
    .where(hosted_projects.c.owner.in_(sa.bindparam("owners", expanding=True)))
    .order_by(hosted_projects.c.created_at.desc(), hosted_projects.c.project)
    .limit(sa.bindparam("most"))
)
_FIRST_AT = sa.func.min(hosted_files.c.uploaded_at)
_NEW_RELEASES = (
    sa.select(
        hosted_files.c.owner,
        hosted_files.c.project,
        hosted_files.c.version,
        _FIRST_AT,
        sa.func.min(hosted_files.c.uploaded_by),
        sa.func.max(hosted_files.c.metadata_sha256),
    )
    .where(hosted_files.c.owner.in_(sa.bindparam("owners", expanding=True)))
    .group_by(hosted_files.c.owner, hosted_files.c.project, hosted_files.c.version)
    .order_by(_FIRST_AT.desc(), hosted_files.c.project, hosted_files.c.version)
    .limit(sa.bindparam("most"))
)
_HELD_MARKS = (
    sa.select(
        held.c.project,
        sa.func.count(),
        sa.func.max(held.c.stored_at),
        sa.func.max(pages.c.revision),
    )
    .join_from(held, pages, (pages.c.owner == held.c.owner) & (pages.c.project == held.c.project))
    .where(held.c.owner == sa.bindparam("of_owner"))
    .group_by(held.c.project)
    .order_by(held.c.project)
)
