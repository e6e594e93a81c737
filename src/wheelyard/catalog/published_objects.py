"""Queries on published objects, and on pages together with their objects."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, insert, upsert
from wheelyard.catalog.publish_tables import publish_objects
from wheelyard.catalog.published_pages import pieces, select_known_pages, stream_pages
from wheelyard.catalog.published_rows import Known, ObjectsChange
from wheelyard.clock import Instant
from wheelyard.decide.publishing import AT_ONCE, ObjectState, PageState
from wheelyard.wire.tree import View

__all__ = [
    "forget_found",
    "forget_objects",
    "mark_objects",
    "save_objects",
    "select_below",
    "select_found",
    "select_known",
    "select_unlisted",
    "select_wanted",
    "walk_view",
]

T = TypeVar("T")


def select_known(connection: sa.Connection, target: int, names: Sequence[str]) -> Known:
    """Do what ``Published.known`` promises, in the transaction of ``connection``."""
    objects: dict[str, list[ObjectState]] = {}
    for piece in pieces(names):
        key = {"of_target": target, "names": list(piece)}
        for row in connection.execute(_OBJECTS_OF, key):
            objects.setdefault(row.project, []).append(ObjectState(*row))
    return Known(select_known_pages(connection, target, names), objects)


def _keys(target: int, paths: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    return [{"of_target": target, "of_project": name, "of_path": path} for name, path in paths]


def mark_objects(connection: sa.Connection, target: int, objects: Sequence[ObjectState]) -> None:
    """Do what ``Published.mark_objects`` promises, in the transaction of ``connection``."""
    _MARK_OBJECT.run_all(connection, _rows_of(target, objects, is_known=False))


def _rows_of(
    target: int, objects: Sequence[ObjectState], *, is_known: bool = True
) -> list[dict[str, object]]:
    """Return the values of rows of objects; without ``is_known`` nobody can tell their bytes."""
    return [
        {
            "target": target,
            "project": each.project,
            "path": each.path,
            "kind": each.kind,
            "sha256": each.sha256 if is_known else "",
            "size": each.size,
            "unlisted_at": each.unlisted_at,
            "unlisted_serial": each.unlisted_serial,
        }
        for each in objects
    ]


def save_objects(connection: sa.Connection, target: int, change: ObjectsChange) -> None:
    """Do what ``Published.save_objects`` promises, in the transaction of ``connection``."""
    _SAVE_OBJECT.run_all(connection, _rows_of(target, change.saved))
    for paths, at, serial in (
        (change.unlisted, change.unlisted_at, change.unlisted_serial),
        (change.at_once, AT_ONCE, change.unlisted_serial),
        (change.relisted, None, None),
    ):
        if paths:
            rows = [{**key, "at": at, "serial": serial} for key in _keys(target, paths)]
            connection.execute(_UNLIST_OBJECT, rows)


def forget_objects(
    connection: sa.Connection, target: int, paths: Sequence[tuple[str, str]]
) -> None:
    """Do what ``Published.forget_objects`` promises, in the transaction of ``connection``."""
    if paths:
        connection.execute(_FORGET_OBJECT, _keys(target, paths))


def select_found(connection: sa.Connection, target: int, paths: Sequence[str]) -> Mapping[str, int]:
    """Do what ``Published.found`` promises, in the transaction of ``connection``."""
    sizes: dict[str, int] = {}
    for piece in pieces(paths):
        found = connection.execute(_FOUND, {"of_target": target, "paths": list(piece)})
        sizes.update((path, size) for path, size in found)
    return sizes


def forget_found(connection: sa.Connection, target: int) -> None:
    """Do what ``Published.forget_found`` promises, in the transaction of ``connection``."""
    connection.execute(_FORGET_FOUND, {"of_target": target})


def select_unlisted(
    connection: sa.Connection, target: int, before: Instant, after: tuple[str, str], limit: int
) -> tuple[ObjectState, ...]:
    """Do what ``Published.unlisted`` promises, in the transaction of ``connection``."""
    key = {"of_target": target, "before": before, "project": after[0], "path": after[1]}
    found = connection.execute(_UNLISTED, {**key, "most": limit})
    return tuple(ObjectState(*row) for row in found)


def select_wanted(
    connection: sa.Connection, target: int, removed: Sequence[tuple[str, str]]
) -> frozenset[str]:
    """Do what ``Published.wanted_elsewhere`` promises, in the transaction of ``connection``."""
    gone = set(removed)
    wanted: set[str] = set()
    for piece in pieces(sorted({path for _, path in removed})):
        found = connection.execute(_OF_PATHS, {"of_target": target, "paths": list(piece)})
        wanted.update(path for name, path in found if (name, path) not in gone)
    return frozenset(wanted)


def walk_view(
    connection: sa.Connection,
    target: int,
    view: View,
    take: Callable[[Iterator[tuple[PageState, list[ObjectState]]]], T],
) -> T:
    """Do what ``Published.walk`` promises, in the transaction of ``connection``."""
    pages = stream_pages(connection, target, view)
    return take(_joined(pages, _LISTED.stream(connection, {"of_target": target})))


def _joined(
    pages: Iterator[PageState], objects: Iterator[ObjectState]
) -> Iterator[tuple[PageState, list[ObjectState]]]:
    """Yield each page with its objects; both come in the order of names."""
    following = next(objects, None)
    for page in pages:
        found = []
        while following is not None and following.project <= page.project:
            if following.project == page.project:
                found.append(following)
            following = next(objects, None)
        yield page, found


def select_below(connection: sa.Connection, target: int, prefix: str) -> tuple[ObjectState, ...]:
    """Do what ``Published.objects_below`` promises, in the transaction of ``connection``."""
    # Between two bounds, which an index can use; no path has a greater character than the last.
    key = {"of_target": target, "first": prefix, "last": prefix + "\U0010ffff"}
    return tuple(ObjectState(*row) for row in connection.execute(_BELOW, key))


_OBJECT_FIELDS = ("project", "path", "kind", "sha256", "size", "unlisted_at", "unlisted_serial")
_OBJECT = publish_objects.c
_OBJECT_COLUMNS = [_OBJECT[name] for name in _OBJECT_FIELDS]
_OBJECTS_OF_TARGET = _OBJECT.target == sa.bindparam("of_target")
_IS_OBJECT = (
    _OBJECTS_OF_TARGET
    & (_OBJECT.project == sa.bindparam("of_project"))
    & (_OBJECT.path == sa.bindparam("of_path"))
)
_OBJECTS_OF = sa.select(*_OBJECT_COLUMNS).where(
    _OBJECTS_OF_TARGET, _OBJECT.project.in_(sa.bindparam("names", expanding=True))
)
_COLUMNS = [column.name for column in publish_objects.columns]
_MARK_OBJECT = PreparedChange(
    insert(publish_objects).on_conflict_do_update(
        index_elements=list(publish_objects.primary_key.columns),
        set_={"sha256": sa.literal_column("''")},
    ),
    _COLUMNS,
)
_SAVE_OBJECT = PreparedChange(upsert(publish_objects), _COLUMNS)
_UNLIST_OBJECT = (
    publish_objects.update()
    .where(_IS_OBJECT)
    .values(unlisted_at=sa.bindparam("at"), unlisted_serial=sa.bindparam("serial"))
)
_FORGET_OBJECT = publish_objects.delete().where(_IS_OBJECT)
_UNLISTED = (
    sa.select(*_OBJECT_COLUMNS)
    .where(
        _OBJECTS_OF_TARGET,
        _OBJECT.unlisted_at <= sa.bindparam("before"),
        sa.or_(
            _OBJECT.project > sa.bindparam("project"),
            sa.and_(
                _OBJECT.project == sa.bindparam("project"), _OBJECT.path > sa.bindparam("path")
            ),
        ),
    )
    .order_by(_OBJECT.project, _OBJECT.path)
    .limit(sa.bindparam("most"))
)
_IS_NOBODYS = _OBJECTS_OF_TARGET & (_OBJECT.project == "")
_FOUND = sa.select(_OBJECT.path, _OBJECT.size).where(
    _IS_NOBODYS, _OBJECT.path.in_(sa.bindparam("paths", expanding=True))
)
_FORGET_FOUND = publish_objects.delete().where(_IS_NOBODYS)
_OF_PATHS = sa.select(_OBJECT.project, _OBJECT.path).where(
    _OBJECTS_OF_TARGET, _OBJECT.path.in_(sa.bindparam("paths", expanding=True))
)
_LISTED = PreparedQuery(
    sa.select(*_OBJECT_COLUMNS)
    .where(
        _OBJECTS_OF_TARGET, _OBJECT.unlisted_at.is_(None), _OBJECT.sha256 != sa.literal_column("''")
    )
    .order_by(_OBJECT.project, _OBJECT.path),
    ObjectState,
)
_BELOW = (
    sa.select(*_OBJECT_COLUMNS)
    .where(_OBJECTS_OF_TARGET, _OBJECT.path.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(_OBJECT.path)
)
