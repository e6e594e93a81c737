"""Retention: what is no longer kept, and what always is."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.retention import Release, RetentionRules, plan
from wheelyard.names import ProjectName

DEMO = ProjectName("demo")
DAY = 86_400.0
NOW = Instant(1_000 * DAY)


def release(version: str, age_days: float, **changes: object) -> Release:
    """Return a release that is so many days old."""
    made = Release(version, Instant(NOW - age_days * DAY))
    return replace(made, **changes)  # type: ignore[arg-type]  # any field


BUILDS = tuple(release(f"1.0.dev{number}", 10 - number) for number in range(10))
"""Ten development builds, one a day, the last one of yesterday."""


def gone(releases: tuple[Release, ...], rules: RetentionRules) -> list[str]:
    """Return the versions that are no longer kept."""
    return [each.version for each in plan(DEMO, releases, rules, NOW)]


def test_without_rules_everything_stays() -> None:
    """However old and many."""
    assert gone(BUILDS, RetentionRules()) == []
    assert not RetentionRules().are_given


def test_the_last_so_many_stay() -> None:
    """The oldest comes first in the plan."""
    assert gone(BUILDS, RetentionRules(development_builds=8)) == ["1.0.dev0", "1.0.dev1"]


def test_the_younger_ones_stay() -> None:
    """One that is exactly so old is not younger."""
    rules = RetentionRules(development_build_days=9)

    assert gone(BUILDS, rules) == ["1.0.dev0", "1.0.dev1"]


def test_one_of_both_is_enough_to_stay() -> None:
    """Among the last, or young enough: a project without builds for a year keeps its last ones."""
    rules = RetentionRules(development_builds=3, development_build_days=6)

    assert gone(BUILDS, rules) == [f"1.0.dev{number}" for number in range(5)]
    old = tuple(replace(each, newest_at=Instant(0)) for each in BUILDS)
    assert len(gone(old, rules)) == 7


def test_each_kind_is_counted_by_itself() -> None:
    """Many development builds push no pre-release out."""
    releases = (*BUILDS, release("1.0a1", 30), release("1.0rc1", 20))

    assert gone(releases, RetentionRules(prereleases=1)) == ["1.0a1"]
    assert gone(releases, RetentionRules(development_builds=9)) == ["1.0.dev0"]


def test_development_build_of_a_pre_release_is_one() -> None:
    """Source: PEP 440."""
    releases = (release("1.0a1.dev1", 3), release("1.0a1.dev2", 2))

    assert gone(releases, RetentionRules(development_builds=1)) == ["1.0a1.dev1"]
    assert gone(releases, RetentionRules(prereleases=1)) == []


@pytest.mark.parametrize("version", ["1.0", "1.0.post1", "1.0+local", "2004a-final", "1!2.0"])
def test_final_release_always_stays(version: str) -> None:
    """And what is no version at all."""
    rules = RetentionRules(1, 1.0, 1, 1.0)

    assert gone((release(version, 999), release("3.0", 1)), rules) == []


@pytest.mark.parametrize("why", ["is_promoted", "is_yanked_for_a_reason", "is_pinned"])
def test_release_that_somebody_depends_on_stays(why: str) -> None:
    """Promoted, yanked with a reason or pinned; it counts among the last all the same."""
    oldest, newest = (Release(**{**asdict(each), why: True}) for each in (BUILDS[0], BUILDS[-1]))
    releases = (oldest, *BUILDS[1:-1], newest)

    left = gone(releases, RetentionRules(development_builds=2))

    assert left == [f"1.0.dev{number}" for number in range(1, 8)]


def test_later_is_what_was_uploaded_later() -> None:
    """The versions of builds with the hash of a commit do not grow."""
    releases = (release("1.0.dev0+gffff", 3), release("1.0.dev0+g0000", 1))

    assert gone(releases, RetentionRules(development_builds=1)) == ["1.0.dev0+gffff"]


def test_plan_says_why_and_how_old() -> None:
    """For the person who looks at it before anything happens."""
    rules = RetentionRules(development_builds=9, development_build_days=5)

    [expiring] = plan(DEMO, BUILDS, rules, NOW)

    assert (expiring.project, expiring.kind, expiring.age_days) == ("demo", "development", 10.0)
    assert expiring.why == "not one of the last 9 and older than 5 days"


RELEASES = st.lists(
    st.builds(
        Release,
        version=st.sampled_from(["1.0", "1.0a1", "1.0rc2", "1.0.dev3", "2.0.dev4", "x"]),
        newest_at=st.floats(0, NOW).map(Instant),
        is_promoted=st.booleans(),
        is_yanked_for_a_reason=st.booleans(),
        is_pinned=st.booleans(),
    )
)
RULES = st.builds(
    RetentionRules, st.integers(0, 3), st.floats(0, 500), st.integers(0, 3), st.floats(0, 500)
)


@given(RELEASES, RULES)
def test_nothing_goes_that_is_protected_and_so_many_always_stay(
    releases: list[Release], rules: RetentionRules
) -> None:
    """Whatever the rules and whatever there is."""
    planned = plan(DEMO, releases, rules, NOW)

    kinds = {each.kind for each in planned}
    assert kinds <= {"prerelease", "development"}
    protected = sum(
        each.is_promoted or each.is_yanked_for_a_reason or each.is_pinned for each in releases
    )
    assert len(planned) <= len(releases) - protected
    development = [each for each in releases if ".dev" in each.version]
    lost = sum(each.kind == "development" for each in planned)
    assert len(development) - lost >= min(rules.development_builds, len(development))
