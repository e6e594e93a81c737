"""Mirrored: what is remembered of each project that is filled ahead of need.

Read in one go, in the order of names, and written in batches: a mirror of everything has hundreds
of thousands of rows, and looks at all of them at each run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedChange, upsert
from wheelyard.catalog.mirror_tables import mirrored
from wheelyard.catalog.tables import documents, held, meta, metadata_files
from wheelyard.clock import Instant
from wheelyard.decide.mirroring import State
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Failing", "Filled", "Heard", "MirrorCounts", "Mirrored", "note_undone"]

T = TypeVar("T")

_AT_ONCE = 5_000
_MARK = "sync.mark."


@dataclass(frozen=True, slots=True)
class MirrorCounts:
    """How many projects of an owner are mirrored, and how many of those are not complete."""

    projects: int = 0
    failing: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Failing:
    """A project of which something wanted is not here, since how many trials, and why."""

    owner: str
    project: ProjectName
    failures: int
    next_try_at: Instant | None
    error: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What is held of a project: its files with their digests, and what belongs to them.

    ``metadata`` and ``provenance`` are the files of which that is held, ``unlisted`` those that
    the page did not list any more when it was last looked at.
    """

    files: Mapping[Filename, Sha256] = field(default_factory=dict)
    metadata: frozenset[Filename] = frozenset()
    provenance: frozenset[Filename] = frozenset()
    unlisted: frozenset[Filename] = frozenset()


class Heard(msgspec.Struct, frozen=True):
    """Where the last reading of a source ended, and which projects were wanted then."""

    kind: str
    mark: str
    wanted: str


class Mirrored:
    """The state of the mirrored projects of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def walk(self, owner: str, take: Callable[[Iterator[State]], T]) -> T:
        """Return what ``take`` makes of all states of ``owner``, in the order of names.

        It runs in a thread, on one snapshot, and need not keep what it has seen.
        """
        return await self._connections.read(_walk, owner, take)

    async def save(self, owner: str, states: Sequence[State]) -> None:
        """Keep ``states`` in place of what was known of these projects."""
        if states:
            await self._connections.write(_save, owner, states)

    async def forget(self, owner: str, projects: Sequence[ProjectName]) -> None:
        """Forget projects that are not wanted any more; what is held of them stays."""
        for start in range(0, len(projects), _AT_ONCE):
            await self._connections.write(_forget, owner, projects[start : start + _AT_ONCE])

    async def save_heard(self, owner: str, heard: Heard) -> None:
        """Note where a reading ended. Everything that it told is to be in the states before."""
        await self._connections.write(_save_heard, owner, heard)

    async def heard(self, owner: str) -> Heard | None:
        """Return where the last reading of a source ended; None if none can go on."""
        return await self._connections.read(_select_heard, owner)

    async def of_project(self, owner: str, project: ProjectName) -> State | None:
        """Return the state of one project; None if it was never mirrored."""
        return await self._connections.read(_select_state, owner, project)

    async def filled(self, owner: str, project: ProjectName) -> Filled:
        """Return what is held of a project, on one snapshot."""
        return await self._connections.read(_select_filled, owner, project)

    async def counts(self, owners: Iterable[str]) -> MirrorCounts:
        """Return how many projects are mirrored. Looks at every row: for status pages."""
        return await self._connections.read(_select_counts, tuple(owners))

    async def failing(self, limit: int) -> tuple[Failing, ...]:
        """Return projects that are not complete, those that failed most often first."""
        return await self._connections.read(_select_failing, limit)


def note_undone(connection: sa.Connection, owner: str, project: ProjectName) -> None:
    """Note that a project may not be complete any more: something that it had is not held now.

    In the transaction of who removed it. The next run looks at the project again.
    """
    connection.execute(_UNDONE, {"of_owner": owner, "of_project": project})


def _walk(connection: sa.Connection, owner: str, take: Callable[[Iterator[State]], T]) -> T:
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(_STATES, {"of_owner": owner})
    return take(State(*row) for row in rows)


def _save(connection: sa.Connection, owner: str, states: Sequence[State]) -> None:
    for state in states:
        _SAVE.run(connection, {"owner": owner, **msgspec.structs.asdict(state)})


def _forget(connection: sa.Connection, owner: str, projects: Sequence[ProjectName]) -> None:
    rows = [{"of_owner": owner, "of_project": project} for project in projects]
    if rows:
        connection.execute(_FORGET, rows)


def _save_heard(connection: sa.Connection, owner: str, heard: Heard) -> None:
    value = msgspec.json.encode(heard).decode()
    connection.execute(_SAVE_MARK, {"key": f"{_MARK}{owner}", "value": value})


def _select_heard(connection: sa.Connection, owner: str) -> Heard | None:
    text = connection.execute(_MARK_OF, {"of_key": f"{_MARK}{owner}"}).scalar_one_or_none()
    return None if text is None else msgspec.json.decode(text, type=Heard)


def _select_state(connection: sa.Connection, owner: str, project: ProjectName) -> State | None:
    row = connection.execute(_STATE, {"of_owner": owner, "of_project": project}).first()
    return State(*row) if row else None


def _select_filled(connection: sa.Connection, owner: str, project: ProjectName) -> Filled:
    key = {"of_owner": owner, "of_project": project}
    rows = connection.execute(_FILLED, key).all()
    prefix = f"{project}/"
    between = {"of_owner": owner, "first": prefix, "last": f"{project}0"}
    names = connection.execute(_PROVENANCE, between)
    return Filled(
        {row.filename: row.sha256 for row in rows},
        frozenset(row.filename for row in rows if row.wheel_sha256 is not None),
        frozenset(Filename(name.removeprefix(prefix)) for name in names.scalars()),
        frozenset(row.filename for row in rows if row.unlisted_at is not None),
    )


def _select_counts(connection: sa.Connection, owners: tuple[str, ...]) -> MirrorCounts:
    row = connection.execute(_COUNTS, {"owners": owners}).one()
    return MirrorCounts(row.projects or 0, row.failing or 0, row.gone or 0)


def _select_failing(connection: sa.Connection, limit: int) -> tuple[Failing, ...]:
    return tuple(Failing(*row) for row in connection.execute(_FAILING, {"most": limit}))


_OF_OWNER = mirrored.c.owner == sa.bindparam("of_owner")
_IS_IT = _OF_OWNER & (mirrored.c.project == sa.bindparam("of_project"))
_COLUMNS = [mirrored.c[name] for name in State.__struct_fields__]
_STATES = sa.select(*_COLUMNS).where(_OF_OWNER).order_by(mirrored.c.project)
_STATE = sa.select(*_COLUMNS).where(_IS_IT)
_SAVE = PreparedChange(upsert(mirrored))
_FORGET = mirrored.delete().where(_IS_IT)
_UNDONE = mirrored.update().where(_IS_IT).values(done_for="")
_SAVE_MARK = upsert(meta)
_MARK_OF = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("of_key"))
_FILLED = (
    sa.select(held.c.filename, held.c.sha256, held.c.unlisted_at, metadata_files.c.wheel_sha256)
    .select_from(held.outerjoin(metadata_files, metadata_files.c.wheel_sha256 == held.c.sha256))
    .where(held.c.owner == sa.bindparam("of_owner"), held.c.project == sa.bindparam("of_project"))
)
# Between two bounds, which an index can use: "0" is the character after "/".
_PROVENANCE = sa.select(documents.c.name).where(
    documents.c.owner == sa.bindparam("of_owner"),
    documents.c.kind == "provenance",
    documents.c.name > sa.bindparam("first"),
    documents.c.name < sa.bindparam("last"),
)
_COUNTS = sa.select(
    sa.func.count().label("projects"),
    sa.func.sum(sa.case((mirrored.c.failures > 0, 1), else_=0)).label("failing"),
    sa.func.sum(sa.case((mirrored.c.gone_at.is_not(None), 1), else_=0)).label("gone"),
).where(mirrored.c.owner.in_(sa.bindparam("owners", expanding=True)))
_FAILING = (
    sa.select(
        mirrored.c.owner,
        mirrored.c.project,
        mirrored.c.failures,
        mirrored.c.next_try_at,
        mirrored.c.error,
    )
    .where(mirrored.c.failures > 0)
    .order_by(mirrored.c.failures.desc(), mirrored.c.project)
    .limit(sa.bindparam("most"))
)
