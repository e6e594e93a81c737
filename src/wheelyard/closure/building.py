"""What building takes: the requirements of every sdist that some target has to build.

An installer builds each sdist in an environment of its own, so each is resolved on its own; what
building needs may itself have to be built, and so on, until nothing new is found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from wheelyard.closure.asked import Asked, Formats, Requirement, spell
from wheelyard.closure.base import Choice, Needed, Target
from wheelyard.closure.fitting import fitting, is_sdist
from wheelyard.closure.resolving import Resolution, Resolver
from wheelyard.closure.shop import Shop
from wheelyard.closure.stated import BuildNeeds, build_needs
from wheelyard.errors import Absent, BadInput, Unavailable, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import ProjectName, version_key
from wheelyard.requirements import split_requirement

__all__ = ["Building"]

_SETUPTOOLS: Final = ProjectName("setuptools")
_WITH_WHEEL_INSIDE: Final = (70, 1)
"""The release of setuptools since which it builds wheels without the project `wheel`."""


@dataclass(slots=True)
class Building:
    """Follows what has to be built. ``problems`` are sentences."""

    shop: Shop
    resolver: Resolver
    formats: Formats
    problems: list[str] = field(default_factory=list)
    _built: set[tuple[str, Target]] = field(default_factory=set)
    _resolved: dict[tuple[tuple[str, ...], Target], Resolution] = field(default_factory=dict)

    async def follow(self, needed: Iterable[Needed]) -> list[Needed]:
        """Return what is needed to build what of ``needed`` has to be built, and so on."""
        found: list[Needed] = []
        ahead = list(needed)
        while ahead:
            further: list[Needed] = []
            for one in ahead:
                further += await self._for_one(one)
            found += further
            ahead = further
        return found

    async def _for_one(self, needed: Needed) -> list[Needed]:
        """Return what is needed to build one release, on the targets where it must be built."""
        try:
            project = await self.shop.project(needed.name)
        except (Absent, Unavailable):
            return []  # whoever wants its files will hear of it
        found: list[Needed] = []
        for choice in fitting(project, needed).choices:
            sdist = _to_be_built(choice)
            if sdist and (sdist.filename, choice.target) not in self._built:
                self._built.add((sdist.filename, choice.target))
                found += await self._for_sdist(project, sdist, needed, choice.target)
        return found

    async def _for_sdist(
        self, project: Project, sdist: File, needed: Needed, target: Target
    ) -> list[Needed]:
        """Return what is needed to build an sdist on one target."""
        why = f"needed to build {needed.name} {needed.version}"
        try:
            needs = build_needs(await self.shop.sdist_facts(project, sdist))
            resolution = await self._resolve(needs, target, why)
        except WheelyardError as error:
            self.problems.append(
                f"What `{sdist.filename}` needs to be built on {target} cannot be known: {error}"
            )
            return []
        self.problems += [
            f"`{needed.name}` {needed.version} cannot be built: {problem}"
            for problem in resolution.problems
        ]
        return list(resolution.needed)

    async def _resolve(self, needs: BuildNeeds, target: Target, why: str) -> Resolution:
        """Resolve the requirements of a build, and what older backends ask for on top."""
        if not needs.requires:
            return Resolution()
        found = await self._ask(needs.requires, target, why)
        if needs.is_setuptools and _lacks_wheel(found.needed):
            found = await self._ask((*needs.requires, "wheel"), target, why)
        return found

    async def _ask(self, requires: Sequence[str], target: Target, why: str) -> Resolution:
        """Resolve requirements, the same ones only once."""
        key = (tuple(sorted(set(requires))), target)
        if key not in self._resolved:
            asked = Asked(tuple(_requirement(text, why) for text in key[0]), formats=self.formats)
            self._resolved[key] = await self.resolver.resolve(asked, target, is_build=True)
        return self._resolved[key]


def _to_be_built(choice: Choice) -> File | None:
    """Return the sdist that an installer would build on a target, or None if it takes a wheel."""
    first = choice.files[0] if choice.files else None
    return first if first and is_sdist(first.filename) else None


def _lacks_wheel(needed: Sequence[Needed]) -> bool:
    """Say whether the setuptools that was chosen asks for `wheel` while it builds."""
    for one in needed:
        if one.name == _SETUPTOOLS:
            parts = version_key(one.version).split(".")[:2]
            release = tuple(int(part) if part.isdecimal() else 0 for part in parts)
            return release < _WITH_WHEEL_INSIDE
    return False


def _requirement(text: str, why: str) -> Requirement:
    """Return a requirement of a build."""
    try:
        parts = split_requirement(text)
        spelled = spell(parts)
    except BadInput as error:
        message = f"it needs `{text[:80]!a}` to be built, which is no requirement: {error}"
        raise BadInput(message) from error
    return Requirement(parts.name, spelled, why, parts.pinned)
