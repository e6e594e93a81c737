"""Queries on published pages."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.dialect import PreparedChange, PreparedQuery, insert, upsert
from wheelyard.catalog.publish_tables import publish_pages
from wheelyard.catalog.published_rows import KnownPages
from wheelyard.decide.publishing import BEING_WRITTEN, GONE, PageState
from wheelyard.names import ProjectName
from wheelyard.wire.tree import View

__all__ = [
    "forget_gone",
    "mark_pages",
    "page_of",
    "pieces",
    "save_pages",
    "select_differing",
    "select_known_pages",
    "select_names",
    "select_pages",
    "stream_pages",
]

T = TypeVar("T")

_AT_ONCE = 400
"""How many names one query asks for; old databases take 999 values."""


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield ``values`` in pieces that one query can take."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def page_of(row: Sequence[object]) -> PageState:
    """Return the page that a row holds: its columns in the order of the fields."""
    project, digest, serial, hosted, *values, sizes = row
    parsed = msgspec.json.decode(str(sizes), type=dict[str, int])
    return PageState(project, digest, serial, bool(hosted), *values, parsed)  # type: ignore[call-arg, arg-type]  # columns in its order


def select_known_pages(connection: sa.Connection, target: int, names: Sequence[str]) -> KnownPages:
    """Do what ``Published.pages`` promises, in the transaction of ``connection``."""
    pages: dict[tuple[View, str], PageState] = {}
    for piece in pieces(names):
        found = connection.execute(_PAGES_OF, {"of_target": target, "names": list(piece)})
        for view, *values in found:
            page = page_of(values)
            pages[view, page.project] = page
    return pages


def stream_pages(connection: sa.Connection, target: int, view: View) -> Iterator[PageState]:
    """Yield the pages of a view, by name, while the connection is not given back."""
    return _WHOLE_VIEW.stream(connection, {"of_target": target, "of_view": view})


def select_names(connection: sa.Connection, target: int, view: View) -> frozenset[ProjectName]:
    """Do what ``Published.names`` promises, in the transaction of ``connection``."""
    found = connection.execute(_NAMES, {"of_target": target, "of_view": view})
    return frozenset(ProjectName(name) for name in found.scalars())


def select_differing(
    connection: sa.Connection, target: int, view: View, base: View, since: int | None
) -> frozenset[str]:
    """Do what ``Published.differing`` promises, in the transaction of ``connection``."""
    key = {"of_target": target, "of_view": view, "of_base": base}
    if since is not None:
        found = connection.execute(_DIFFERING_SINCE, {**key, "since": since})
        return frozenset(found.scalars())
    names = set(connection.execute(_DIFFERING, key).scalars())
    # What only ``view`` has is what ``base`` has not.
    swapped = {"of_target": target, "of_view": base, "of_base": view}
    names.update(connection.execute(_DIFFERING, swapped).scalars())
    return frozenset(names)


def mark_pages(connection: sa.Connection, target: int, view: View, names: Sequence[str]) -> None:
    """Do what ``Published.mark_pages`` promises, in the transaction of ``connection``."""
    pages = (PageState(name, BEING_WRITTEN, 0, hosted=False) for name in names)
    _MARK_PAGE.run_all(connection, (_row_of(target, view, page) for page in pages))


def save_pages(
    connection: sa.Connection, target: int, view: View, pages: Sequence[PageState]
) -> None:
    """Do what ``Published.save_pages`` promises, in the transaction of ``connection``."""
    _SAVE_PAGE.run_all(connection, (_row_of(target, view, page) for page in pages))


def _row_of(target: int, view: View, page: PageState) -> dict[str, object]:
    """Return the values of a page's row."""
    values = {name: getattr(page, name) for name in _PAGE_FIELDS}
    sizes = msgspec.json.encode(page.sizes or {}).decode()
    return {"target": target, "view": view, **values, "sizes_json": sizes}


def forget_gone(connection: sa.Connection, target: int, before: int) -> None:
    """Do what ``Published.forget_gone`` promises, in the transaction of ``connection``."""
    connection.execute(_FORGET_GONE, {"of_target": target, "before": before})


def select_pages(
    connection: sa.Connection, target: int, view: View, prefix: str
) -> tuple[PageState, ...]:
    """Do what ``Published.pages_below`` promises, in the transaction of ``connection``."""
    last = prefix + "\U0010ffff" if prefix else ""
    key = {"of_target": target, "of_view": view, "first": prefix, "last": last}
    return tuple(page_of(row) for row in connection.execute(_PAGES_BELOW, key))


_PAGE_FIELDS = (
    *("project", "digest", "serial", "hosted", "html_sha256", "html_size"),
    *("json_sha256", "json_size"),
)
_PAGE = publish_pages.c
_PAGE_COLUMNS = [*(_PAGE[name] for name in _PAGE_FIELDS), _PAGE.sizes_json]
_OF_TARGET = _PAGE.target == sa.bindparam("of_target")
_OF_VIEW = _OF_TARGET & (_PAGE.view == sa.bindparam("of_view"))
_PAGES_OF = sa.select(_PAGE.view, *_PAGE_COLUMNS).where(
    _OF_TARGET,
    _PAGE.view.in_(("a", "b")),
    _PAGE.project.in_(sa.bindparam("names", expanding=True)),
)
_NAMES = sa.select(_PAGE.project).where(
    _OF_VIEW, _PAGE.digest.not_in((GONE, BEING_WRITTEN)), _PAGE.project != ""
)
_BASE = publish_pages.alias("base")
_SAME = (
    (_PAGE.target == _BASE.c.target)
    & (_PAGE.view == sa.bindparam("of_view"))
    & (_PAGE.project == _BASE.c.project)
)
_DIFFERING = (
    sa.select(_BASE.c.project)
    .select_from(_BASE.outerjoin(publish_pages, _SAME))
    .where(
        _BASE.c.target == sa.bindparam("of_target"),
        _BASE.c.view == sa.bindparam("of_base"),
        sa.func.coalesce(_PAGE.digest, "") != _BASE.c.digest,
    )
)
_DIFFERING_SINCE = _DIFFERING.where(_BASE.c.serial >= sa.bindparam("since"))
_COLUMNS = [column.name for column in publish_pages.columns]
_MARK_PAGE = PreparedChange(
    insert(publish_pages).on_conflict_do_update(
        index_elements=list(publish_pages.primary_key.columns),
        set_={"digest": sa.literal_column(f"'{BEING_WRITTEN}'")},
    ),
    _COLUMNS,
)
_SAVE_PAGE = PreparedChange(upsert(publish_pages), _COLUMNS)
_FORGET_GONE = publish_pages.delete().where(
    _OF_TARGET, _PAGE.digest == GONE, _PAGE.serial <= sa.bindparam("before")
)
_WHOLE_VIEW = PreparedQuery(
    sa.select(*_PAGE_COLUMNS)
    .where(
        _OF_VIEW,
        _PAGE.digest != sa.literal_column(f"'{GONE}'"),
        _PAGE.digest != sa.literal_column(f"'{BEING_WRITTEN}'"),
    )
    .order_by(_PAGE.project),
    lambda *values: page_of(values),
)
_PAGES_BELOW = (
    sa.select(*_PAGE_COLUMNS)
    .where(_OF_VIEW, _PAGE.project.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(_PAGE.project)
)
