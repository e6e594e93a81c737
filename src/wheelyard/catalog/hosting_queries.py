"""Queries for what is our own, to be used inside a transaction of the caller's."""

from dataclasses import fields
from typing import cast

import sqlalchemy as sa

from wheelyard.catalog.base import Change
from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, upsert
from wheelyard.catalog.hosting_rows import HostedFile, HostedProject, Tombstone
from wheelyard.catalog.hosting_tables import (
    hosted_files,
    hosted_owners,
    hosted_projects,
    tombstones,
)
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.rows import columns_of, parse_map, render_json, values_of
from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = [
    "announce",
    "has_provenance",
    "insert_project",
    "insert_tombstone",
    "remove_file",
    "remove_project",
    "remove_tombstone",
    "save_file",
    "select_file",
    "select_files",
    "select_files_changed",
    "select_owner_revision",
    "select_owners",
    "select_project",
    "select_projects",
    "select_revision",
    "select_tombstone",
    "select_tombstones",
    "set_status",
]


def announce(connection: sa.Connection, change: Change, at: Instant) -> int:
    """Write ``change`` into the journal, make it the revision of its project; return its serial."""
    serial = append_change(connection, change, at)
    key = {"of_owner": change.owner, "of_project": change.project}
    _SET_REVISION.run(connection, {**key, "revision": serial})
    _SET_OWNER_REVISION.run(connection, {"owner": change.owner, "revision": serial})
    return serial


def select_revision(connection: sa.Connection, owner: str, project: ProjectName) -> int | None:
    """Return the revision of a project; None if it is not ours."""
    return _REVISION.first(connection, {"of_owner": owner, "of_project": project})


def select_owner_revision(connection: sa.Connection, owner: str) -> int:
    """Return the revision of all projects of ``owner`` together; 0 if it never had one."""
    return _OWNER_REVISION.first(connection, {"of_owner": owner}) or 0


def select_project(
    connection: sa.Connection, owner: str, project: ProjectName
) -> HostedProject | None:
    """Return a project, or None if it is not ours."""
    return _PROJECT.first(connection, {"of_owner": owner, "of_project": project})


def select_projects(connection: sa.Connection, owner: str) -> tuple[HostedProject, ...]:
    """Return every project of ``owner``, by name."""
    return tuple(_PROJECTS.rows(connection, {"of_owner": owner}))


def select_owners(connection: sa.Connection, project: ProjectName) -> tuple[str, ...]:
    """Return every hosted owner that has a project of that name."""
    return tuple(connection.execute(_OWNERS, {"of_project": project}).scalars())


def has_provenance(connection: sa.Connection, digest: Sha256) -> bool:
    """Say whether a file has the provenance of this digest."""
    return connection.execute(_BY_PROVENANCE, {"of_digest": digest}).first() is not None


def select_file(
    connection: sa.Connection, owner: str, project: ProjectName, filename: Filename
) -> HostedFile | None:
    """Return a file, or None if there is none of that name."""
    key = {"of_owner": owner, "of_project": project, "of_filename": filename}
    return _FILE.first(connection, key)


def select_files(
    connection: sa.Connection, owner: str, project: ProjectName
) -> tuple[HostedFile, ...]:
    """Return the files of a project, by name."""
    key = {"of_owner": owner, "of_project": project}
    return tuple(_FILES.rows(connection, key))


def select_files_changed(
    connection: sa.Connection, owner: str, since: int
) -> tuple[HostedFile, ...]:
    """Return the files of all projects that changed after ``since``, by project and name."""
    return tuple(_FILES_CHANGED.rows(connection, {"of_owner": owner, "since": since}))


def select_tombstone(
    connection: sa.Connection, owner: str, project: ProjectName, filename: Filename
) -> Tombstone | None:
    """Return the newest tombstone of a name, or None if no file of that name was deleted."""
    key = {"of_owner": owner, "of_project": project, "of_filename": filename}
    return _TOMBSTONE.first(connection, key)


def select_tombstones(
    connection: sa.Connection, owner: str, project: ProjectName
) -> tuple[Tombstone, ...]:
    """Return the files that were deleted of a project, by name."""
    key = {"of_owner": owner, "of_project": project}
    return tuple(Tombstone(*row) for row in connection.execute(_TOMBSTONES, key))


def insert_project(connection: sa.Connection, project: HostedProject) -> None:
    """Write a new project."""
    connection.execute(_INSERT_PROJECT, values_of(project))


def remove_project(connection: sa.Connection, owner: str, project: ProjectName) -> None:
    """Remove the row of a project that has no files."""
    connection.execute(_REMOVE_PROJECT, {"of_owner": owner, "of_project": project})


def set_status(connection: sa.Connection, project: HostedProject) -> None:
    """Write the status and its reason of a project that is there."""
    values = {
        "of_owner": project.owner,
        "of_project": project.project,
        "status": project.status,
        "status_reason": project.status_reason,
    }
    connection.execute(_SET_STATUS, values)


def save_file(connection: sa.Connection, file: HostedFile) -> None:
    """Write a file in place of the one of its name, if there is one."""
    _SAVE_FILE.run(connection, {**values_of(file), "hashes_json": render_json(file.hashes)})


def remove_file(connection: sa.Connection, file: HostedFile) -> None:
    """Remove the row of a file; its bytes and its evidence stay."""
    key = {"of_owner": file.owner, "of_project": file.project, "of_filename": file.filename}
    connection.execute(_REMOVE_FILE, key)


def insert_tombstone(connection: sa.Connection, tombstone: Tombstone) -> None:
    """Write that a file was deleted."""
    connection.execute(_INSERT_TOMBSTONE, values_of(tombstone))


def remove_tombstone(connection: sa.Connection, tombstone: Tombstone) -> None:
    """Remove a tombstone: its name may be given to other bytes again."""
    key = {"of_owner": tombstone.owner, "of_project": tombstone.project}
    connection.execute(_REMOVE_TOMBSTONE, {**key, "of_filename": tombstone.filename})


def _file(*row: object) -> HostedFile:
    """Return a row as a file; its other digests are kept as JSON."""
    found = {key: str(value) for key, value in parse_map(cast("str", row[_HASHES])).items()}
    return HostedFile(*row[:_HASHES], found, *row[_HASHES + 1 :])  # type: ignore[arg-type, call-arg]  # as its columns are


_HASHES = [field.name for field in fields(HostedFile)].index("hashes")
_PROJECT_IS_IT = (hosted_projects.c.owner == sa.bindparam("of_owner")) & (
    hosted_projects.c.project == sa.bindparam("of_project")
)
_FILES_ARE_OF = (hosted_files.c.owner == sa.bindparam("of_owner")) & (
    hosted_files.c.project == sa.bindparam("of_project")
)
_FILE_IS_IT = _FILES_ARE_OF & (hosted_files.c.filename == sa.bindparam("of_filename"))
_TOMBSTONES_ARE_OF = (tombstones.c.owner == sa.bindparam("of_owner")) & (
    tombstones.c.project == sa.bindparam("of_project")
)
_REVISION = PreparedQuery(sa.select(hosted_projects.c.revision).where(_PROJECT_IS_IT), int)
_OWNER_REVISION = PreparedQuery(
    sa.select(hosted_owners.c.revision).where(hosted_owners.c.owner == sa.bindparam("of_owner")),
    int,
)
_PROJECT = PreparedQuery(
    sa.select(*columns_of(hosted_projects, HostedProject)).where(_PROJECT_IS_IT), HostedProject
)
_PROJECTS = PreparedQuery(
    sa.select(*columns_of(hosted_projects, HostedProject))
    .where(hosted_projects.c.owner == sa.bindparam("of_owner"))
    .order_by(hosted_projects.c.project),
    HostedProject,
)
_OWNERS = (
    sa.select(hosted_projects.c.owner)
    .where(hosted_projects.c.project == sa.bindparam("of_project"))
    .order_by(hosted_projects.c.owner)
)
_BY_PROVENANCE = (
    sa.select(hosted_files.c.filename)
    .where(hosted_files.c.provenance_sha256 == sa.bindparam("of_digest"))
    .limit(1)
)
_SELECT_FILE = sa.select(*columns_of(hosted_files, HostedFile))
_FILE = PreparedQuery(_SELECT_FILE.where(_FILE_IS_IT), _file)
_FILES = PreparedQuery(_SELECT_FILE.where(_FILES_ARE_OF).order_by(hosted_files.c.filename), _file)
_FILES_CHANGED = PreparedQuery(
    sa.select(*columns_of(hosted_files, HostedFile))
    .join_from(
        hosted_files,
        hosted_projects,
        (hosted_projects.c.owner == hosted_files.c.owner)
        & (hosted_projects.c.project == hosted_files.c.project),
    )
    .where(
        hosted_files.c.owner == sa.bindparam("of_owner"),
        hosted_projects.c.revision > sa.bindparam("since"),
    )
    .order_by(hosted_files.c.project, hosted_files.c.filename),
    _file,
)
_TOMBSTONES = (
    sa.select(*columns_of(tombstones, Tombstone))
    .where(_TOMBSTONES_ARE_OF & (tombstones.c.filename != ""))
    .order_by(tombstones.c.filename, tombstones.c.generation)
)
_TOMBSTONE = PreparedQuery(
    sa.select(*columns_of(tombstones, Tombstone))
    .where(_TOMBSTONES_ARE_OF & (tombstones.c.filename == sa.bindparam("of_filename")))
    .order_by(tombstones.c.generation.desc())
    .limit(1),
    Tombstone,
)
_SET_REVISION = PreparedChange(
    hosted_projects.update().where(_PROJECT_IS_IT).values(revision=sa.bindparam("revision"))
)
_SET_STATUS = (
    hosted_projects.update()
    .where(_PROJECT_IS_IT)
    .values(status=sa.bindparam("status"), status_reason=sa.bindparam("status_reason"))
)
_REMOVE_PROJECT = hosted_projects.delete().where(_PROJECT_IS_IT)
_REMOVE_TOMBSTONE = tombstones.delete().where(
    _TOMBSTONES_ARE_OF & (tombstones.c.filename == sa.bindparam("of_filename"))
)
_SET_OWNER_REVISION = PreparedChange(upsert(hosted_owners))
_INSERT_PROJECT = hosted_projects.insert()
_INSERT_TOMBSTONE = tombstones.insert()
_SAVE_FILE = PreparedChange(upsert(hosted_files))
_REMOVE_FILE = hosted_files.delete().where(_FILE_IS_IT)
