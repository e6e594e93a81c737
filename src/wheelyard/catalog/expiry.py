"""Expiry: releases that are no longer kept, found and deleted.

What is to go is decided by ``decide/retention.py``, on rows of one moment. It is decided again in
the transaction that deletes: what was promoted or yanked since it was shown to somebody stays.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog import hosting_queries as queries
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.curation import delete_release
from wheelyard.catalog.hosting_rows import HostedFile
from wheelyard.catalog.hosting_tables import hosted_files
from wheelyard.catalog.pins import select_pinned
from wheelyard.clock import Instant
from wheelyard.decide.retention import Expiring, Release, RetentionRules, plan
from wheelyard.names import Filename, ProjectName, Sha256, version_key

__all__ = ["Expiry", "expire", "plan_of_owner"]


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is to be deleted of an owner, and by which rules it was found."""

    owner: str
    planned: Sequence[Expiring]
    rules: RetentionRules


def plan_of_owner(
    connection: sa.Connection, owner: str, rules: RetentionRules, now: Instant
) -> tuple[Expiring, ...]:
    """Return the releases of ``owner`` that ``rules`` would have deleted, by project and age."""
    names = (project.project for project in queries.select_projects(connection, owner))
    return tuple(
        expiring
        for name in names
        for expiring in _plan_of(connection, _files_by_version(connection, owner, name), rules, now)
    )


def expire(
    connection: sa.Connection, wanted: Expiry, actor: Actor, at: Instant
) -> tuple[Expiring, ...]:
    """Delete what was planned and is still to be deleted; return that."""
    deleted = []
    for name in dict.fromkeys(each.project for each in wanted.planned):
        versions = {each.version for each in wanted.planned if each.project == name}
        files = _files_by_version(connection, wanted.owner, name)
        for expiring in _plan_of(connection, files, wanted.rules, at):
            if expiring.version in versions:
                gone = files[version_key(expiring.version)]
                delete_release(connection, gone, expiring.why, actor, at)
                deleted.append(expiring)
    return tuple(deleted)


def _files_by_version(
    connection: sa.Connection, owner: str, name: ProjectName
) -> Mapping[str, Sequence[HostedFile]]:
    """Return the files of a project, by what all spellings of their version share."""
    found: defaultdict[str, list[HostedFile]] = defaultdict(list)
    for file in queries.select_files(connection, owner, name):
        found[version_key(file.version)].append(file)
    return found


def _plan_of(
    connection: sa.Connection,
    files: Mapping[str, Sequence[HostedFile]],
    rules: RetentionRules,
    now: Instant,
) -> tuple[Expiring, ...]:
    """Return what goes of the project that has ``files``."""
    one = next((file for group in files.values() for file in group), None)
    if one is None:
        return ()
    key = {"of_owner": one.owner, "of_project": one.project}
    promoted = frozenset(connection.execute(_PROMOTED, key).scalars())
    pinned = select_pinned(connection, one.owner, one.project)
    releases = [_release(group, promoted, pinned) for group in files.values()]
    return plan(one.project, releases, rules, now)


def _release(
    files: Sequence[HostedFile], promoted: frozenset[Sha256], pinned: frozenset[Filename]
) -> Release:
    """Return the release that ``files`` make up."""
    return Release(
        version=files[0].version,
        newest_at=max(file.uploaded_at for file in files),
        files=len(files),
        size=sum(file.size for file in files),
        is_promoted=any(file.sha256 in promoted for file in files),
        is_yanked_for_a_reason=any(file.yanked for file in files),
        is_pinned=any(file.filename in pinned for file in files),
    )


_ANYWHERE = hosted_files.alias("anywhere")
_PROMOTED = (
    sa.select(hosted_files.c.sha256)
    .join(
        _ANYWHERE,
        (_ANYWHERE.c.sha256 == hosted_files.c.sha256) & _ANYWHERE.c.promoted_from.is_not(None),
    )
    .where(
        hosted_files.c.owner == sa.bindparam("of_owner"),
        hosted_files.c.project == sa.bindparam("of_project"),
    )
)
"""The bytes of a project that were promoted, from here or to here."""
