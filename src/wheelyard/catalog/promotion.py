"""Promotion: a release of one index of ours becomes one of another, with the same bytes.

Nothing is copied but rows: both indexes give out the same blobs. All files of the release are
promoted together or none is.
"""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.curation import files_of_release
from wheelyard.catalog.hosting_rows import HostedFile, Publication, Published, hosted_index
from wheelyard.catalog.publishing import publish
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Refused
from wheelyard.names import ProjectName

__all__ = ["Promotion", "promote"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """A release, where it is and where it is to be. ``volatile`` is what the target is."""

    source: str
    target: str
    project: ProjectName
    version: str
    volatile: bool = False


def promote(
    connection: sa.Connection, wanted: Promotion, actor: Actor, at: Instant
) -> tuple[Published, ...]:
    """Promote a release, and return what became of each of its files, by name.

    The files keep digests, metadata, provenance and whether they are yanked. In the target they
    are from now, by who promotes them, and name the index that they were uploaded to.

    Raises:
        Absent: the source has no such release.
        Conflict: the target has other bytes under one of the names, or had; nothing was promoted.
        Refused: the source's project is in quarantine, or the target's takes no files.
    """
    files = files_of_release(connection, wanted.source, wanted.project, wanted.version)
    project = queries.select_project(connection, wanted.source, wanted.project)
    if project is None:
        raise Absent(f"`{wanted.project}`", f"the index `{hosted_index(wanted.source)}`")
    if project.status == "quarantined":
        reason = project.status_reason or "the project is quarantined"
        raise Refused(f"Promoting `{project.name}`", reason)
    promoted = tuple(
        publish(
            connection,
            Publication(
                _promoted(file, wanted, actor, at),
                project.name,
                volatile=wanted.volatile,
                way="promote",
            ),
            actor,
            at,
        )
        for file in files
    )
    if any(each.outcome != "same" for each in promoted):
        _note(connection, wanted, promoted, actor, at)
    return promoted


def _promoted(file: HostedFile, wanted: Promotion, actor: Actor, at: Instant) -> HostedFile:
    """Return ``file`` as the target has it."""
    return replace(
        file,
        owner=wanted.target,
        uploaded_at=at,
        uploaded_by=actor.name,
        promoted_from=file.promoted_from or hosted_index(wanted.source),
    )


def _note(
    connection: sa.Connection,
    wanted: Promotion,
    promoted: tuple[Published, ...],
    actor: Actor,
    at: Instant,
) -> None:
    """Write the promotion as a whole into the audit log, beside the line of each file."""
    detail = {
        "version": promoted[0].file.version,
        "from": hosted_index(wanted.source),
        "filenames": [each.file.filename for each in promoted if each.outcome != "same"],
    }
    entry = AuditEntry("release.promote", hosted_index(wanted.target) or "", wanted.project, detail)
    append_audit(connection, actor, entry, at)
