"""What requirements come to on one target: uv's choice, as releases that are needed."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wheelyard.closure.asked import Asked, Requirement
from wheelyard.closure.base import Digest, Needed, Target
from wheelyard.closure.fitting import fitting
from wheelyard.closure.resolver import Question, Resolved, resolve
from wheelyard.closure.serving import Views
from wheelyard.closure.shop import Shop
from wheelyard.closure.view import View
from wheelyard.errors import BadInput
from wheelyard.names import version_key
from wheelyard.specifiers import allows_python

__all__ = ["Resolution", "Resolver"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is needed on one target; or why nobody can say, and what is uncertain about it."""

    needed: tuple[Needed, ...] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Resolver:
    """Asks uv, each time in a folder of its own below ``work``."""

    shop: Shop
    views: Views
    work: Path
    seconds: float
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def resolve(self, asked: Asked, target: Target, *, is_build: bool = False) -> Resolution:
        """Return what ``asked`` comes to on ``target``.

        Raises:
            ConfigError: there is no uv.
            Unavailable: it did not end in time.
        """
        view = View(self.shop, target, asked.formats)
        question = Question(
            [one.text for one in asked.requirements],
            [one.text for one in asked.constraints],
            target,
            self.views.url_of(view),
            asked.prereleases,
        )
        try:
            outcome = await resolve(question, self.work / str(next(self._numbers)), self.seconds)
        except BadInput as error:
            return Resolution(problems=tuple(error.problems))
        if outcome.explanation:
            return Resolution(problems=(_problem(view, target, outcome.explanation),))
        needed = [await self._needed(asked, one, target) for one in outcome.resolved]
        if is_build:
            needed = [_for_building(one, asked.requirements) for one in needed]
        chosen = {(one.name, version_key(one.version)) for one in outcome.resolved}
        remarks = [*await self._too_new(needed, target)]
        remarks += [
            f"`{name}` {version} says only when it is built what it requires; taken is what "
            f"{doubt}."
            for (name, version), doubt in sorted(view.doubts.items())
            if (name, version_key(version)) in chosen
        ]
        return Resolution(tuple(needed), (), tuple(remarks))

    async def _needed(self, asked: Asked, resolved: Resolved, target: Target) -> Needed:
        """Return a release that uv chose as one that is needed."""
        name = resolved.name
        needed = Needed(
            name,
            resolved.version,
            frozenset({target}),
            asked.whys.get(name) or _needed_by(resolved),
            digests=_digests(asked, resolved),
            is_pinned=_is_pinned(asked, resolved),
            no_binary=asked.formats.forbids_wheels(name),
            only_binary=asked.formats.forbids_sdists(name),
        )
        if needed.is_pinned:
            return needed
        # A release with yanked files alone is chosen only if something pins it.
        pinned = replace(needed, is_pinned=True)
        project = await self.shop.project(name)
        return pinned if fitting(project, needed).missing else needed

    async def _too_new(self, needed: Sequence[Needed], target: Target) -> list[str]:
        """Name the releases that are said to be for older Pythons only; pip refuses them."""
        found = []
        for one in needed:
            files = fitting(await self.shop.project(one.name), one).files
            limits = [file.requires_python for file in files]
            if files and not any(allows_python(each, target.full_version) for each in limits):
                found.append(
                    f"`{one.name}` {one.version} is said to be for Python {limits[0]}: uv installs "
                    f"it on {target} all the same, pip does not."
                )
        return found


def _for_building(needed: Needed, requirements: Sequence[Requirement]) -> Needed:
    """Return what is needed as needed for a build."""
    why = requirements[0].where if requirements else needed.why
    return replace(needed, is_build=True, why=why)


def _problem(view: View, target: Target, explanation: str) -> str:
    """Return why there is no solution: what the index would not say, else what uv says."""
    if view.failures:
        causes = " ".join(dict.fromkeys(view.failures.values()))
        return f"Nothing could be resolved for {target}: {causes}"
    explanation = explanation.rstrip(".")
    return f"Nothing satisfies all requirements for {target}: {explanation}."


def _needed_by(resolved: Resolved) -> str:
    """Return who needs a release that no line names."""
    return f"needed by {', '.join(resolved.via[:3])}" if resolved.via else "needed"


def _is_pinned(asked: Asked, resolved: Resolved) -> bool:
    """Say whether a line asks for exactly this version."""
    return any(
        one.name == resolved.name and version_key(one.pinned) == version_key(resolved.version)
        for one in (*asked.requirements, *asked.constraints)
        if one.pinned
    )


def _digests(asked: Asked, resolved: Resolved) -> frozenset[Digest]:
    """Return the digests that lines state for this release."""
    found: set[Digest] = set()
    for one in (*asked.requirements, *asked.constraints):
        if one.name == resolved.name and (
            not one.pinned or version_key(one.pinned) == version_key(resolved.version)
        ):
            found |= one.digests
    return frozenset(found)
