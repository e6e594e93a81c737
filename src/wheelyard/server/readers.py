"""Who reads: what of an index one request may see, decided before anything is looked up.

Rules for changing this file:

- Without valid credentials an index that needs them answers 401, the same for every name.
- What is not readable is not there: its answer is that of a name that never was, and nobody
  upstream is asked about it.
- An index that anybody may read, and have filled, is answered without looking at credentials.
Source: DESIGN.md, section 4 ("Who sees what"); threats T35 to T37.
"""

from dataclasses import dataclass

from wheelyard.access import Action, IndexRules, may, readable_projects
from wheelyard.access.shown import Shown, identify
from wheelyard.access.signing_in import Access
from wheelyard.app import Index
from wheelyard.errors import Absent, LoginNeeded
from wheelyard.server.reader import EVERYBODY, Reader

__all__ = ["EVERYBODY", "Reader", "Readers", "rules_of"]


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
