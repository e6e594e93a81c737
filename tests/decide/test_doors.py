"""The order of doors: the operator's, until one does worse than those behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.doors import Ranking, Standing, order, rank, typical_seconds

NOW = Instant(1_790_000_000.0)
GOOD = Standing()
OUT = Standing(is_whole=False)
OTHER = Standing(is_other=True)
BEHIND = Standing(is_behind=True)

STANDINGS = st.lists(
    st.builds(
        Standing,
        is_whole=st.booleans(),
        is_other=st.booleans(),
        is_behind=st.booleans(),
        latency_seconds=st.none() | st.floats(min_value=0, max_value=60),
    ),
    min_size=1,
    max_size=5,
)


def fast(seconds: float = 0.01) -> Standing:
    """Return a door that answers in so many seconds."""
    return Standing(latency_seconds=seconds)


def after(seconds: float) -> Instant:
    """Return a moment so many seconds from now."""
    return Instant(NOW + seconds)


@pytest.mark.parametrize(
    ("standings", "expected"),
    [
        pytest.param([GOOD, GOOD, GOOD], (0, 1, 2), id="as configured"),
        pytest.param([OUT, GOOD], (1, 0), id="nobody waits for a door that is out"),
        pytest.param([OUT, OUT], (0, 1), id="all are out"),
        pytest.param([BEHIND, GOOD], (1, 0), id="A-21: a fresher copy comes first"),
        pytest.param([BEHIND, OUT], (0, 1), id="an old copy is better than none"),
        pytest.param([GOOD, OTHER, GOOD], (0, 2), id="another index is never asked"),
        pytest.param([OTHER], (), id="nobody is left"),
    ],
)
def test_order_follows_the_standings(standings: list[Standing], expected: tuple[int, ...]) -> None:
    """Each thing that a door can have against it, beside doors that do not."""
    assert order(Ranking(), standings) == expected


def test_slow_door_comes_after_the_others() -> None:
    """Three times as slow, and by more than a tenth of a second."""
    standings = [fast(0.5), fast(0.1)]

    assert order(rank(Ranking(), standings, NOW), standings) == (1, 0)


@pytest.mark.parametrize("first", [0.12, 0.3, 0.39])
def test_little_slower_is_no_reason(first: float) -> None:
    """The operator's order counts more than some milliseconds."""
    assert rank(Ranking(), [fast(first), fast(0.1)], NOW).slow == frozenset()


def test_latency_reorders_once_a_minute_at_most() -> None:
    """A door that is slow for a moment does not lose its place a moment later."""
    ranking = rank(Ranking(), [fast(), fast()], NOW)

    assert rank(ranking, [fast(5), fast()], after(59)) == ranking
    assert rank(ranking, [fast(5), fast()], after(60)).slow == {0}


def test_door_that_was_slow_must_get_much_faster() -> None:
    """Two doors of about the same speed do not take turns."""
    slow = rank(Ranking(), [fast(0.5), fast(0.1)], NOW)

    assert rank(slow, [fast(0.3), fast(0.1)], after(60)).slow == {0}
    assert rank(slow, [fast(0.19), fast(0.1)], after(60)).slow == frozenset()


@pytest.mark.parametrize(
    "other", [OUT, OTHER, BEHIND, GOOD], ids=["out", "other", "behind", "unknown"]
)
def test_door_is_slow_only_beside_one_that_can_take_its_place(other: Standing) -> None:
    """A door that is of no use is no measure, however fast it answers."""
    quick = Standing(other.is_whole, other.is_other, other.is_behind, 0.001)
    beside = GOOD if other is GOOD else quick

    assert rank(Ranking(), [fast(30), beside], NOW).slow == frozenset()


def test_clock_that_goes_back_does_not_freeze_the_order() -> None:
    """A decision from the future counts as long ago."""
    ranking = rank(Ranking(), [fast(), fast()], after(86_400))

    assert rank(ranking, [fast(5), fast()], NOW).slow == {0}


def test_typical_latency_needs_some_answers() -> None:
    """One slow answer says nothing; the median of some does."""
    assert typical_seconds([9.0] * 4) is None
    assert typical_seconds([0.1, 0.2, 9.0, 0.3, 0.2]) == 0.2


@given(standings=STANDINGS)
def test_every_door_to_this_index_has_one_place(standings: list[Standing]) -> None:
    """However things stand, nobody is forgotten and nobody asked twice."""
    found = order(rank(Ranking(), standings, NOW), standings)

    assert sorted(found) == [n for n, standing in enumerate(standings) if not standing.is_other]
