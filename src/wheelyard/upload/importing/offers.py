"""What a source of files offers, one by one, without reading more than it must."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from wheelyard.clock import Instant
from wheelyard.model import Hashes
from wheelyard.names import ProjectName

__all__ = ["Offer", "Source", "Unusable", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which projects are to be taken over; without names, all there are."""

    names: frozenset[ProjectName] = frozenset()

    def includes(self, name: ProjectName | None) -> bool:
        """Say whether the files of ``name`` are wanted; None is a file of nobody knows whom."""
        return not self.names or name in self.names


@dataclass(frozen=True, slots=True)
class Offer:
    """One file of a source, and what the source says of it; ``where`` is for people.

    ``read`` returns the bytes, in pieces. ``is_near`` says that reading costs next to nothing.
    """

    filename: str
    where: str
    project: ProjectName | None
    read: Callable[[], AsyncIterator[bytes]]
    hashes: Hashes = ()
    size: int | None = None
    uploaded_at: Instant | None = None
    yanked: str | None = None
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something in a source that is not offered. ``may_come`` if it may be had another time."""

    name: str
    where: str
    reason: str
    may_come: bool = False


class Source(Protocol):
    """Where files are taken over from."""

    @property
    def shown(self) -> str:
        """What people call it, such as ``the directory `/srv/wheels```."""

    def offers(self, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
        """Yield every file of the wanted projects.

        Raises:
            BadInput: it is no such source after all.
            Unavailable: it cannot be read.
        """
