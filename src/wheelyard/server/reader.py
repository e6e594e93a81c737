"""Somebody who reads: what of an index they may see, as a value that goes with their request.

Who they are is found out in ``readers.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wheelyard.access import ANONYMOUS, Identity
from wheelyard.errors import Absent
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, normalise

__all__ = ["EVERYBODY", "Reader"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads an index. ``names`` are the projects that they may read, or all.

    ``is_private`` says that the answer is for them alone: no shared cache may keep it. ``fills``
    says that what is not held may be fetched for them.
    """

    identity: Identity = ANONYMOUS
    names: Literal["all"] | frozenset[str] = "all"
    is_private: bool = False
    fills: bool = True

    @property
    def may_read(self) -> Callable[[ProjectName], bool] | None:
        """What says whether a project may be read; None if all may."""
        return None if self.names == "all" else self.names.__contains__

    def admit(self, name: ProjectName) -> None:
        """Let the reader go on to ask for ``name``.

        Raises:
            Absent: it may not be read; the same as for a name that never was.
        """
        if self.names != "all" and name not in self.names:
            raise Absent(f"`{name}`")

    def readable(self, listed: ProjectList) -> ProjectList:
        """Return what of a list may be read."""
        if self.names == "all":
            return listed
        kept = [entry for entry in listed.projects if normalise(entry.name) in self.names]
        return ProjectList(tuple(kept), None, listed.known)


EVERYBODY = Reader()
"""Whoever reads an index that is open to all."""
