"""Wanting: what ``[sync.INDEX]`` says becomes what is wanted, requirements with all they need."""

import os
from collections import defaultdict
from dataclasses import dataclass, replace

from wheelyard.clock import Instant
from wheelyard.closure import Closing, Closure, close, fitting, parse_targets
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.wanted import Wanted, wanted_of
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import Repository
from wheelyard.settings import SyncSettings

__all__ = ["Wish", "wish_of"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted; ``problems`` are what requirements need and cannot have, by project."""

    wanted: Wanted
    problems: tuple[tuple[str, str], ...] = ()


async def wish_of(settings: SyncSettings, repository: Repository, now: Instant) -> Wish:
    """Return what is wanted; requirements are resolved against ``repository``.

    Raises:
        BadInput: something contradicts itself, or a file cannot be used; nobody was asked.
        Unavailable: requirements cannot be resolved now.
    """
    wanted = wanted_of(settings, now)
    if not settings.requirements:
        return Wish(wanted)
    targets = parse_targets(settings.pythons, settings.platforms)
    closing = Closing(variables=dict(os.environ))
    closure = await close(settings.requirements, targets, repository, closing)
    files, problems = await _files_of(closure, repository)
    return Wish(replace(wanted, files=files), problems)


async def _files_of(
    closure: Closure, repository: Repository
) -> tuple[dict[ProjectName, frozenset[Filename]], tuple[tuple[str, str], ...]]:
    """Return the files that serve each need, by project, and what cannot be had."""
    found: defaultdict[ProjectName, set[Filename]] = defaultdict(set)
    problems = [("", problem) for problem in closure.problems]
    for needed in closure.needed:
        try:
            fit = fitting(await repository.project(needed.name), needed)
        except (Absent, Unavailable) as error:
            problems.append((needed.name, str(error)))
            continue
        found[needed.name] |= {file.filename for file in fit.files}
        problems += [(needed.name, problem) for problem in fit.problems]
        problems += [(needed.name, choice.why) for choice in fit.missing]
    return {name: frozenset(files) for name, files in found.items()}, tuple(problems)
