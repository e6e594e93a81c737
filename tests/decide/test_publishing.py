"""What a publish decides, from rows alone."""

import pytest

from wheelyard.clock import Instant
from wheelyard.decide.publishing import (
    AT_ONCE,
    BEING_WRITTEN,
    GONE,
    ObjectsPlan,
    ObjectState,
    PageState,
    ViewState,
    Wanted,
    basis_of,
    decide_pass,
    has_page,
    is_due,
    is_free,
    is_removable,
    newest_view,
    plan_objects,
    seconds_until,
    view_to_go_back_to,
)
from wheelyard.wire.tree import View

NOW = Instant(1_000.0)


def view(name: View, serial: int, *, is_whole: bool = True, basis: str = "x") -> ViewState:
    """Return a view as it was made at a serial."""
    return ViewState(name, serial, NOW, Instant(NOW + serial), basis, is_whole)


def page(digest: str, serial: int = 1) -> PageState:
    """Return a page."""
    return PageState("demo", digest, serial, hosted=False)


def row(path: str, sha256: str = "1", unlisted_at: float | None = None) -> ObjectState:
    """Return an object that was published."""
    at = None if unlisted_at is None else Instant(unlisted_at)
    return ObjectState("demo", path, "file", sha256, 1, at, None if at is None else 5)


def test_view_that_does_not_count_is_written() -> None:
    """From the newest one on; what it missed meanwhile is taken over."""
    views: dict[View, ViewState] = {"a": view("a", 7), "b": view("b", 5)}

    plan = decide_pass(views, "a", "x", has_views=True, is_full=False)

    assert (plan.view, plan.base, plan.everything) == ("b", views["a"], False)
    assert (plan.takes_over, plan.since) == ("a", 5)


def test_view_left_in_the_middle_is_compared_as_a_whole() -> None:
    """Nobody knows what of it was written."""
    views: dict[View, ViewState] = {"a": view("a", 7), "b": view("b", 9, is_whole=False)}

    plan = decide_pass(views, "a", "x", has_views=True, is_full=False)

    assert (plan.view, plan.base, plan.since) == ("b", views["a"], None)


def test_newest_view_that_does_not_count_is_gone_on_with() -> None:
    """After a rollback, or a publish that was not activated."""
    views: dict[View, ViewState] = {"a": view("a", 5), "b": view("b", 7)}

    plan = decide_pass(views, "a", "x", has_views=True, is_full=False)

    assert (plan.view, plan.base, plan.takes_over) == ("b", views["b"], None)


@pytest.mark.parametrize(
    ("views", "basis", "is_full"),
    [({}, "x", False), ({"a": view("a", 1)}, "y", False), ({"a": view("a", 1)}, "x", True)],
)
def test_everything_is_looked_at_if_nobody_knows_what_changed(
    views: dict[View, ViewState],
    basis: str,
    is_full: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """At first, with other settings, and on request."""
    assert decide_pass(views, None, basis, has_views=False, is_full=is_full).everything


def test_target_without_views_has_one() -> None:
    """It is its own base, and nothing is taken over."""
    plan = decide_pass({"a": view("a", 3)}, None, "x", has_views=False, is_full=False)

    assert (plan.view, plan.takes_over) == ("a", None)
    assert newest_view({"a": view("a", 3, is_whole=False)}) is None


def test_target_without_views_that_was_left_in_the_middle_is_gone_on_with() -> None:
    """Each of its pages is whole at any time, and its serial says from where on to look."""
    views: dict[View, ViewState] = {"a": view("a", 3, is_whole=False)}

    plan = decide_pass(views, None, "x", has_views=False, is_full=False)

    assert (plan.base, plan.everything) == (views["a"], False)


def test_one_can_go_back_and_forth_between_whole_views() -> None:
    """And to nothing else."""
    views: dict[View, ViewState] = {"a": view("a", 5), "b": view("b", 7)}
    broken: dict[View, ViewState] = {"a": view("a", 5, is_whole=False), "b": view("b", 7)}

    assert view_to_go_back_to(views, "b", is_newer=False) == "a"
    assert view_to_go_back_to(views, "a", is_newer=True) == "b"
    assert view_to_go_back_to(views, "b", is_newer=True) is None
    assert view_to_go_back_to(broken, "b", is_newer=False) is None
    assert view_to_go_back_to(views, None, is_newer=False) is None


def test_objects_are_put_that_are_not_there_for_certain() -> None:
    """New ones, other bytes, and what nobody can tell of; each once."""
    wanted = [Wanted(path, "file", "1", 1) for path in ("there", "other", "doubt", "new", "new")]
    had = [row("there"), row("other", "2"), row("doubt", ""), row("lost"), row("back", "1", 3.0)]

    plan = plan_objects([*wanted, Wanted("back", "file", "1", 1)], had, is_taken_down=False)

    assert [each.path for each in plan.put] == ["other", "doubt", "new"]
    assert (plan.unlisted, plan.relisted) == (("lost",), ("back",))
    assert plan_objects(wanted[:1], had[:1], is_taken_down=False) == ObjectsPlan()


def test_what_waits_does_not_wait_any_longer_in_quarantine() -> None:
    """What is marked to go at once already is left."""
    had = [row("waits", "1", 3.0), row("goes", "1", AT_ONCE), row("listed")]

    calm = plan_objects([], had, is_taken_down=False)
    quarantined = plan_objects([], had, is_taken_down=True)

    assert calm.unlisted == ("listed",)
    assert quarantined.unlisted == ("waits", "listed")


@pytest.mark.parametrize(
    ("unlisted_at", "removable"),
    [(None, False), (AT_ONCE, True), (NOW, False), (NOW - 10, True), (NOW + 5, False)],
)
def test_object_is_removed_after_its_delay(unlisted_at: Instant | None, *, removable: bool) -> None:
    """At once in quarantine, and never while it is listed; a clock may have gone back."""
    assert is_removable(unlisted_at, NOW, 10.0) is removable


@pytest.mark.parametrize(
    ("pages", "free"),
    [
        ([page("1"), page("1")], True),
        ([page("1", 4), page("2", 9)], False),
        ([page("1", 5), page("2", 9)], True),
        ([None, page(GONE)], True),
        ([None, page("2", 5)], True),
        ([None, page("2", 4)], False),
    ],
)
def test_object_is_free_when_no_view_lists_it(pages: list[PageState | None], *, free: bool) -> None:
    """The same page in both, or both written since."""
    assert is_free(row("x", "1", 3.0), pages) is free


def test_page_that_is_being_written_is_none() -> None:
    """Nor is one that is gone."""
    assert has_page(page("1"))
    assert not any(has_page(each) for each in (None, page(GONE), page(BEING_WRITTEN)))


def test_time_until_something_is_due() -> None:
    """Counted from the last time; never with 0, at once at first or if the clock went back."""
    assert seconds_until(Instant(NOW - 4), 10.0, NOW) == 6.0
    assert seconds_until(None, 10.0, NOW) == seconds_until(Instant(NOW + 1), 10.0, NOW) == 0.0
    assert is_due(Instant(NOW - 10), 10.0, NOW)
    assert not is_due(None, 0.0, NOW)


def test_basis_tells_settings_apart() -> None:
    """And is the same in each process."""
    assert basis_of(["1", 600]) == basis_of(["1", 600])
    assert basis_of(["1", 600]) != basis_of(["1", 601])
