"""Losses: what has to be said twice, and what is news at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes import make_file, make_project
from wheelyard.clock import Instant
from wheelyard.decide.losses import (
    has_begun_anew,
    is_loss,
    is_older,
    is_takedown,
    same_reading,
)
from wheelyard.model import Project, ProjectStatus

NOW = Instant(1_790_000_000.0)
NUMBERS = st.sets(st.integers(min_value=0, max_value=30), max_size=12)


ACTIVE = ProjectStatus()


def page(*versions: str, status: ProjectStatus = ACTIVE) -> Project:
    """Return a page with one file per version."""
    files = [make_file(f"demo-{version}.tar.gz") for version in versions]
    return Project(make_project("demo").name, tuple(files), status=status)


def numbered(numbers: set[int]) -> Project:
    """Return a page with the versions ``0.N``."""
    return page(*(f"0.{number}" for number in sorted(numbers)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(page("1.0"), page(), id="emptied"),
        pytest.param(page("1.0", "1.1", "1.2"), page("1.0", "1.1"), id="newest"),
        pytest.param(page("1.9", "1.10", "1.2"), page("1.9", "1.2"), id="newest is no text"),
        pytest.param(page("1.0", "1.1", "2.0rc1"), page("1.0", "1.1"), id="newest pre-release"),
        pytest.param(page("1.0", "1.1", "2.0rc1"), page("1.0", "2.0rc1"), id="newest final"),
        pytest.param(page("1.0", "1.1", "1.2", "1.3", "1.4"), page("1.3", "1.4"), id="most"),
        pytest.param(page("1.0", "1.1"), page("7.0", "8.0"), id="another project"),
    ],
)
def test_page_that_lacks_much_is_a_loss(before: Project, after: Project) -> None:
    """F25, F26: what looks like an accident needs a second reading."""
    assert is_loss(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(page(), page(), id="never had any"),
        pytest.param(page(), page("1.0"), id="first release"),
        pytest.param(page("1.0"), page("1.0", "1.1"), id="release"),
        pytest.param(page("1.0", "1.1", "1.2"), page("1.1", "1.2"), id="old one deleted"),
        pytest.param(page("1.0", "1.1"), page("1.1"), id="half"),
        pytest.param(page("1.0", "1.1"), page("1.1", "1.0"), id="order"),
    ],
)
def test_page_that_lacks_little_is_news(before: Project, after: Project) -> None:
    """F26: releases, yanks and single removals pass at once."""
    assert not is_loss(before, after)


def test_version_with_one_file_left_is_not_gone() -> None:
    """A wheel that is deleted beside its source archive takes no version away."""
    wheel, archive = make_file("demo-1.1-py3-none-any.whl"), make_file("demo-1.1.0.tar.gz")
    before = make_project("demo", make_file("demo-1.0.tar.gz"), wheel, archive)

    after = make_project("demo", make_file("demo-1.0.tar.gz"), archive)

    assert not is_loss(before, after)


def test_takedown_is_never_doubted() -> None:
    """F29: a project that its index has quarantined is gone at once. Source: PEP 792."""
    taken_down = page(status=ProjectStatus("quarantined", "malware"))

    assert is_takedown(taken_down)
    assert not is_loss(page("1.0", "1.1"), taken_down)


@pytest.mark.parametrize("status", [ProjectStatus("archived"), ProjectStatus("deprecated")])
def test_other_states_excuse_no_loss(status: ProjectStatus) -> None:
    """A project that rests keeps its files."""
    assert not is_takedown(page(status=status))
    assert is_loss(page("1.0"), page(status=status))


@given(before=NUMBERS, gone=NUMBERS, new=NUMBERS)
def test_loss_is_all_or_most_or_the_newest(before: set[int], gone: set[int], new: set[int]) -> None:
    """The rule, said once more without pages."""
    after = (before - gone) | new
    lost = before - after
    newest_is_lost = bool(before) and max(before) in lost

    loss = is_loss(numbered(before), numbered(after))

    assert loss == (2 * len(lost) > len(before) or newest_is_lost)


@given(numbers=NUMBERS, more=NUMBERS)
def test_more_files_are_never_a_loss(numbers: set[int], more: set[int]) -> None:
    """Growing is what pages do."""
    assert not is_loss(numbered(numbers), numbered(numbers | more))


@given(first=NUMBERS, second=NUMBERS)
def test_readings_are_the_same_if_their_files_are(first: set[int], second: set[int]) -> None:
    """Two doors agree when they list the same names, in whatever order and with what addresses."""
    turned = page(*(f"0.{number}" for number in sorted(second, reverse=True)))

    assert same_reading(numbered(first), turned) == (first == second)


@given(names=st.lists(st.text("a1.-+!~ _", max_size=8)))
def test_names_of_any_shape_can_be_compared(names: list[str]) -> None:
    """File names are as their index spells them; a comparison never fails."""
    files = tuple(make_file(f"demo-{name}z") for name in names)

    assert is_loss(make_project("demo", *files), make_project("demo")) == bool(files)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(8, 7, True, id="older"),
        pytest.param(8, 8, False, id="same"),
        pytest.param(8, 9, False, id="newer"),
        pytest.param(8, None, False, id="does not say any more"),
        pytest.param(None, 7, False, id="never said"),
    ],
)
def test_page_with_a_lower_serial_is_older(
    before: int | None, after: int | None, *, expected: bool
) -> None:
    """F27, F28: an index does not go back in time, and is not frozen if it stops counting."""
    assert is_older(before, after) is expected


def test_door_that_stays_older_for_a_week_has_begun_anew() -> None:
    """An index that was set up again counts from the beginning; a mirror that lags catches up."""
    assert not has_begun_anew(NOW, Instant(NOW + 7 * 86_400))
    assert has_begun_anew(NOW, Instant(NOW + 7 * 86_400 + 1))
