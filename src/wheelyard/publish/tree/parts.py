"""What a publish works with: the index, the target, the rules, and who is told."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wheelyard.blobs import LocalBlobs
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.model import Project
from wheelyard.names import IndexName, ProjectName, Sha256
from wheelyard.pages import PageLinks
from wheelyard.publish.targets.target import Target
from wheelyard.publish.tree.headers import project_key
from wheelyard.repository.front import Front
from wheelyard.wire.tree import page_folder

__all__ = [
    "ChangedObject",
    "Hooks",
    "SnapshotInMaking",
    "SnapshotWanted",
    "TreeParts",
    "TreeRules",
    "changed_page",
]


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """Something that caches may have, and that is not what it was.

    ``path`` is as a client sees it, without a view; ``key`` is its surrogate key.
    """

    path: str
    key: str


def changed_page(name: str) -> ChangedObject:
    """Return the page of a project as something that changed; of no name: the project list.

    All its forms and codings have one address.
    """
    return ChangedObject(f"{page_folder(name)}index.html", project_key(name))


async def _note_nothing(_target: int, _changed: Sequence[ChangedObject]) -> None:
    """Do nothing: nobody is to be told."""


async def _tell_nobody(_target: int, _serial: int) -> object:
    """Do nothing: nobody is to be told."""


@dataclass(frozen=True, slots=True)
class SnapshotWanted:
    """Of which tree a snapshot is made, at which serial of the journal.

    The one before was given the mark ``before``; the one that is made is given ``mark``.
    """

    tree: str
    before: str
    mark: str
    serial: int


class SnapshotInMaking(Protocol):
    """A snapshot that is told what is published. What nobody tells costs nothing."""

    async def tell(self, name: ProjectName, project: Project | None) -> None:
        """Take up the page of a project as it is published now; None if it has none any more.

        Raises:
            Unavailable: it cannot be written.
        """

    def leave(self, name: ProjectName) -> None:
        """Leave a project as it was in the snapshot before: its page was not published."""

    async def finish(self, path: Path, names: frozenset[ProjectName] | None) -> Sha256:
        """Write the database to ``path`` and return its digest.

        ``names`` are the projects that may have changed since the one before; None if all may.

        Raises:
            Unavailable: it cannot be made.
        """


@dataclass(frozen=True, slots=True)
class Hooks:
    """What others do for a publish.

    ``open_snapshot`` yields the database to query in the making. ``note_changed`` writes down what
    is going to change in the target of that number, before anybody can see it; ``purge`` tells the
    caches once they can, and at which serial.
    """

    open_snapshot: (
        Callable[[SnapshotWanted], AbstractAsyncContextManager[SnapshotInMaking]] | None
    ) = None
    note_changed: Callable[[int, Sequence[ChangedObject]], Awaitable[None]] = _note_nothing
    purge: Callable[[int, int], Awaitable[object]] = _tell_nobody


async def _read_nothing(_names: Sequence[ProjectName]) -> None:
    """Read nothing ahead: each project is looked up when it is asked for."""


@dataclass(frozen=True, slots=True)
class TreeRules:
    """How a tree is made; see ``[publish.INDEX]``."""

    page_max_age_seconds: int = 600
    removal_delay_seconds: float = 3_600.0
    manifest_days: float = 7.0
    snapshot_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TreeParts:
    """What is published, and where. ``front`` answers as a server that asks nobody does.

    ``data`` has the key that signs, and room for what is written before it is sent; ``basis``
    stands for all settings that pages depend on. ``read_ahead`` is told which projects ``front``
    is asked for next.
    """

    index: IndexName
    instance: str
    front: Front
    links: PageLinks
    catalog: Catalog
    store: LocalBlobs
    clock: Clock
    data: Path
    basis: str
    target: Target
    rules: TreeRules = field(default_factory=TreeRules)
    hooks: Hooks = field(default_factory=Hooks)
    read_ahead: Callable[[Sequence[ProjectName]], Awaitable[None]] = _read_nothing
