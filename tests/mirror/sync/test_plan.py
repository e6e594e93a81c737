"""What a run does, from what is remembered and what the upstream tells."""

import pytest
from msgspec.structs import replace

from support.syncing import rules
from wheelyard.clock import Instant
from wheelyard.decide.mirroring import Reason, State
from wheelyard.mirror.sync.listing import Changes, Listing, News
from wheelyard.mirror.sync.plan import Asks, Due, make_plan, named_projects
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import Filename, ProjectName
from wheelyard.settings import NamePattern, ProjectRule

NOW = Instant(1_000.0)
A, B, C, D = (ProjectName(name) for name in ("a", "b", "c", "d"))
ALL = Wanted(everything=True)


def asks(wanted: Wanted = ALL, **words: object) -> Asks:
    """Return what a run is for."""
    return Asks(wanted, NOW, lambda _: True, **words)  # type: ignore[arg-type]  # a test's words


def done(name: ProjectName, serial: int | None = 1, wanted: Wanted = ALL) -> State:
    """Return the state of a project that is complete."""
    key = wanted.key_of(name)
    return State(name, serial, serial, done_revision=5, done_for=key, done_at=Instant(1.0))


def test_nothing_to_do_where_everything_is_done() -> None:
    """However many there are."""
    plan = make_plan([done(A), done(B)], Listing({A: 1, B: 1}), asks())

    assert (plan.work, plan.mirrored, plan.is_braked) == ((), 2, False)


def test_new_and_changed_projects_are_due_with_their_serials() -> None:
    """And nothing else."""
    state = done(A)
    plan = make_plan([state, done(B)], Listing({A: 2, B: 1, C: 7}), asks())

    assert plan.due == (Due(A, Reason.CHANGED, 2, state), Due(C, Reason.NEW, 7))


def test_only_what_is_wanted_here_is_due() -> None:
    """Other names may be another upstream's, or nobody's."""
    wanted = Wanted(projects=rules("a*"))
    here = Asks(wanted, NOW, lambda name: name != "ab")
    plan = make_plan([], Listing({A: 1, B: 1, ProjectName("ab"): 1, ProjectName("ac"): 1}), here)

    assert [due.name for due in plan.due] == ["a", "ac"]


def test_what_was_failing_and_is_not_wanted_is_forgotten_by_a_whole_run_alone() -> None:
    """A run for one project knows nothing of the others; what is complete stays known."""
    states = [done(A), replace(done(B), failures=1)]
    whole = make_plan(states, Listing({A: 1, B: 1}), asks(Wanted(projects=rules("c"))))
    some = make_plan(
        states, Listing({A: 1, B: 1}), asks(Wanted(projects=rules("c")), is_whole=False)
    )

    assert (whole.unwanted, whole.mirrored) == ((B,), 0)
    assert some.unwanted == ()


def test_unlisted_project_is_asked_for_before_anything_else() -> None:
    """What is gone goes at once; it is never taken for gone because a list says so."""
    state = done(B)
    plan = make_plan([done(A), state], Listing({A: 1, C: 1}), asks())

    assert plan.vanished == (Due(B, Reason.GONE, state=state),)
    assert plan.work == (*plan.vanished, Due(C, Reason.NEW, 1))


@pytest.mark.parametrize("allows_removals", [False, True])
def test_brake_holds_back_removals_and_nothing_else(*, allows_removals: bool) -> None:
    """A-32: a list without any name of ours; unless somebody says that it is meant."""
    plan = make_plan([done(A), done(B)], Listing({C: 1}), asks(allows_removals=allows_removals))

    assert plan.is_braked is not allows_removals
    assert [due.name for due in plan.work] == (["a", "b", "c"] if allows_removals else ["c"])


def test_withdrawn_project_is_new_when_it_is_listed_again() -> None:
    """Until then nobody asks for it."""
    gone = State(A, gone_at=Instant(5.0))

    assert make_plan([gone, done(B)], Listing({B: 1}), asks()).work == ()
    assert make_plan([gone], Listing({A: 1}), asks()).due == (Due(A, Reason.NEW, 1, gone),)


@pytest.mark.parametrize("news", [Changes({}, "9"), Changes({B: 1}, "9")])
def test_project_that_changes_do_not_name_is_as_it_was(news: News) -> None:
    """With serials and without."""
    assert make_plan([done(A, None), done(B)], news, asks()).work == ()


def test_changes_tell_of_new_changed_and_removed_projects() -> None:
    """The others are not looked at."""
    a, b = done(A), done(B)
    plan = make_plan([a, b, done(C)], Changes({A: 3, D: 4}, "9", frozenset({B})), asks())

    assert plan.due == (Due(A, Reason.CHANGED, 3, a), Due(D, Reason.NEW, 4))
    assert plan.vanished == (Due(B, Reason.GONE, state=b),)


def test_failed_project_is_due_again_though_nothing_is_told_of_it() -> None:
    """What a change feed told once is remembered in the state."""
    failing = replace(done(A), listed_serial=2, failures=1, next_try_at=Instant(NOW + 50))
    now = make_plan([failing], Changes({}, "9"), asks())
    later = make_plan([failing], Changes({}, "9"), asks(is_patient=True))

    assert now.due == (Due(A, Reason.INCOMPLETE, 2, failing),)
    assert (later.due, later.waiting) == ((), 1)


def test_name_that_nobody_lists_is_asked_for_if_somebody_wrote_it_down() -> None:
    """A list may be behind; one that was withdrawn is not asked for again and again."""
    wanted = Wanted(projects=rules("a", "b"), files={C: frozenset({Filename("c-1.0.tar.gz")})})
    gone = State(B, gone_at=Instant(5.0))
    plan = make_plan([gone], Listing({D: 1}), asks(wanted))

    assert plan.due == (Due(A, Reason.NEW), Due(C, Reason.NEW))


def test_projects_with_rules_of_their_own_are_told_apart() -> None:
    """A changed range of versions concerns the projects that it means."""
    before = Wanted(projects=(*rules("a"), ProjectRule(NamePattern("b"), ">=1")))
    after = Wanted(projects=(*rules("a"), ProjectRule(NamePattern("b"), ">=2")))
    states = [done(A, wanted=before), done(B, wanted=before)]
    plan = make_plan(states, Listing({A: 1, B: 1}), asks(after))

    assert [(due.name, due.reason) for due in plan.due] == [(B, Reason.WANTED)]


def test_named_projects_are_those_that_are_no_pattern_and_not_left_out() -> None:
    """With those that requirements need."""
    wanted = Wanted(
        projects=rules("a", "b", "z*"),
        without=(NamePattern("b"),),
        files={C: frozenset({Filename("c-1.0.tar.gz")})},
    )

    assert named_projects(wanted) == {A, C}
