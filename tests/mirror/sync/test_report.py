"""What a run tells of itself."""

import pytest

from wheelyard.clock import Instant
from wheelyard.mirror.sync.report import MOST_TOLD, Account, Amount, Problem
from wheelyard.names import ProjectName


def account() -> Account:
    """Return the account of a run that began at 100."""
    return Account("main", Instant(100.0))


def test_run_without_problems_is_done() -> None:
    """Everything wanted is here."""
    given = account()
    given.looked_at = 3
    given.fetched = Amount(2, 50).add(1, 10)
    report = given.report(Instant(107.5))

    assert (report.outcome, report.seconds, report.files, report.bytes) == ("done", 7.5, 3, 60)


@pytest.mark.parametrize("field", ["failed", "waiting", "not_asked", "held_back"])
def test_whatever_is_not_here_makes_a_run_partial(field: str) -> None:
    """Exit 0 is for everything wanted."""
    given = account()
    setattr(given, field, 1)

    assert given.report(Instant(101.0)).outcome == "partial"


def test_run_that_could_ask_nobody_has_failed() -> None:
    """If it looked at something all the same, it is partial."""
    given = account()
    given.unanswered = True
    given.note_problem("", "no answer")

    assert given.outcome() == "failed"
    given.looked_at = 1
    assert given.outcome() == "partial"


def test_stopped_run_is_stopped_whatever_else() -> None:
    """Also if everything seemed well until then."""
    given = account()
    given.is_stopped = True

    assert given.outcome() == "stopped"


def test_report_names_the_first_problems_and_counts_all() -> None:
    """In the order of projects; a mirror of everything may have very many."""
    given = account()
    for number in reversed(range(MOST_TOLD + 5)):
        given.note_problem(f"demo-{number:05}", "no answer")
        given.note_removal(ProjectName(f"gone-{number}"))
    report = given.report(Instant(101.0))

    assert (report.failed, len(report.problems)) == (MOST_TOLD + 5, MOST_TOLD)
    assert report.problems[0] == Problem("demo-00005", "no answer")
    assert (report.removed, len(report.removals)) == (MOST_TOLD + 5, MOST_TOLD)


def test_clock_that_was_set_back_makes_no_negative_time() -> None:
    """Zero seconds are a lie, too, but one that nobody trips over."""
    assert account().report(Instant(1.0)).seconds == 0.0
