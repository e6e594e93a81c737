"""Who owns a project name: exactly one authority, decided before anybody is asked.

The theory. An installer takes the highest version that anybody offers under a name, so whoever
may answer for a name decides what is installed. Each normalised name therefore has one owner, and
what the others have under it does not exist. In this order:

1. *blocked*: nobody gives it out;
2. *hosted*: it is ours, with files of our own; *merged*, if public files are shown as well;
3. *reserved*: it is ours, and nothing was uploaded yet;
4. *routed*: one upstream has it, the one of the most specific route that means it;
5. *public*: the upstream of the index has it.

Editing rule: nothing here knows who is up and who is down. An owner that cannot answer is
``Unavailable``, and its names stay its own.
Source: DESIGN.md, section 3 ("owner") and 4; threats T01 to T04.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wheelyard.names import ProjectName
from wheelyard.settings import NamePattern, Route

__all__ = [
    "Blocked",
    "Hosted",
    "Merged",
    "Owner",
    "Ownership",
    "PatternSet",
    "Public",
    "Reserved",
    "Routed",
]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nobody gives it out: ``pattern`` says so."""

    pattern: NamePattern


@dataclass(frozen=True, slots=True)
class Hosted:
    """It is ours, with files of our own."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """It is ours because of ``pattern``, and nothing was uploaded under it: absent, here."""

    pattern: NamePattern


@dataclass(frozen=True, slots=True)
class Routed:
    """``upstream`` has it, and no other, because of ``pattern``."""

    upstream: str
    pattern: NamePattern


@dataclass(frozen=True, slots=True)
class Public:
    """The upstream of the index has it."""


@dataclass(frozen=True, slots=True)
class Merged:
    """It is ours, and the files that ``public`` has are shown after our own."""

    public: Routed | Public


Owner = Blocked | Hosted | Merged | Reserved | Routed | Public


class PatternSet:
    """Names and patterns, asked quickly: a list of all public names goes through it."""

    def __init__(self, patterns: Iterable[NamePattern]) -> None:
        """Mean what any of ``patterns`` means."""
        self._exact: dict[str, NamePattern] = {}
        self._prefixes: list[NamePattern] = []
        self._others: list[NamePattern] = []
        for pattern in patterns:
            if pattern.is_exact:
                self._exact[pattern.text] = pattern
            elif pattern.text.count("*") == 1 and pattern.text.endswith("*"):
                self._prefixes.append(pattern)
            else:
                self._others.append(pattern)
        self._starts = tuple(pattern.text[:-1] for pattern in self._prefixes)

    def __bool__(self) -> bool:
        """Say whether it means anything at all."""
        return bool(self._exact or self._prefixes or self._others)

    def __contains__(self, name: ProjectName) -> bool:
        """Say whether ``name`` is meant."""
        return (
            name in self._exact
            or name.startswith(self._starts)
            or any(pattern.matches(name) for pattern in self._others)
        )

    def find(self, name: ProjectName) -> NamePattern | None:
        """Return the pattern that means ``name``; a name that stands there by itself first."""
        if found := self._exact.get(name):
            return found
        loose = (*self._prefixes, *self._others)
        return next((pattern for pattern in loose if pattern.matches(name)), None)


class Ownership:
    """The rules of ``[names]``, and with them the owner of every name."""

    def __init__(
        self,
        reserved: Iterable[NamePattern] = (),
        blocked: Iterable[NamePattern] = (),
        routes: Iterable[Route] = (),
        merge: Collection[ProjectName] = (),
    ) -> None:
        """Decide by these rules; of equally specific routes the one that comes first counts."""
        self.reserved = PatternSet(reserved)
        self.blocked = PatternSet(blocked)
        self.routes = tuple(
            sorted(routes, key=lambda route: route.pattern.specificity, reverse=True)
        )
        self.merge = frozenset(merge)

    def owner_of(self, name: ProjectName, *, is_hosted: bool) -> Owner:
        """Return the owner of ``name``; ``is_hosted`` says that we have it, in any index."""
        if blocked := self.blocked.find(name):
            return Blocked(blocked)
        if is_hosted:
            return Merged(self.public_owner_of(name)) if name in self.merge else Hosted()
        if reserved := self.reserved.find(name):
            return Reserved(reserved)
        return self.public_owner_of(name)

    def public_owner_of(self, name: ProjectName) -> Routed | Public:
        """Return who has ``name`` outside, if it is not ours."""
        for route in self.routes:
            if route.pattern.matches(name):
                return Routed(route.upstream, route.pattern)
        return Public()

    def is_ours(self, name: ProjectName, *, is_hosted: bool) -> bool:
        """Say whether no upstream may hear of ``name`` because it is ours.

        A name that is merged is asked for outside on purpose.
        """
        return name in self.reserved or (is_hosted and name not in self.merge)
