"""Which releases are no longer kept: pre-releases and development builds, never anything else.

A build server uploads a development build for every change, and nobody installs the one of last
month. What somebody may depend on stays whatever the rules say:

1. a final release, a post-release, and what is no version in the sense of PEP 440;
2. a release that was promoted, in the index that it came from and in the one that it went to;
3. a release that was yanked for a stated reason: it says something to who has it;
4. a release of which somebody pinned a file.

Of the others, each kind by itself, stays what is among the last so many or is younger than so many
days. Without a number and without days everything stays. Of two the later is the one that was
uploaded later: the numbers of development builds need not grow.
Source: PEP 440 ("Pre-releases", "Developmental releases").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from wheelyard.clock import Instant
from wheelyard.names import ProjectName, ReleaseKind, release_kind

__all__ = ["Expiring", "Release", "RetentionRules", "plan"]

_DAY: Final = 86_400.0

Kept = Literal["prerelease", "development"]


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How many of each kind stay, and for how many days; 0 says nothing."""

    prereleases: int = 0
    prerelease_days: float = 0.0
    development_builds: int = 0
    development_build_days: float = 0.0

    @property
    def are_given(self) -> bool:
        """Whether anything ever goes."""
        return bool(
            self.prereleases
            or self.prerelease_days
            or self.development_builds
            or self.development_build_days
        )


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a project. ``newest_at`` is when the last of its files was uploaded."""

    version: str
    newest_at: Instant
    files: int = 1
    size: int = 0
    is_promoted: bool = False
    is_yanked_for_a_reason: bool = False
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class Expiring:
    """A release that is no longer kept; ``why`` is a clause for people. Sizes are bytes."""

    project: ProjectName
    version: str
    kind: Kept
    age_days: float
    files: int
    size: int
    why: str


def plan(
    project: ProjectName, releases: Iterable[Release], rules: RetentionRules, now: Instant
) -> tuple[Expiring, ...]:
    """Return the releases of ``project`` that are no longer kept, the oldest first."""
    by_kind: dict[ReleaseKind, list[Release]] = {}
    for release in releases:
        by_kind.setdefault(release_kind(release.version), []).append(release)
    found: list[Expiring] = []
    for kind, group in by_kind.items():
        match kind:
            case "final":
                continue
            case "prerelease":
                limits = rules.prereleases, rules.prerelease_days
            case "development":
                limits = rules.development_builds, rules.development_build_days
            case _:
                assert_never(kind)
        found += [
            _expiring(project, release, kind, limits, now)
            for release in _beyond(group, *limits, now)
        ]
    return tuple(sorted(found, key=lambda each: (-each.age_days, each.version)))


def _beyond(releases: Sequence[Release], number: int, days: float, now: Instant) -> list[Release]:
    """Return those of one kind that are neither among the last ``number`` nor young enough."""
    if not number and not days:
        return []
    latest_first = sorted(
        releases, key=lambda release: (release.newest_at, release.version), reverse=True
    )
    return [
        release
        for release in latest_first[number:]
        if now - release.newest_at >= days * _DAY
        and not release.is_promoted
        and not release.is_yanked_for_a_reason
        and not release.is_pinned
    ]


def _expiring(
    project: ProjectName,
    release: Release,
    kind: Kept,
    limits: tuple[int, float],
    now: Instant,
) -> Expiring:
    """Return ``release`` with the reason why it goes."""
    number, days = limits
    why = [f"not one of the last {number}"] if number else []
    why += [f"older than {days:g} days"] if days else []
    return Expiring(
        project=project,
        version=release.version,
        kind=kind,
        age_days=(now - release.newest_at) / _DAY,
        files=release.files,
        size=release.size,
        why=" and ".join(why),
    )
