"""Hosting: the projects and files of our own in one catalog."""

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.hosting_rows import (
    HostedFile,
    HostedProject,
    Publication,
    Published,
    Tombstone,
)
from wheelyard.catalog.our_names import select_is_ours, select_our_names
from wheelyard.catalog.publishing import check, publish
from wheelyard.clock import Clock
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Hosting"]


class Hosting:
    """What is our own in one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def revision_now(self, owner: str, project: ProjectName) -> int | None:
        """Return the revision of a project, None if it is not ours; does not leave the thread.

        Always of this moment, whichever process changed it: nobody else is asked for a name that
        was just made ours.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        return self._connections.read_now(
            lambda connection: queries.select_revision(connection, owner, project)
        )

    def is_hosted_now(self, project: ProjectName) -> bool:
        """Say whether a name is ours, with or without a project now; does not leave the thread.

        A name stays ours when its project is deleted: see ``our_names.py``.

        Raises:
            Unavailable: the catalog cannot be read now; then nobody knows whose the name is.
        """
        return self._connections.read_now(lambda connection: select_is_ours(connection, project))

    def owner_revision_now(self, owner: str) -> int:
        """Return the revision of all projects of ``owner`` together; 0 if it never had one."""
        return self._connections.read_now(
            lambda connection: queries.select_owner_revision(connection, owner)
        )

    async def load(
        self, owner: str, project: ProjectName
    ) -> tuple[HostedProject, tuple[HostedFile, ...]] | None:
        """Return a project and its files by name, of one moment; None if it is not ours."""
        return await self._connections.read(_select_whole, owner, project)

    async def find(self, owner: str, project: ProjectName, filename: Filename) -> HostedFile | None:
        """Return a file, or None if there is none of that name."""
        return await self._connections.read(queries.select_file, owner, project, filename)

    def find_now(self, owner: str, project: ProjectName, filename: Filename) -> HostedFile | None:
        """Return the same without leaving the thread: one indexed row.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        return self._connections.read_now(
            lambda connection: queries.select_file(connection, owner, project, filename)
        )

    async def projects(self, owner: str) -> tuple[HostedProject, ...]:
        """Return every project of ``owner``, by name."""
        return await self._connections.read(queries.select_projects, owner)

    async def owners_of(self, project: ProjectName) -> tuple[str, ...]:
        """Return every hosted owner that has a project of that name."""
        return await self._connections.read(queries.select_owners, project)

    async def has_provenance(self, digest: Sha256) -> bool:
        """Say whether a file has the provenance object of this digest; reads every row."""
        return await self._connections.read(queries.has_provenance, digest)

    async def names(self) -> frozenset[ProjectName]:
        """Return every name that is ours, in whatever index, with or without a project now."""
        return await self._connections.read(select_our_names)

    async def tombstones(self, owner: str, project: ProjectName) -> tuple[Tombstone, ...]:
        """Return what was deleted of a project, by file name."""
        return await self._connections.read(queries.select_tombstones, owner, project)

    async def check(self, publication: Publication) -> None:
        """Raise what ``publish`` would raise at this moment: for who has yet to keep the bytes."""
        await self._connections.read(check, publication, self._clock.now())

    async def publish(self, publication: Publication, actor: Actor) -> Published:
        """Publish a file whose bytes are durable; on disk when it returns.

        Raises:
            Conflict: its name has other bytes, or had, or its release has a source archive.
            Refused: its project takes no files, or is not to be created.
        """
        return await self._connections.write(publish, publication, actor, self._clock.now())


def _select_whole(
    connection: sa.Connection, owner: str, project: ProjectName
) -> tuple[HostedProject, tuple[HostedFile, ...]] | None:
    found = queries.select_project(connection, owner, project)
    if found is None:
        return None
    return found, queries.select_files(connection, owner, project)
