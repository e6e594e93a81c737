"""Publishing: the one transaction in which a file of our own comes to be.

A file is there whole or not at all: evidence (the ledger), the project, the file, the journal and
the audit log are written together, after its bytes are durable in the store. Of two uploads of one
name the database lets exactly one win.
"""

from dataclasses import replace
from typing import Literal

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change, HeldRow, LedgerRow
from wheelyard.catalog.held import note_held
from wheelyard.catalog.hosting_rows import (
    HostedFile,
    HostedProject,
    Publication,
    Published,
    hosted_index,
)
from wheelyard.catalog.ledger import bind, select_newest
from wheelyard.clock import Instant
from wheelyard.errors import Conflict, Refused

__all__ = ["FILE_ADDED", "PROJECT_CREATED", "bind_and_hold", "check", "name_is_taken", "publish"]

PROJECT_CREATED = "project.created"
FILE_ADDED = "file.added"

_DAY_SECONDS = 86_400.0
_TAKES_FILES = ("active", "deprecated")


def publish(
    connection: sa.Connection, publication: Publication, actor: Actor, at: Instant
) -> Published:
    """Publish a file in the transaction of ``connection``.

    Raises:
        Conflict: its name has other bytes, or had, or its release has a source archive.
        Refused: its project or release takes no files, or the project is not to be created.
    """
    project, existing, file = _admitted(connection, publication, at)
    if existing is file:
        return Published("same", existing)
    bind_and_hold(connection, file, at, publication.way)
    if project is None:
        _create(connection, publication, actor, at)
    queries.save_file(connection, file)
    detail = {"filename": file.filename, "version": file.version, "sha256": file.sha256}
    serial = queries.announce(connection, Change(FILE_ADDED, file.owner, file.project, detail), at)
    action, index = f"file.{publication.way}", hosted_index(file.owner) or ""
    entry = AuditEntry(action, index, file.project, detail)
    append_audit(connection, actor, entry, at)
    outcome: Literal["new", "replaced"] = "new" if existing is None else "replaced"
    return Published(outcome, file, is_first=project is None, serial=serial)


def check(connection: sa.Connection, publication: Publication, at: Instant) -> None:
    """Raise what ``publish`` would raise at this moment; nothing is written."""
    _admitted(connection, publication, at)


def _admitted(
    connection: sa.Connection, publication: Publication, at: Instant
) -> tuple[HostedProject | None, HostedFile | None, HostedFile]:
    """Return the project, the file that has the name now, and the file as it is to be.

    The last two are one if the name has these bytes already.
    """
    file = publication.file
    project = queries.select_project(connection, file.owner, file.project)
    _admit(project, publication)
    existing = queries.select_file(connection, file.owner, file.project, file.filename)
    if existing is not None and existing.sha256 == file.sha256:
        return project, existing, existing
    file = replace(file, generation=_generation(connection, publication, existing))
    _refuse_second_source(connection, file)
    _refuse_closed_release(connection, publication, at)
    return project, existing, file


def bind_and_hold(
    connection: sa.Connection, file: HostedFile, at: Instant, source: str = "upload"
) -> None:
    """Write the evidence of ``file``, which came from ``source``, and that its bytes are held.

    Raises:
        Conflict: its name of that generation is bound to other bytes.
    """
    names = (file.owner, file.project, file.filename)
    evidence = LedgerRow(
        *names,
        sha256=file.sha256,
        size=file.size,
        first_seen=at,
        source=source,
        generation=file.generation,
    )
    bind(connection, evidence)
    held = HeldRow(file.sha256, *names, size=file.size, stored_at=at, last_used_at=at)
    note_held(connection, held)


def _admit(project: HostedProject | None, publication: Publication) -> None:
    """Refuse a file that its project does not take."""
    name = publication.file.project
    if project is None:
        if not publication.creates:
            raise Refused(f"The new project `{name}`", "you may not create projects here")
        return
    if project.status not in _TAKES_FILES:
        why = f": {project.status_reason}" if project.status_reason else ""
        raise Refused(f"A file of `{name}`", f"the project is {project.status}{why}")


def name_is_taken(existing: HostedFile) -> Conflict:
    """Return what to say of other bytes for the name of ``existing``, in words clients look for."""
    return Conflict(
        "File already exists",
        f"`{existing.filename}` has sha256 {existing.sha256}, and a name keeps its bytes: "
        "raise the version.",
    )


def _generation(
    connection: sa.Connection, publication: Publication, existing: HostedFile | None
) -> int:
    """Return the generation under which the name of the file gets its bytes.

    Source: the words of PyPI's answers, which clients look for; a deleted name must not read as
    one that "already exists", or clients skip it and believe that all is well.
    """
    file = publication.file
    bound = select_newest(connection, file.owner, file.project, file.filename)
    if bound is None:
        return 1
    tombstone = queries.select_tombstone(connection, file.owner, file.project, file.filename)
    is_free = existing is None and tombstone is None  # deleted, and accepted by an operator since
    if publication.volatile or is_free:
        return bound.generation + 1
    if existing is not None:
        raise name_is_taken(existing)
    raise Conflict(
        "This filename was previously used by a file that has since been deleted",
        f"`{file.filename}` is not given out a second time: use a different version.",
    )


def _refuse_second_source(connection: sa.Connection, file: HostedFile) -> None:
    """Refuse a release's second source archive. Source: PEP 527, PyPI."""
    if file.kind != "sdist":
        return
    for other in queries.select_files(connection, file.owner, file.project):
        same = other.kind == "sdist" and other.version == file.version
        if same and other.filename != file.filename:
            raise Conflict(
                "Only one sdist may be uploaded per release",
                f"`{file.project}` {file.version} has `{other.filename}`.",
            )


def _refuse_closed_release(
    connection: sa.Connection, publication: Publication, at: Instant
) -> None:
    """Refuse a file of a release that has been there for long.

    Whoever steals a token could otherwise give a wheel to everybody who trusts an old version.
    Source: threat T13; PyPI's rule of 14 days.
    """
    file, open_days = publication.file, publication.open_days
    if not open_days:
        return
    release = [
        other.uploaded_at
        for other in queries.select_files(connection, file.owner, file.project)
        if other.version == file.version
    ]
    if release and at - min(release) > open_days * _DAY_SECONDS:
        reason = (
            f"its first file is older than {open_days:g} days, so it is closed: raise the version"
        )
        raise Refused(f"A further file of `{file.project}` {file.version}", reason)


def _create(connection: sa.Connection, publication: Publication, actor: Actor, at: Instant) -> None:
    """Write the project that the file is the first of."""
    file = publication.file
    project = HostedProject(
        owner=file.owner,
        project=file.project,
        name=publication.name,
        status="active",
        status_reason=None,
        created_at=at,
        created_by=actor.name,
        revision=0,
    )
    queries.insert_project(connection, project)
    queries.announce(connection, Change(PROJECT_CREATED, file.owner, file.project), at)
    entry = AuditEntry("project.create", hosted_index(file.owner) or "", file.project)
    append_audit(connection, actor, entry, at)
