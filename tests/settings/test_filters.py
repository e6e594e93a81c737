"""How the filters of a mirror are written, and what is no filter."""

from datetime import date, datetime
from pathlib import Path

import pytest

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.settings.filters import (
    EXPRESSIONS,
    MIRRORED_STATUSES,
    PLATFORMS,
    PROJECT_RULES,
    PYTHONS,
    SINCE,
    STATUSES,
    TAGS,
    ProjectRule,
    Since,
    TagPattern,
)
from wheelyard.settings.kinds import Kind, Place
from wheelyard.settings.patterns import NamePattern
from wheelyard.spelling import ProjectName

HERE = Place(Path("/etc"), {})
DAY = 86_400.0
NOW = Instant(20_000 * DAY + 5_000)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1970-01-02", DAY),
        (date(1970, 1, 2), DAY),
        (datetime.fromisoformat("1970-01-02T00:00:01"), DAY + 1),
        ("1970-01-02T01:00:00+01:00", DAY),
        (" 1970-01-02T00:00:00Z ", DAY),
    ],
)
def test_date_is_a_moment(value: object, moment: float) -> None:
    """As TOML has it or as text; without a time zone in UTC."""
    since = SINCE.read(value, HERE)

    assert isinstance(since, Since)
    assert since.start(NOW) == moment


@pytest.mark.parametrize(("text", "days"), [("P1D", 1), ("p2w", 14), ("P3M", 90), ("P1Y", 365)])
def test_period_starts_with_a_day(text: str, days: int) -> None:
    """So that what is wanted changes once a day, not at every look."""
    since = SINCE.read(text, HERE)

    assert isinstance(since, Since)
    assert since.start(NOW) == (20_000 - days) * DAY
    assert since.start(Instant(NOW + 10)) == since.start(NOW)


@pytest.mark.parametrize("value", ["yesterday", "P0D", "PT5M", "", 5, "2026-13-01", True])
def test_other_moments_are_refused(value: object) -> None:
    """With what is expected in the kind's own words."""
    with pytest.raises(BadInput) as caught:
        SINCE.read(value, HERE)

    assert caught.value.problems == ("mismatch",)


@pytest.mark.parametrize(
    ("text", "pattern", "specifiers"),
    [
        ("Zope.Interface", "zope-interface", ""),
        ("zope_*", "zope-*", ""),
        ("django>=4.2", "django", ">=4.2"),
        (" Django >= 4.2, <6 ", "django", "<6,>=4.2"),
        ("a==1.0rc1", "a", "==1.0rc1"),
    ],
)
def test_project_is_named_in_any_spelling(text: str, pattern: str, specifiers: str) -> None:
    """With the versions that are wanted, if not all are."""
    rule = ProjectRule(NamePattern(pattern), specifiers)

    assert PROJECT_RULES.read([text], HERE) == (rule,)
    assert str(rule) == f"{pattern}{specifiers}"


def test_rule_means_projects() -> None:
    """Those that its pattern means."""
    rule = ProjectRule(NamePattern("zope-*"), ">1")

    assert rule.matches(ProjectName("zope-interface"))
    assert not rule.matches(ProjectName("zope"))


@pytest.mark.parametrize(
    ("kind", "items", "why"),
    [
        (PROJECT_RULES, ["a b"], "`'a b'` is no pattern of project names"),
        (PROJECT_RULES, ["a[x]>1"], "`'a[x]>1'` is no pattern of project names"),
        (PROJECT_RULES, ["a>=x"], "`a>=x`: "),
        (PYTHONS, ["3"], "`'3'` is not a Python version"),
        (PYTHONS, ["three"], "`'three'` is not a Python version"),
        (PLATFORMS, ["beos"], "`'beos'` is not a platform that is known"),
        (TAGS, ["cp311"], "`'cp311'` is no tag of wheels"),
        (TAGS, ["py2.py3-none-any"], "`'py2.py3-none-any'` is no tag of wheels"),
        (EXPRESSIONS, ["(a"], "`(a`: it is no regular expression: missing )"),
        (EXPRESSIONS, [r"(a)\1"], r"`(a)\1`: groups that look around or refer back"),
        (STATUSES, ["quarantined"], "a project in quarantine is never mirrored"),
    ],
)
def test_filter_that_cannot_be_used_is_refused(kind: Kind, items: list[str], why: str) -> None:
    """Which one it is, and why."""
    with pytest.raises(BadInput) as caught:
        kind.read(items, HERE)

    assert caught.value.problems[0] == "explained"
    assert why in caught.value.problems[1]


@pytest.mark.parametrize(
    "kind",
    [EXPRESSIONS, PLATFORMS, PROJECT_RULES, PYTHONS, STATUSES, TAGS],
    ids=lambda kind: kind.expected,
)
def test_list_is_a_list_of_texts(kind: Kind) -> None:
    """Nothing else is taken for one."""
    for value in (5, [5], "text", {"a": 1}):
        with pytest.raises(BadInput) as caught:
            kind.read(value, HERE)
        assert caught.value.problems == ("mismatch",)


def test_values_come_in_one_spelling() -> None:
    """And each of them once."""
    assert PYTHONS.read(["3.11", "3.11", "3.12"], HERE) == ("3.11", "3.12")
    assert PLATFORMS.read(["manylinux2014_x86_64", "linux_x86_64"], HERE) == (
        *("manylinux_2_17_x86_64", "manylinux_2_28_x86_64"),
    )
    assert TAGS.read([" CP311-* "], HERE) == (TagPattern("cp311-*"),)
    assert STATUSES.read(["archived", "archived"], HERE) == ("archived",)
    assert STATUSES.read([*MIRRORED_STATUSES], HERE) == MIRRORED_STATUSES


@pytest.mark.parametrize("items", [[], ["retired"]])
def test_statuses_are_known_and_not_none(items: list[str]) -> None:
    """No project would be wanted."""
    with pytest.raises(BadInput):
        STATUSES.read(items, HERE)


def test_environment_has_rules_between_spaces() -> None:
    """A comma stands between two versions; a TOML array says it exactly."""
    assert PROJECT_RULES.from_text("django>=4,<5 zope-*") == ["django>=4,<5", "zope-*"]
    assert PROJECT_RULES.from_text('["a >1", "b"]') == ["a >1", "b"]


def test_environment_has_one_expression_or_an_array() -> None:
    """Commas and brackets are part of an expression."""
    assert EXPRESSIONS.from_text(r"[ab]{1,2}, ") == [r"[ab]{1,2}, "]
    assert EXPRESSIONS.from_text('["a", "b"]') == ["a", "b"]
