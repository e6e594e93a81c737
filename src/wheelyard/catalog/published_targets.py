"""Queries on targets and their views, and on what may have changed since they were made."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.hosting_rows import hosted_index
from wheelyard.catalog.indexes import INDEX_CHANGED
from wheelyard.catalog.publish_tables import (
    publish_objects,
    publish_pages,
    publish_targets,
    publish_views,
)
from wheelyard.catalog.published_rows import ChangedNames, TargetRow
from wheelyard.catalog.rows import parse_map
from wheelyard.catalog.tables import held, journal, metadata_files
from wheelyard.clock import Instant
from wheelyard.decide.publishing import ViewState
from wheelyard.names import ProjectName
from wheelyard.wire.tree import View

__all__ = [
    "begin_target",
    "save_target",
    "save_view",
    "select_arrived",
    "select_changed",
    "select_last_arrival",
    "select_target",
    "select_urls",
    "select_views",
]

_READ = 5_000


def _target(row: sa.Row[tuple[object, ...]]) -> TargetRow:
    values = dict(row._mapping)  # noqa: SLF001  # its documented way to a mapping
    values["pending"] = msgspec.json.decode(values.pop("pending_json"), type=tuple[str, ...])
    return TargetRow(**values)


def _values(row: TargetRow) -> dict[str, object]:
    values = asdict(row)
    values["pending_json"] = msgspec.json.encode(values.pop("pending")).decode()
    del values["id"]
    return values


def select_target(connection: sa.Connection, url: str) -> TargetRow | None:
    """Do what ``Published.target`` promises, in the transaction of ``connection``."""
    row = connection.execute(_TARGET, {"of_url": url}).first()
    return None if row is None else _target(row)


def select_urls(connection: sa.Connection) -> tuple[str, ...]:
    """Do what ``Published.urls`` promises, in the transaction of ``connection``."""
    return tuple(connection.execute(_URLS).scalars())


def begin_target(connection: sa.Connection, row: TargetRow) -> TargetRow:
    """Do what ``Published.begin`` promises, in the transaction of ``connection``."""
    before = select_target(connection, row.url)
    if before is not None:
        for table in (publish_views, publish_pages, publish_objects):
            connection.execute(table.delete().where(table.c.target == before.id))
        connection.execute(publish_targets.delete().where(publish_targets.c.id == before.id))
    result = connection.execute(publish_targets.insert(), _values(row))
    (number,) = result.inserted_primary_key or (0,)
    return replace(row, id=int(number))


def save_target(connection: sa.Connection, row: TargetRow) -> None:
    """Do what ``Published.save_target`` promises, in the transaction of ``connection``."""
    statement = publish_targets.update().where(publish_targets.c.id == row.id)
    connection.execute(statement.values(_values(row)))


def select_views(connection: sa.Connection, target: int) -> Mapping[View, ViewState]:
    """Do what ``Published.views`` promises, in the transaction of ``connection``."""
    found = connection.execute(_VIEWS, {"of_target": target})
    states = [ViewState(*row) for row in found]
    return {state.view: state for state in states}


def save_view(connection: sa.Connection, target: int, state: ViewState) -> None:
    """Do what ``Published.save_view`` promises, in the transaction of ``connection``."""
    connection.execute(_SAVE_VIEW, {"target": target, **asdict(state)})


def select_changed(
    connection: sa.Connection, owners: frozenset[str], since: int, until: int
) -> ChangedNames:
    """Do what ``Published.changed`` promises, in the transaction of ``connection``."""
    names: set[ProjectName] = set()
    found = connection.execution_options(yield_per=_READ).execute(
        _JOURNAL, {"after": since, "until": until}
    )
    for kind, owner, project, detail in found:
        if kind == INDEX_CHANGED:
            return ChangedNames(everything=True)
        if owner in owners or hosted_index(owner) is not None:
            name = project or _named_in(detail)
            if name:
                names.add(ProjectName(name))
    return ChangedNames(frozenset(names))


def _named_in(detail: str) -> str:
    """Return the project that a document belongs to; empty if it is no project's."""
    told = parse_map(detail)
    if told.get("document") != "provenance":
        return ""
    return str(told.get("name", "")).partition("/")[0]


def select_arrived(
    connection: sa.Connection, owners: tuple[str, ...], since: Instant, target: int | None
) -> frozenset[ProjectName]:
    """Do what ``Published.arrived`` promises, in the transaction of ``connection``."""
    names: set[ProjectName] = set()
    key = {"owners": owners, "since": since, "of_target": target}
    for query in (_ARRIVED, _METADATA_ARRIVED):
        found = connection.execute(query, key)
        names.update(ProjectName(name) for name in found.scalars())
    return frozenset(names)


def select_last_arrival(connection: sa.Connection) -> Instant:
    """Do what ``Published.last_arrival`` promises, in the transaction of ``connection``."""
    newest = (sa.func.max(held.c.stored_at), sa.func.max(metadata_files.c.recorded_at))
    return Instant(max(connection.execute(sa.select(each)).scalar() or 0.0 for each in newest))


_TARGET = sa.select(publish_targets).where(publish_targets.c.url == sa.bindparam("of_url"))
_URLS = sa.select(publish_targets.c.url).order_by(publish_targets.c.url)
_VIEWS = sa.select(
    publish_views.c.view,
    publish_views.c.serial,
    publish_views.c.looked_at,
    publish_views.c.made_at,
    publish_views.c.basis,
    publish_views.c.is_whole,
).where(publish_views.c.target == sa.bindparam("of_target"))
_SAVE_VIEW = upsert(publish_views)
_JOURNAL = (
    sa.select(journal.c.kind, journal.c.owner, journal.c.project, journal.c.detail_json)
    .where(journal.c.serial > sa.bindparam("after"), journal.c.serial <= sa.bindparam("until"))
    .order_by(journal.c.serial)
)


def _is_unlisted(digest: sa.ColumnElement[str], suffix: str) -> sa.ColumnElement[bool]:
    """Return whether no page lists what belongs to a held file, and is named after it."""
    path, name = publish_objects.c.path, "/" + held.c.filename + suffix
    is_listed = (
        (publish_objects.c.target == sa.bindparam("of_target"))
        & (publish_objects.c.project == held.c.project)
        & (publish_objects.c.sha256 == digest)
        & publish_objects.c.unlisted_at.is_(None)
        & (sa.func.substr(path, sa.func.length(path) - sa.func.length(name) + 1) == name)
    )
    return ~sa.select(publish_objects.c.path).where(is_listed).exists()


_ARRIVED = (
    sa.select(held.c.project)
    .where(
        held.c.stored_at >= sa.bindparam("since"),
        held.c.owner.in_(sa.bindparam("owners", expanding=True)),
        _is_unlisted(held.c.sha256, ""),
    )
    .distinct()
)
_METADATA_ARRIVED = (
    sa.select(held.c.project)
    .select_from(metadata_files.join(held, held.c.sha256 == metadata_files.c.wheel_sha256))
    .where(
        metadata_files.c.recorded_at >= sa.bindparam("since"),
        held.c.owner.in_(sa.bindparam("owners", expanding=True)),
        _is_unlisted(metadata_files.c.metadata_sha256, ".metadata"),
    )
    .distinct()
)
