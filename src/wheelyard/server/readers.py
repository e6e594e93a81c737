"""Who reads: what of an index one request may see, decided before anything is looked up.

Rules for changing this file:

- Without valid credentials an index that needs them answers 401, the same for every name.
- What is not readable is not there: its answer is that of a name that never was, and nobody
  upstream is asked about it.
- An index that anybody may read, and have filled, is answered without looking at credentials.
Source: DESIGN.md, section 4 ("Who sees what"); threats T35 to T37.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wheelyard.access import (
    ANONYMOUS,
    Action,
    Identity,
    IndexRules,
    may,
    readable_projects,
)
from wheelyard.access.shown import Shown, identify
from wheelyard.access.signing_in import Access
from wheelyard.app import Index
from wheelyard.errors import Absent, LoginNeeded
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, normalise

__all__ = ["EVERYBODY", "Reader", "Readers", "rules_of"]


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


def rules_of(index: Index) -> IndexRules:
    """Return what ``index`` allows without any role."""
    return IndexRules(index.rules.read, index.rules.fill)


@dataclass(frozen=True, slots=True)
class Readers:
    """Finds out who reads."""

    access: Access

    async def of(self, index: Index, shown: Shown) -> Reader:
        """Return who reads ``index``, by what their request shows.

        Raises:
            LoginNeeded: the index is not open to all, and nobody valid was named.
            Absent: it has nothing that they may see.
        """
        rules = rules_of(index)
        if rules.read == "anyone" and rules.fill == "readers":
            return EVERYBODY
        if rules.read == "anyone" and shown.is_nothing:
            return Reader(fills=False)
        identity = await identify(self.access, shown)
        name = index.rules.name
        if identity.is_anonymous and rules.read != "anyone":
            raise LoginNeeded(f"The index `{name}`")
        names = readable_projects(identity, name, rules)
        if not names:
            raise Absent(f"The index `{name}`")
        asked = {""} if names == "all" else names
        fills = all(may(identity, Action.FILL, name, project, rules) for project in asked)
        return Reader(identity, names, is_private=rules.read != "anyone", fills=fills)
