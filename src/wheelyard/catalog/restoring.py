"""Restoring: what is known of an index from outside becomes rows of the catalog again.

Evidence comes first, here as everywhere: a name that the ledger has with other bytes is left out.
Everything can be repeated: what is there already stays as it is, and is not told again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.base import Change
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.hosting_rows import HostedFile, HostedProject, Tombstone
from wheelyard.catalog.hosting_tables import hosted_projects, tombstones
from wheelyard.catalog.our_names import WHOLE_PROJECT, give_name_up, keep_name
from wheelyard.catalog.publishing import FILE_ADDED, PROJECT_CREATED, bind_and_hold
from wheelyard.catalog.rows import values_of
from wheelyard.catalog.tables import held, ledger, pages
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Conflict
from wheelyard.names import ProjectName, Sha256

__all__ = ["RESTORED", "HostedAgain", "Restoring"]

RESTORED = "restore"
"""Who vouches for a digest in the ledger: what was published before."""

_STATUS = "project.status"


@dataclass(frozen=True, slots=True)
class HostedAgain:
    """A project of our own with all of its files, as they are to be from now on."""

    project: HostedProject
    files: tuple[HostedFile, ...] = ()


class Restoring:
    """The way back into one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def is_empty_now(self) -> bool:
        """Say whether nothing was ever kept here: no page, no file, no name of ours; at once."""
        return self._connections.read_now(_is_empty)

    async def reserve(self, owner: str, names: Collection[ProjectName], actor: Actor) -> None:
        """Have ``names`` be ours before anything else is: nobody outside is asked for them."""
        await self._connections.write(_reserve, owner, names, actor, self._clock.now())

    async def restore(self, wanted: HostedAgain) -> list[Conflict]:
        """Have a project of ours be what it was; return why some of its files cannot be.

        Their bytes are durable already. Files that the project has and that are not wanted go.
        """
        return await self._connections.write(_restore, wanted, self._clock.now())


def _is_empty(connection: sa.Connection) -> bool:
    return not any(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        for table in (pages, held, ledger, hosted_projects, tombstones)
    )


def _reserve(
    connection: sa.Connection,
    owner: str,
    names: Collection[ProjectName],
    actor: Actor,
    now: Instant,
) -> None:
    for name in names:
        if queries.select_project(connection, owner, name) is None:
            keep_name(connection, _kept_name(owner, name, actor, now))


def _kept_name(owner: str, name: ProjectName, actor: Actor, now: Instant) -> Tombstone:
    """Return what makes a name ours without a project."""
    return Tombstone(
        owner=owner,
        project=name,
        filename=WHOLE_PROJECT,
        generation=1,
        version="",
        sha256=Sha256(""),
        deleted_at=now,
        deleted_by=actor.name,
        reason="restored",
    )


def _restore(connection: sa.Connection, wanted: HostedAgain, now: Instant) -> list[Conflict]:
    project, conflicts = wanted.project, list[Conflict]()
    before = queries.select_project(connection, project.owner, project.project)
    connection.execute(_SAVE_PROJECT, values_of(project))
    give_name_up(connection, [project.owner], project.project)
    if before is None:
        _tell(connection, project, PROJECT_CREATED, now)
    elif (before.status, before.status_reason) != (project.status, project.status_reason):
        _tell(connection, project, _STATUS, now, {"status": project.status})
    present = queries.select_files(connection, project.owner, project.project)
    _remove_others(connection, present, wanted.files)
    there = {(file.filename, file.sha256) for file in present}
    for file in wanted.files:
        if (file.filename, file.sha256) in there:
            queries.save_file(connection, file)
            continue
        try:
            bind_and_hold(connection, file, now, RESTORED)
        except Conflict as error:
            conflicts.append(error)
            continue
        queries.save_file(connection, file)
        detail = {"filename": file.filename, "version": file.version, "sha256": file.sha256}
        _tell(connection, project, FILE_ADDED, now, detail)
    return conflicts


def _remove_others(
    connection: sa.Connection, present: Sequence[HostedFile], wanted: Sequence[HostedFile]
) -> None:
    """Remove the rows of files that the project is not to have."""
    names = {file.filename for file in wanted}
    for file in present:
        if file.filename not in names:
            queries.remove_file(connection, file)


def _tell(
    connection: sa.Connection,
    project: HostedProject,
    kind: str,
    now: Instant,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write a change into the journal; it becomes the revision of the project."""
    change = Change(kind, project.owner, project.project, detail or {})
    queries.announce(connection, change, now)


_SAVE_PROJECT = upsert(hosted_projects, keep=["revision"])
