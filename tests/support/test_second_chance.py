"""`support/second_chance.py`: who may be run again."""

from pathlib import PurePath

import pytest

from support.second_chance import RERUNS, lives_by_the_clock


@pytest.mark.parametrize("module", ["chaos/test_kills.py", "scenario/outage/test_matrix.py"])
def test_tests_with_real_servers_may_be_run_again(module: str) -> None:
    """What a machine that stands still can fail."""
    assert lives_by_the_clock(PurePath(module))


@pytest.mark.parametrize("module", ["decide/test_pacing.py", "test_house.py", "contract/x.py"])
def test_tests_that_drive_their_clock_have_one_chance(module: str) -> None:
    """They fail for one reason alone."""
    assert not lives_by_the_clock(PurePath(module))


def test_second_chance_is_a_mark_that_pytest_knows(request: pytest.FixtureRequest) -> None:
    """This test has one, because of its folder."""
    mark = request.node.get_closest_marker("flaky")

    assert mark is not None
    assert mark.kwargs == {"reruns": RERUNS}
