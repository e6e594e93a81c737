"""The records of readiness: where a file is shown, what is missing and why, and the judgement."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.clock import Clock
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.front import Front

__all__ = ["Judgement", "Missing", "Progress", "Site", "TargetJudgement", "Tell", "owner_of"]


@dataclass(frozen=True, slots=True)
class Site:
    """An index, and where what is done to it is written down."""

    front: Front
    catalog: Catalog
    clock: Clock
    actor: Actor


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is: of ``total`` things ``done`` are done, the last one was ``what``."""

    what: str
    done: int
    total: int


Tell = Callable[[Progress], None]


class Missing(msgspec.Struct, frozen=True):
    """A release that could not be installed, and ``next``, what to do about it.

    ``file`` is the one that an installer would take; empty if nothing is known of any.
    """

    project: ProjectName
    version: str
    file: str
    reason: str
    next: str = ""
    needed_by: str = ""


class TargetJudgement(msgspec.Struct, frozen=True):
    """What one target came to: of ``wanted`` files ``held`` are here and sound.

    ``problems`` are sentences beyond missing files, ``notes`` what is good to know all the same.
    """

    target: str
    python: str
    platform: str
    wanted: int
    held: int
    missing: tuple[Missing, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether it would install."""
        return not self.missing and not self.problems


class Judgement(msgspec.Struct, frozen=True):
    """What ``ready`` came to for the requirements called ``name``. ``checked_at``: epoch."""

    name: str
    checked_at: float
    targets: tuple[TargetJudgement, ...]

    @property
    def is_ready(self) -> bool:
        """Whether it would install on every target."""
        return all(target.is_ready for target in self.targets)


async def owner_of(front: Front, project: ProjectName, filename: Filename) -> str | None:
    """Return whose file that is, as the ledger calls the owner; None if nobody has it.

    Raises:
        WheelyardError: as ``Repository.project``.
    """
    for own in front.parts.own:
        if own.has(project):
            page = await own.project(project)
            if any(file.filename == filename for file in page.files):
                return own.owner
    chain = front.chain_of(project)
    return chain.owner if chain is not None else None
