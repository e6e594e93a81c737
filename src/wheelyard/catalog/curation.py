"""Curation: what is done to projects of our own after their files were uploaded.

Each function is one whole change in the transaction of its caller: rows, the journal (so that
every process shows it within a second), the audit log. Nothing here removes bytes or evidence: a
deleted file leaves a tombstone, and its name and digest stay bound to each other in the ledger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change
from wheelyard.catalog.hosting_rows import HostedFile, HostedProject, Tombstone, hosted_index
from wheelyard.catalog.our_names import WHOLE_PROJECT, give_name_up, keep_name
from wheelyard.clock import Instant
from wheelyard.errors import Absent
from wheelyard.model import ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256, sort_versions, version_key

__all__ = [
    "FILE_ACCEPTED",
    "PROJECT_DELETED",
    "PROJECT_STATUS",
    "RELEASE_DELETED",
    "RELEASE_UNYANKED",
    "RELEASE_YANKED",
    "Curated",
    "Lifting",
    "Removal",
    "StatusChange",
    "Yank",
    "delete",
    "delete_release",
    "files_of_release",
    "lift",
    "set_status",
    "yank",
]

RELEASE_YANKED = "release.yanked"
RELEASE_UNYANKED = "release.unyanked"
RELEASE_DELETED = "release.deleted"
PROJECT_DELETED = "project.deleted"
PROJECT_STATUS = "project.status"
FILE_ACCEPTED = "file.accepted"


@dataclass(frozen=True, slots=True)
class Yank:
    """A release to be yanked, or un-yanked if ``reason`` is None; the reason may be empty."""

    owner: str
    project: ProjectName
    version: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    """A release to be deleted, or the whole project if ``version`` is None.

    With ``gives_up_name`` a project's name no longer is ours: whoever has it outside counts.
    """

    owner: str
    project: ProjectName
    version: str | None
    reason: str = ""
    gives_up_name: bool = False


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The state that a project is to have. Source: PEP 792."""

    owner: str
    project: ProjectName
    status: ProjectStatus


@dataclass(frozen=True, slots=True)
class Lifting:
    """The name of a deleted file that may be given to other bytes."""

    owner: str
    project: ProjectName
    filename: Filename
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Curated:
    """The files that were changed, by name; without any the ``serial`` is 0."""

    files: tuple[HostedFile, ...] = ()
    serial: int = 0


def yank(connection: sa.Connection, wanted: Yank, actor: Actor, at: Instant) -> Curated:
    """Yank or un-yank every file of a release. What is so already is not changed.

    Raises:
        Absent: there is no such release.
    """
    files = files_of_release(connection, wanted.owner, wanted.project, wanted.version)
    changed = tuple(
        replace(file, yanked=wanted.reason) for file in files if file.yanked != wanted.reason
    )
    for file in changed:
        queries.save_file(connection, file)
    if not changed:
        return Curated()
    detail = _told(changed)
    if wanted.reason is not None:
        detail = {**detail, "reason": wanted.reason}
    kind = RELEASE_UNYANKED if wanted.reason is None else RELEASE_YANKED
    change = Change(kind, wanted.owner, wanted.project, detail)
    return Curated(changed, _write(connection, change, actor, at))


def delete(connection: sa.Connection, wanted: Removal, actor: Actor, at: Instant) -> Curated:
    """Delete a release or a whole project; every name of a file leaves a tombstone.

    Raises:
        Absent: there is no such release or project.
    """
    if wanted.version is None:
        return _delete_project(connection, wanted, actor, at)
    files = files_of_release(connection, wanted.owner, wanted.project, wanted.version)
    return delete_release(connection, files, wanted.reason, actor, at)


def delete_release(
    connection: sa.Connection, files: Sequence[HostedFile], reason: str, actor: Actor, at: Instant
) -> Curated:
    """Delete a release, of which ``files`` are all that there is."""
    _bury(connection, files, actor, reason, at)
    detail = {**_told(files), "reason": reason}
    change = Change(RELEASE_DELETED, files[0].owner, files[0].project, detail)
    return Curated(tuple(files), _write(connection, change, actor, at))


def set_status(
    connection: sa.Connection, wanted: StatusChange, actor: Actor, at: Instant
) -> Curated:
    """Give a project a state. If it has that state already, nothing is changed.

    Raises:
        Absent: there is no such project.
    """
    project = _project(connection, wanted.owner, wanted.project)
    status = wanted.status
    if (project.status, project.status_reason) == (status.status, status.reason):
        return Curated()
    queries.set_status(
        connection, replace(project, status=status.status, status_reason=status.reason)
    )
    detail = {"status": status.status, "reason": status.reason, "before": project.status}
    change = Change(PROJECT_STATUS, wanted.owner, wanted.project, detail)
    serial = _write(connection, change, actor, at)
    return Curated(queries.select_files(connection, wanted.owner, wanted.project), serial)


def lift(connection: sa.Connection, wanted: Lifting, actor: Actor, at: Instant) -> Tombstone:
    """Let the name of a deleted file be given to other bytes; return what it stood for.

    The ledger keeps what it knows: the next upload of that name begins a new generation.

    Raises:
        Absent: no file of that name was deleted.
    """
    names = (wanted.owner, wanted.project, wanted.filename)
    tombstone = queries.select_tombstone(connection, *names)
    if tombstone is None or not wanted.filename:
        raise Absent(f"A deleted file `{wanted.filename}`", _place(wanted.owner))
    queries.remove_tombstone(connection, tombstone)
    detail = {
        "filename": wanted.filename,
        "version": tombstone.version,
        "sha256": tombstone.sha256,
        "reason": wanted.reason,
    }
    _write(connection, Change(FILE_ACCEPTED, wanted.owner, wanted.project, detail), actor, at)
    return tombstone


def files_of_release(
    connection: sa.Connection, owner: str, project: ProjectName, version: str
) -> tuple[HostedFile, ...]:
    """Return the files of a release by name; the version may be spelled in any way.

    Raises:
        Absent: there is no such project, or no such release; the sentence names those there are.
    """
    name = _project(connection, owner, project).name
    files = queries.select_files(connection, owner, project)
    found = tuple(file for file in files if version_key(file.version) == version_key(version))
    if not found:
        versions = ", ".join(sort_versions({file.version for file in files})[-5:])
        has = f", which has {versions}" if versions else ", which has no files"
        raise Absent(f"`{name}` {version}", f"{_place(owner)}{has}")
    return found


def _delete_project(
    connection: sa.Connection, wanted: Removal, actor: Actor, at: Instant
) -> Curated:
    """Delete a project and all of its files; its name stays ours unless it is given up.

    The name of a project that was deleted already can still be given up.
    """
    kept = (wanted.owner, wanted.project, WHOLE_PROJECT)
    found = queries.select_project(connection, wanted.owner, wanted.project)
    if found is None and not (wanted.gives_up_name and queries.select_tombstone(connection, *kept)):
        raise Absent(f"`{wanted.project}`", _place(wanted.owner))
    files = queries.select_files(connection, wanted.owner, wanted.project)
    _bury(connection, files, actor, wanted.reason, at)
    detail = {
        "name": wanted.project if found is None else found.name,
        "filenames": [file.filename for file in files],
        "reason": wanted.reason,
        "gives_up_name": wanted.gives_up_name,
    }
    change = Change(PROJECT_DELETED, wanted.owner, wanted.project, detail)
    serial = _write(connection, change, actor, at)
    queries.remove_project(connection, wanted.owner, wanted.project)
    if wanted.gives_up_name:
        give_name_up(connection, [wanted.owner], wanted.project)
    else:
        keep_name(connection, _tombstone_of_project(wanted, actor, at))
    return Curated(files, serial)


def _bury(
    connection: sa.Connection, files: Sequence[HostedFile], actor: Actor, reason: str, at: Instant
) -> None:
    """Remove ``files``, and leave a tombstone for each."""
    for file in files:
        tombstone = Tombstone(
            owner=file.owner,
            project=file.project,
            filename=file.filename,
            generation=file.generation,
            version=file.version,
            sha256=file.sha256,
            deleted_at=at,
            deleted_by=actor.name,
            reason=reason,
        )
        queries.remove_file(connection, file)
        queries.insert_tombstone(connection, tombstone)


def _tombstone_of_project(wanted: Removal, actor: Actor, at: Instant) -> Tombstone:
    """Return the tombstone by which the name of a project stays ours."""
    return Tombstone(
        owner=wanted.owner,
        project=wanted.project,
        filename=WHOLE_PROJECT,
        generation=0,
        version="",
        sha256=Sha256(""),
        deleted_at=at,
        deleted_by=actor.name,
        reason=wanted.reason,
    )


def _project(connection: sa.Connection, owner: str, project: ProjectName) -> HostedProject:
    """Return a project.

    Raises:
        Absent: there is none of that name.
    """
    found = queries.select_project(connection, owner, project)
    if found is None:
        raise Absent(f"`{project}`", _place(owner))
    return found


def _place(owner: str) -> str:
    """Return an owner in words."""
    return f"the index `{hosted_index(owner)}`"


def _told(files: Sequence[HostedFile]) -> Mapping[str, object]:
    """Return what the journal and the audit log say of a release."""
    return {"version": files[0].version, "filenames": [file.filename for file in files]}


def _write(connection: sa.Connection, change: Change, actor: Actor, at: Instant) -> int:
    """Write a change into the journal and into the audit log, under the same name."""
    index = hosted_index(change.owner) or ""
    append_audit(
        connection, actor, AuditEntry(change.kind, index, change.project, change.detail), at
    )
    return queries.announce(connection, change, at)
