"""Which projects a sync looks at, and what it remembers of each."""

import pytest
from msgspec.structs import replace

from wheelyard.clock import Instant
from wheelyard.decide.mirroring import (
    LONGEST_PAUSE_SECONDS,
    MAX_ERROR_CHARACTERS,
    Done,
    Listed,
    Reason,
    State,
    failed,
    finished,
    is_behind,
    is_whole,
    why_due,
    withdrawn,
)
from wheelyard.names import ProjectName

NOW = Instant(1_000_000.0)
DEMO = ProjectName("demo")
DONE = State(
    DEMO, listed_serial=7, done_serial=7, done_revision=3, done_for="all", done_at=Instant(5.0)
)
FAILING = replace(DONE, failures=2, next_try_at=Instant(NOW + 60), error="no answer")


@pytest.mark.parametrize(
    ("state", "listed", "wanted", "expected"),
    [
        (None, Listed(7), "all", Reason.NEW),
        (withdrawn(DONE, NOW), Listed(7), "all", Reason.NEW),
        (DONE, Listed(7), "all", None),
        (DONE, Listed(8), "all", Reason.CHANGED),
        (DONE, Listed(6), "all", Reason.CHANGED),
        (replace(DONE, done_serial=9), Listed(8), "all", None),
        (replace(DONE, done_serial=None), Listed(7), "all", Reason.CHANGED),
        (DONE, Listed(7), "wheels", Reason.WANTED),
        (replace(DONE, done_for=""), Listed(7), "all", Reason.INCOMPLETE),
        (DONE, Listed(None), "all", Reason.UNCOUNTED),
        (DONE, Listed(None, is_told=False), "all", None),
        (DONE, Listed(7, is_told=False), "all", None),
        (FAILING, Listed(7), "all", Reason.INCOMPLETE),
    ],
)
def test_project_is_due_for_a_reason(
    state: State | None, listed: Listed, wanted: str, expected: Reason | None
) -> None:
    """New, changed, wanted differently, incomplete, or uncounted; else there is nothing to do."""
    assert why_due(state, listed, wanted, NOW, is_patient=False) is expected


@pytest.mark.parametrize(
    ("next_try_at", "serial", "expected"),
    [
        (NOW + 60, 7, None),
        (NOW, 7, Reason.INCOMPLETE),
        (NOW + 60, 8, Reason.INCOMPLETE),
        (NOW + 2 * LONGEST_PAUSE_SECONDS, 7, Reason.INCOMPLETE),
    ],
    ids=["pause", "over", "changed", "clock-was-set"],
)
def test_patient_run_waits_between_two_trials(
    next_try_at: float, serial: int, expected: Reason | None
) -> None:
    """Unless the project changed meanwhile, or the clock did."""
    state = replace(FAILING, next_try_at=Instant(next_try_at))

    assert why_due(state, Listed(serial), "all", NOW, is_patient=True) is expected


def test_pause_doubles_with_each_failure_up_to_a_limit() -> None:
    """From a minute to some hours; no number of failures makes it longer."""
    state: State | None = None
    pauses = []
    for _ in range(40):
        state = failed(state, DEMO, 7, "no answer", NOW)
        assert state.next_try_at is not None
        pauses.append(state.next_try_at - NOW)

    assert pauses[:4] == [60, 120, 240, 480]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert state is not None
    assert state.failures == 40


def test_failure_does_not_touch_what_was_done() -> None:
    """A-33: its serial is not advanced."""
    state = failed(DONE, DEMO, 8, "x" * 10_000, NOW)

    assert (state.done_serial, state.done_revision, state.done_for) == (7, 3, "all")
    assert (state.listed_serial, len(state.error)) == (8, MAX_ERROR_CHARACTERS)


def test_success_forgets_failures() -> None:
    """And remembers the page, what was wanted of it, and the greater of both serials."""
    state = finished(FAILING, DEMO, Done(8, 9, 4, "all"), NOW)

    assert state == State(
        DEMO,
        listed_serial=8,
        done_serial=9,
        done_revision=4,
        done_for="all",
        done_at=NOW,
    )


def test_withdrawn_project_has_nothing_done() -> None:
    """If it comes back it is new."""
    assert withdrawn(DONE, NOW) == State(DEMO, gone_at=NOW)


@pytest.mark.parametrize(
    ("listed", "page", "expected"),
    [(8, 7, True), (8, 8, False), (8, 9, False), (None, 7, False), (8, None, False)],
)
def test_page_is_behind_the_change_that_was_announced(
    listed: int | None, page: int | None, *, expected: bool
) -> None:
    """P-08: only where both are counted."""
    assert is_behind(listed, page) is expected


@pytest.mark.parametrize(
    ("state", "wanted", "revision", "expected"),
    [
        (DONE, "all", 3, True),
        (DONE, "all", 4, False),
        (DONE, "wheels", 3, False),
        (DONE, "all", None, False),
        (FAILING, "all", 3, False),
        (replace(DONE, done_for=""), "", 3, False),
        (None, "all", 3, False),
    ],
)
def test_unchanged_page_of_a_complete_project_needs_no_look_at_its_files(
    state: State | None, wanted: str, revision: int | None, *, expected: bool
) -> None:
    """The page is the same, what is wanted of it is, and nothing was missing."""
    assert is_whole(state, wanted, revision) is expected
