"""Questions about downloads that have a number for an answer, by day, project, file or client."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import sqlalchemy as sa

from wheelyard.catalog.download_tables import download_agents, downloads
from wheelyard.names import ProjectName, filename_version

__all__ = [
    "Aspect",
    "DownloadCounts",
    "DownloadSeries",
    "Selected",
    "conditions_of",
    "select_series",
    "select_sums",
]

Aspect = Literal["day", "project", "version", "file", "family", "python", "system"]
"""What downloads can be summed by."""


@dataclass(frozen=True, slots=True)
class Selected:
    """Which downloads are meant; None and empty mean all."""

    index: str = ""
    project: str = ""
    since: date | None = None
    until: date | None = None
    mirrors: bool = True
    """Whether those of programs that fetch for others are meant, too."""


@dataclass(frozen=True, slots=True)
class DownloadCounts:
    """How often something was taken, and how often of that by mirrors.

    ``what`` is a day, a project, a version, a file, or what is known of a client; it is empty
    where that is not known.
    """

    what: str
    count: int
    mirrors: int = 0


@dataclass(frozen=True, slots=True)
class DownloadSeries:
    """How often a project was taken on a day by one kind of client."""

    day: date
    python: str
    system: str
    is_mirror: bool
    count: int


def select_sums(
    connection: sa.Connection, selected: Selected, aspect: Aspect
) -> tuple[DownloadCounts, ...]:
    """Return the sums by ``aspect``: days in order, of anything else the one taken most first."""
    if aspect == "version":
        found = _by_version(connection, selected)
    else:
        column = _COLUMNS[aspect]
        query = (
            sa.select(column, _TOTAL, _MIRRORS)
            .join(download_agents, _IS_AGENT)
            .where(*conditions_of(selected))
            .group_by(column)
        )
        found = [DownloadCounts(*row) for row in connection.execute(query)]
    order: Callable[[DownloadCounts], object] = (
        (lambda each: each.what) if aspect == "day" else (lambda each: (-each.count, each.what))
    )
    return tuple(sorted(found, key=order))  # type: ignore[arg-type]  # either is in an order


def _by_version(connection: sa.Connection, selected: Selected) -> list[DownloadCounts]:
    """Return the sums by version, which is a part of the file's name and no column.

    Of several projects the version stands behind the project's name.
    """
    query = (
        sa.select(downloads.c.project, downloads.c.filename, _TOTAL, _MIRRORS)
        .join(download_agents, _IS_AGENT)
        .where(*conditions_of(selected))
        .group_by(downloads.c.project, downloads.c.filename)
    )
    sums: dict[str, tuple[int, int]] = {}
    for project, filename, count, mirrors in connection.execute(query):
        version = filename_version(filename, ProjectName(project)) or ""
        what = version if selected.project else f"{project} {version}".strip()
        before = sums.get(what, (0, 0))
        sums[what] = (before[0] + count, before[1] + mirrors)
    return [DownloadCounts(what, *both) for what, both in sums.items()]


def select_series(connection: sa.Connection, selected: Selected) -> Sequence[DownloadSeries]:
    """Return what was taken day by day, by what is known of the clients."""
    columns = (
        downloads.c.day,
        download_agents.c.python,
        download_agents.c.system,
        download_agents.c.is_mirror,
    )
    query = (
        sa.select(*columns, _TOTAL)
        .join(download_agents, _IS_AGENT)
        .where(*conditions_of(selected))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        DownloadSeries(date.fromisoformat(day), python, system, bool(is_mirror), count)
        for day, python, system, is_mirror, count in connection.execute(query)
    ]


def conditions_of(selected: Selected) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what is true of every row that is meant, joined with its program."""
    if selected.index:
        yield downloads.c.index_name == selected.index
    if selected.project:
        yield downloads.c.project == selected.project
    if selected.since is not None:
        yield downloads.c.day >= selected.since.isoformat()
    if selected.until is not None:
        yield downloads.c.day <= selected.until.isoformat()
    if not selected.mirrors:
        yield sa.not_(download_agents.c.is_mirror)


_IS_AGENT = download_agents.c.id == downloads.c.agent
_COLUMNS: Final[dict[str, sa.ColumnElement[str]]] = {
    "day": downloads.c.day,
    "project": downloads.c.project,
    "file": downloads.c.filename,
    "family": download_agents.c.family,
    "python": download_agents.c.python,
    "system": download_agents.c.system,
}
_TOTAL = sa.func.sum(downloads.c.count)
_MIRRORS = sa.func.sum(sa.case((download_agents.c.is_mirror, downloads.c.count), else_=0))
