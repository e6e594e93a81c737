"""What is remembered of published trees, as records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wheelyard.clock import Instant
from wheelyard.decide.publishing import ObjectState, PageState
from wheelyard.names import ProjectName
from wheelyard.wire.tree import View

__all__ = ["ChangedNames", "Known", "KnownPages", "ObjectsChange", "TargetRow"]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target, and what is remembered of it.

    ``pending`` are projects that could not be looked at last time. Of one that ``is_held`` the
    server lets no newer view count by itself. ``making`` is what the tree may say of when it was
    made, since a publish that did not end.
    """

    id: int
    url: str
    index_name: str
    tree: str
    has_views: bool
    is_held: bool = False
    published_at: Instant | None = None
    reconciled_at: Instant | None = None
    snapshot_at: Instant | None = None
    pending: tuple[str, ...] = ()
    making: str = ""


KnownPages = Mapping[tuple[View, str], PageState]
"""Pages that were published, by view and name."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was published of some projects: pages by view and name, objects by name."""

    pages: KnownPages
    objects: Mapping[str, Sequence[ObjectState]]


@dataclass(frozen=True, slots=True)
class ChangedNames:
    """Whose pages may have changed; with ``everything`` nobody can tell whose have not."""

    names: frozenset[ProjectName] = frozenset()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class ObjectsChange:
    """Rows of objects to be written; ``unlisted`` and ``relisted`` are projects and paths."""

    saved: Sequence[ObjectState] = ()
    unlisted: Sequence[tuple[str, str]] = ()
    unlisted_at: Instant | None = None
    unlisted_serial: int | None = None
    relisted: Sequence[tuple[str, str]] = ()
    at_once: Sequence[tuple[str, str]] = field(default=())

    def __bool__(self) -> bool:
        """Say whether there is anything to be written."""
        return bool(self.saved or self.unlisted or self.relisted or self.at_once)
