"""What was read of logs: each line counts once, however often and in however many files it comes.

A line is known by a digest, kept beside the counts and written in the same transaction. Digests
are kept by the day of the line, and forgotten a day at a time, once nothing of that day was read
for long. That a day was forgotten is kept: a line of such a day may be one that was counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert, upsert
from wheelyard.catalog.downloads import Counted, add_counts
from wheelyard.catalog.ingest_tables import ingested_days, ingested_files, ingested_lines
from wheelyard.catalog.tables import ledger, pages
from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName

__all__ = ["AddedLines", "CountedLine", "Ingested", "IngestedFile"]

_AT_ONCE = 500
"""Values in one query: older databases take no more than 999."""


@dataclass(frozen=True, slots=True)
class IngestedFile:
    """A file that was read to its end. ``sha256`` is of its bytes, ``source`` of one far away.

    ``downloads`` of its ``lines`` were downloads, new or not.
    """

    sha256: str
    name: str
    source: str
    ingested_at: Instant
    lines: int
    downloads: int


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A line that is a download; ``digest`` tells it from every other line of its day."""

    digest: bytes
    counted: Counted


@dataclass(frozen=True, slots=True)
class AddedLines:
    """What became of some lines: counted now, known from before, or of days that are forgotten.

    ``mirrors`` are those of the counted ones that mirrors took.
    """

    counted: int = 0
    mirrors: int = 0
    known: int = 0
    forgotten: Mapping[date, int] = field(default_factory=dict, hash=False)


class Ingested:
    """What was read of logs, in one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def has_file(self, sha256: str) -> bool:
        """Say whether a file with these bytes was read to its end."""
        return await self._connections.read(_has, ingested_files.c.sha256 == sha256)

    async def has_source(self, source: str) -> bool:
        """Say whether the file from there was read to its end."""
        return await self._connections.read(_has, ingested_files.c.source == source)

    async def add(
        self,
        lines: Sequence[CountedLine],
        files: Sequence[IngestedFile],
        now: Instant,
        *,
        most_agents: int,
        counts_forgotten: bool = False,
    ) -> AddedLines:
        """Count the lines that were not counted before, in one transaction.

        With them it is noted that ``files`` were read to their end. Lines of days that were
        forgotten are left out, unless ``counts_forgotten``; then no file is noted, because one of
        them has to be read again when somebody says what to do.

        Raises:
            Unavailable: the catalog cannot be written now; nothing was counted.
        """
        rules = _Rules(now, most_agents, counts_forgotten)
        return await self._connections.write(_add, tuple(lines), tuple(files), rules)

    async def note_source(self, sha256: str, source: str) -> None:
        """Note that a file that was read to its end is there, too."""
        await self._connections.write(_note_source, sha256, source)

    async def forget(self, lines_before: Instant, files_before: Instant) -> None:
        """Forget the lines of days of which nothing was read since ``lines_before``.

        Files are forgotten that were read before ``files_before``.
        """
        await self._connections.write(_forget, lines_before, files_before)

    async def projects_of(
        self, names: Mapping[Filename, Sequence[ProjectName]]
    ) -> dict[Filename, ProjectName]:
        """Return the project of each file of which we know it: by name, and whose it may be."""
        return await self._connections.read(_select_projects, names)


@dataclass(frozen=True, slots=True)
class _Rules:
    """How lines are counted."""

    now: Instant
    most_agents: int
    counts_forgotten: bool


def _has(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> bool:
    query = sa.select(ingested_files.c.sha256).where(condition).limit(1)
    return connection.execute(query).first() is not None


def _add(
    connection: sa.Connection,
    lines: Sequence[CountedLine],
    files: Sequence[IngestedFile],
    rules: _Rules,
) -> AddedLines:
    """Count what is new; the digests go with it, so that neither is there without the other."""
    ordered = sorted(lines, key=lambda line: (line.counted.day, line.digest))
    counted: list[Counted] = []
    forgotten: dict[date, int] = {}
    for day, of_day in groupby(ordered, key=lambda line: line.counted.day):
        some = {line.digest: line for line in of_day}
        is_forgotten = _note_day(connection, day, rules.now)
        if is_forgotten and not rules.counts_forgotten:
            forgotten[day] = len(some)
            continue
        seen = _known(connection, day, some)
        new = [line for digest, line in some.items() if digest not in seen]
        _remember(connection, day, new)
        counted += [line.counted for line in new]
    add_counts(connection, counted, rules.most_agents)
    if files and not forgotten:
        rows = [{name: getattr(file, name) for name in _FILE} for file in files]
        connection.execute(_FINISH, rows)
    mirrors = sum(each.client.is_mirror for each in counted)
    known = len(lines) - len(counted) - sum(forgotten.values())
    return AddedLines(len(counted), mirrors, known, forgotten)


def _note_day(connection: sa.Connection, day: date, now: Instant) -> bool:
    """Note that something of a day was read; return whether the day was forgotten before."""
    given = {"the_day": day.isoformat()}
    is_forgotten = bool(connection.execute(_IS_FORGOTTEN, given).scalar_one_or_none())
    row = {"day": day.isoformat(), "last_at": now, "is_forgotten": is_forgotten}
    connection.execute(_SAVE_DAY, row)
    return is_forgotten


def _known(connection: sa.Connection, day: date, digests: Iterable[bytes]) -> set[bytes]:
    """Return which lines of a day were counted."""
    found: set[bytes] = set()
    for some in _pieces(list(digests)):
        query = sa.select(ingested_lines.c.digest).where(
            ingested_lines.c.day == day.isoformat(), ingested_lines.c.digest.in_(some)
        )
        found.update(connection.execute(query).scalars())
    return found


def _remember(connection: sa.Connection, day: date, lines: Sequence[CountedLine]) -> None:
    """Write down which lines of a day are counted."""
    rows = [{"day": day.isoformat(), "digest": line.digest} for line in lines]
    if rows:
        connection.execute(_REMEMBER, rows)


def _pieces(values: list[bytes]) -> Iterator[list[bytes]]:
    """Yield so many values as go into one query."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _note_source(connection: sa.Connection, sha256: str, source: str) -> None:
    changed = ingested_files.update().where(ingested_files.c.sha256 == sha256)
    connection.execute(changed.values(source=source))


def _forget(connection: sa.Connection, lines_before: Instant, files_before: Instant) -> None:
    connection.execute(ingested_files.delete().where(ingested_files.c.ingested_at < files_before))
    some = sa.exists().where(ingested_lines.c.day == ingested_days.c.day)
    old = sa.select(ingested_days.c.day).where(ingested_days.c.last_at < lines_before, some)
    for day in connection.execute(old).scalars().all():
        connection.execute(ingested_lines.delete().where(ingested_lines.c.day == day))
        changed = ingested_days.update().where(ingested_days.c.day == day)
        connection.execute(changed.values(is_forgotten=True))


def _select_projects(
    connection: sa.Connection, names: Mapping[Filename, Sequence[ProjectName]]
) -> dict[Filename, ProjectName]:
    """Return projects whose file was bound in the ledger; else the one that has a page at all."""
    found: dict[Filename, ProjectName] = {}
    owners = tuple(connection.execute(_OWNERS).scalars())
    for filename, candidates in names.items():
        known = {"filename": filename}
        for query in (_BOUND, _PAGE):
            fitting = [
                name
                for name in candidates
                for owner in owners
                if connection.execute(query, {"owner": owner, "project": name, **known}).first()
            ]
            if fitting and filename not in found:
                found[filename] = fitting[0]
    return found


def _each_owner(table: sa.Table) -> sa.Select[tuple[str]]:
    """Return a query for the owners of a table, from one to the next along its key."""
    first = sa.select(sa.func.min(table.c.owner).label("owner")).cte(
        f"{table.name}_owners", recursive=True
    )
    following = (
        sa.select(sa.func.min(table.c.owner))
        .where(table.c.owner > first.c.owner)
        .correlate(first)
        .scalar_subquery()
    )
    every = first.union_all(sa.select(following).where(first.c.owner.is_not(None)))
    return sa.select(every.c.owner).where(every.c.owner.is_not(None))


_OWNERS = _each_owner(ledger).union(_each_owner(pages))
_BOUND = (
    sa.select(ledger.c.owner)
    .where(ledger.c.owner == sa.bindparam("owner"), ledger.c.project == sa.bindparam("project"))
    .where(ledger.c.filename == sa.bindparam("filename"))
    .limit(1)
)
_PAGE = sa.select(pages.c.owner).where(
    pages.c.owner == sa.bindparam("owner"), pages.c.project == sa.bindparam("project")
)
_IS_FORGOTTEN = sa.select(ingested_days.c.is_forgotten).where(
    ingested_days.c.day == sa.bindparam("the_day")
)
_SAVE_DAY = upsert(ingested_days)
_REMEMBER = insert(ingested_lines)
_FILE = tuple(column.name for column in ingested_files.columns)
_FINISH = upsert(ingested_files)
