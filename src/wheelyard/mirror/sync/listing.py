"""The one interface of a sync towards an upstream's news: what there is, or what has changed.

A source knows names and serials and nothing else; pages and files come through the chain. Where a
reading ended is a *mark*: text that only the source understands, kept with the state of what it
told, and given back at the next reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from wheelyard.names import ProjectName

__all__ = ["ChangeSource", "Changes", "Listing", "News"]


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that there is. A name that is not in it is not there any more.

    ``serials`` has each project with its serial, or None where the upstream counts nothing: then
    each wanted page is asked for, on condition that it has changed. ``mark`` is empty if a later
    reading has to be whole as well.
    """

    serials: Mapping[ProjectName, int | None]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since an earlier reading; a name that is not in it is as it was.

    ``serials`` as in ``Listing``; ``removed`` are the names that are not there any more.
    """

    serials: Mapping[ProjectName, int | None]
    mark: str
    removed: frozenset[ProjectName] = field(default=frozenset())


News = Listing | Changes


class ChangeSource(Protocol):
    """Who tells what has changed at one upstream."""

    @property
    def kind(self) -> str:
        """A word that marks are kept under, and that people are told: ``root list``, say."""

    async def news(self, mark: str) -> News:
        """Return what there is, or what has changed since the reading that ended at ``mark``.

        ``mark`` is empty if everything is to be told: nothing was read so far, or not by this kind
        of source, or not what is wanted now. A source may always tell everything.

        Raises:
            Unavailable: nobody could answer, or the answer is not to be believed.
            Absent: this upstream has no such source; another kind may do.
        """
