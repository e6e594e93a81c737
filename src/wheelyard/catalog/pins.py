"""Pins: files that are kept whatever their owner does, and what the page said of each.

A pin says three things: these bytes are not collected, evicted or expired; the file stays on its
page when the page has lost it; and under this name no other bytes are given out because of it. One
file may be pinned under several labels, and is kept while one of them is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedQuery, upsert
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.mirror_tables import pins
from wheelyard.catalog.rows import columns_of, render_json, values_of
from wheelyard.catalog.tables import metadata_files, pages
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, ProjectName, Sha256, stated_version, version_key

__all__ = ["Pin", "Pins", "Unpinning", "pin_of", "select_pinned", "select_pins"]

PAGE_CHANGED: Final = "page.changed"
_FILE: Final = msgspec.json.Decoder(File)


@dataclass(frozen=True, slots=True)
class Pin:
    """A file that is kept, and ``label``, why. The order of fields is that of the columns.

    ``file_json`` is what its page said of it; ``taken_down_at`` is when its project was
    quarantined, and None while it is not.
    """

    owner: str
    project: ProjectName
    filename: Filename
    label: str
    sha256: Sha256
    pinned_at: Instant
    pinned_by: str
    file_json: str = field(repr=False)
    taken_down_at: Instant | None = None

    @property
    def file(self) -> File:
        """What its page said of it."""
        return _FILE.decode(self.file_json)


@dataclass(frozen=True, slots=True)
class Unpinning:
    """Which pins are to go: those that are all that is given; None leaves a question open."""

    project: ProjectName | None = None
    version: str | None = None
    filename: Filename | None = None
    label: str | None = None

    def means(self, pin: Pin) -> bool:
        """Say whether ``pin`` is to go."""
        if self.version is not None:
            stated = stated_version(pin.filename, pin.project)
            if stated is None or version_key(stated) != version_key(self.version):
                return False
        return (
            self.project in {None, pin.project}
            and self.filename in {None, pin.filename}
            and self.label in {None, pin.label}
        )


class Pins:
    """The pins of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def add(self, wanted: Sequence[Pin], actor: Actor) -> tuple[Pin, ...]:
        """Pin files, and return those that were not pinned so before.

        Rows, journal and audit log are one transaction; a server sees it within a second.
        """
        return await self._connections.write(_add, tuple(wanted), actor, self._clock.now())

    async def remove(self, wanted: Unpinning, actor: Actor) -> tuple[Pin, ...]:
        """Take pins away, and return them."""
        return await self._connections.write(_remove, wanted, actor, self._clock.now())

    async def load(self) -> tuple[Pin, ...]:
        """Return every pin, by owner, project, file and label."""
        return await self._connections.read(_select_all)

    async def projects(self, owner: str) -> frozenset[ProjectName]:
        """Return the projects of which a file is pinned and that were not taken down."""
        pins = await self.load()
        return frozenset(
            pin.project for pin in pins if pin.owner == owner and pin.taken_down_at is None
        )

    def of_project_now(self, owner: str, project: ProjectName) -> tuple[Pin, ...]:
        """Return the pins of a project, read in place: one indexed look-up.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        return self._connections.read_now(
            lambda connection: select_pins(connection, owner, project)
        )

    async def digests(self) -> frozenset[Sha256]:
        """Return every blob that pins keep: the pinned files, and the metadata of each."""
        return await self._connections.read(_select_digests)

    async def is_pinned(self, digest: Sha256) -> bool:
        """Say whether a pin keeps the file of these bytes."""
        return await self._connections.read(_select_is_pinned, digest)

    async def note_page(self, owner: str, page: Project) -> None:
        """Note that a page says that its project is quarantined, or that this was a mistake.

        It was one if a page that is not quarantined lists a pinned file again: whoever registers
        the name of a deleted project anew does not bring back what was taken down. Costs one
        look-up in place where nothing is pinned, or nothing changes.
        """
        found = self.of_project_now(owner, page.name)
        is_down = page.status.status == "quarantined"
        if not any((pin.taken_down_at is not None) != is_down for pin in found):
            return
        listed = {(file.filename, file.sha256) for file in page.files}
        if is_down or any((pin.filename, pin.sha256) in listed for pin in found):
            at = self._clock.now() if is_down else None
            await self._connections.write(_note_takedown, owner, page.name, at)


def pin_of(owner: str, ref: FileRef, label: str, by: str, at: Instant) -> Pin:
    """Return the pin of a file as its page shows it now.

    Raises:
        Unavailable: nobody stated its digest, and it was not fetched yet: no bytes are meant.
    """
    digest = ref.file.sha256
    if digest is None:
        raise Unavailable(f"`{ref.file.filename}`", "its digest is not known before it is fetched")
    text = render_json(ref.file)
    return Pin(owner, ref.project, ref.file.filename, label, digest, at, by, text)


def select_pins(connection: sa.Connection, owner: str, project: ProjectName) -> tuple[Pin, ...]:
    """Return the pins of a project, by file and label."""
    return tuple(_OF_PROJECT.rows(connection, {"of_owner": owner, "of_project": project}))


def select_pinned(
    connection: sa.Connection, owner: str, project: ProjectName
) -> frozenset[Filename]:
    """Return the names of the pinned files of a project."""
    return frozenset(pin.filename for pin in select_pins(connection, owner, project))


def _add(
    connection: sa.Connection, wanted: tuple[Pin, ...], actor: Actor, at: Instant
) -> tuple[Pin, ...]:
    added = []
    for pin in wanted:
        before = connection.execute(_ONE, _key_of(pin)).first()
        if before is not None and before.sha256 == pin.sha256:
            continue
        connection.execute(_SAVE, values_of(pin))
        added.append(pin)
    _announce(connection, "pin.added", added, actor, at)
    return tuple(added)


def _remove(
    connection: sa.Connection, wanted: Unpinning, actor: Actor, at: Instant
) -> tuple[Pin, ...]:
    gone = [pin for pin in _select_all(connection) if wanted.means(pin)]
    for pin in gone:
        connection.execute(_REMOVE, _key_of(pin))
    _announce(connection, "pin.removed", gone, actor, at)
    return tuple(gone)


def _announce(
    connection: sa.Connection, action: str, changed: Iterable[Pin], actor: Actor, at: Instant
) -> None:
    """Have each page rendered anew, and write down who did it: one line for each project."""
    by_project: dict[tuple[str, ProjectName], list[Pin]] = {}
    for pin in changed:
        by_project.setdefault((pin.owner, pin.project), []).append(pin)
    for (owner, project), group in by_project.items():
        _mark(connection, owner, project, at)
        detail = {
            "owner": owner,
            "filenames": [pin.filename for pin in group],
            "labels": sorted({pin.label for pin in group}),
        }
        append_audit(connection, actor, AuditEntry(action, "", project, detail), at)


def _mark(connection: sa.Connection, owner: str, project: ProjectName, at: Instant) -> None:
    """Say that a page may show other files now, whether or not it is held."""
    revision = append_change(connection, Change(PAGE_CHANGED, owner, project), at)
    connection.execute(_MARK, {"of_owner": owner, "of_project": project, "new_revision": revision})


def _note_takedown(
    connection: sa.Connection, owner: str, project: ProjectName, at: Instant | None
) -> None:
    values = {"of_owner": owner, "of_project": project, "new_taken_down_at": at}
    connection.execute(_TAKE_DOWN, values)


def _select_all(connection: sa.Connection) -> tuple[Pin, ...]:
    return tuple(Pin(*row) for row in connection.execute(_ALL))


def _select_digests(connection: sa.Connection) -> frozenset[Sha256]:
    files = {Sha256(digest) for digest in connection.execute(_DIGESTS).scalars()}
    stated = (pin.file.metadata_sha256 for pin in _select_all(connection))
    learned = connection.execute(_METADATA).scalars()
    return frozenset([*files, *(digest for digest in stated if digest), *map(Sha256, learned)])


def _select_is_pinned(connection: sa.Connection, digest: Sha256) -> bool:
    return connection.execute(_IS_PINNED, {"of_sha256": digest}).first() is not None


def _key_of(pin: Pin) -> dict[str, object]:
    return {
        "of_owner": pin.owner,
        "of_project": pin.project,
        "of_filename": pin.filename,
        "of_label": pin.label,
    }


_IS_OF_PROJECT = (pins.c.owner == sa.bindparam("of_owner")) & (
    pins.c.project == sa.bindparam("of_project")
)
_IS_IT = (
    _IS_OF_PROJECT
    & (pins.c.filename == sa.bindparam("of_filename"))
    & (pins.c.label == sa.bindparam("of_label"))
)
_ALL = sa.select(*columns_of(pins, Pin)).order_by(*pins.primary_key.columns)
_OF_PROJECT = PreparedQuery(
    sa.select(*columns_of(pins, Pin)).where(_IS_OF_PROJECT).order_by(pins.c.filename, pins.c.label),
    Pin,
)
_ONE = sa.select(pins.c.sha256).where(_IS_IT)
_SAVE = upsert(pins)
_REMOVE = pins.delete().where(_IS_IT)
_TAKE_DOWN = (
    pins.update().where(_IS_OF_PROJECT).values(taken_down_at=sa.bindparam("new_taken_down_at"))
)
_DIGESTS = sa.select(pins.c.sha256).distinct()
_METADATA = (
    sa.select(metadata_files.c.metadata_sha256)
    .join(pins, pins.c.sha256 == metadata_files.c.wheel_sha256)
    .distinct()
)
_IS_PINNED = sa.select(pins.c.sha256).where(pins.c.sha256 == sa.bindparam("of_sha256")).limit(1)
_MARK = (
    pages.update()
    .where(pages.c.owner == sa.bindparam("of_owner"), pages.c.project == sa.bindparam("of_project"))
    .values(revision=sa.bindparam("new_revision"))
)
