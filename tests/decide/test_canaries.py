"""Canaries: who is asked whether a door still knows anything, and what their word counts for."""

from collections import OrderedDict

import pytest

from wheelyard.clock import Instant
from wheelyard.decide.canaries import Canary, Finding, choose_witnesses, is_well
from wheelyard.names import ProjectName

NOW = Instant(1_790_000_000.0)
WEEK = 7 * 86_400
OLD, FIRST, SECOND = ProjectName("old"), ProjectName("first"), ProjectName("second")


def canaries(**ages_seconds: float) -> OrderedDict[ProjectName, Canary]:
    """Return canaries that were answered for so many seconds ago."""
    return OrderedDict(
        (ProjectName(name), Canary(Instant(NOW - age), has_files=True))
        for name, age in ages_seconds.items()
    )


def test_newest_witness_comes_first() -> None:
    """The name that was there a moment ago is the likeliest to be there still."""
    assert choose_witnesses(canaries(first=60, second=1), None, NOW) == [SECOND, FIRST]


def test_nobody_is_a_witness_of_itself() -> None:
    """A project that was deleted does not show that the whole index was."""
    assert choose_witnesses(canaries(first=60, second=1), SECOND, NOW) == [FIRST]


def test_canary_of_more_than_a_day_is_none() -> None:
    """F13: an index may well have lost what it had the day before yesterday."""
    assert choose_witnesses(canaries(old=WEEK + 1, first=WEEK), None, NOW) == [FIRST]


def test_door_without_canaries_has_no_witness() -> None:
    """So it is believed: there is nothing to hold against it."""
    assert choose_witnesses(OrderedDict(), OLD, NOW) == []


@pytest.mark.parametrize(
    ("canary", "file_count", "expected"),
    [
        pytest.param(Canary(NOW, has_files=True), 3, True, id="as it was"),
        pytest.param(Canary(NOW, has_files=True), None, True, id="unchanged"),
        pytest.param(Canary(NOW, has_files=True), 0, False, id="emptied"),
        pytest.param(Canary(NOW, has_files=False), 0, True, id="never had any"),
        pytest.param(None, 0, True, id="forgotten meanwhile"),
    ],
)
def test_page_that_lost_its_files_is_no_sign_of_life(
    canary: Canary | None, file_count: int | None, *, expected: bool
) -> None:
    """F25: an index whose pages are all empty knows nothing either."""
    assert is_well(canary, file_count) is expected


@pytest.mark.parametrize(
    ("doubt", "age_seconds", "since_seconds", "expected"),
    [
        pytest.param("", 1.0, 2.0, True, id="good and new enough"),
        pytest.param("", 1.0, 0.5, False, id="good, but from before"),
        pytest.param("", 2.0, 9.0, False, id="good and too old"),
        pytest.param("404 for everything", 1.9, 0.0, True, id="bad, whenever it is from"),
        pytest.param("404 for everything", 2.0, 0.0, False, id="bad and too old"),
        pytest.param("404 for everything", -1.0, 0.0, False, id="from the future"),
    ],
)
def test_finding_counts_for_two_seconds(
    doubt: str, age_seconds: float, since_seconds: float, *, expected: bool
) -> None:
    """Bad news spare the door the same question; good news must be newer than the doubt."""
    finding = Finding(Instant(NOW - age_seconds), doubt)

    assert finding.counts(NOW, Instant(NOW - since_seconds)) is expected
