"""Targets: every Python on every platform, unknown ones refused together."""

import pytest

from wheelyard.closure import Target, parse_target, parse_targets, this_machine
from wheelyard.errors import BadInput
from wheelyard.tags import Platform, this_platform, this_python


def test_targets_are_all_combinations_once() -> None:
    """Two spellings of a platform are one target."""
    found = parse_targets(["3.11", "3.12"], ["linux", "manylinux_2_28_x86_64", "win32"])

    assert [str(target) for target in found] == [
        "Python 3.11 on manylinux_2_28_x86_64",
        "Python 3.11 on win32",
        "Python 3.12 on manylinux_2_28_x86_64",
        "Python 3.12 on win32",
    ]


def test_target_without_a_word_is_this_machine() -> None:
    """The default is the interpreter and the machine that we run on."""
    assert parse_targets([], []) == (this_machine(),)
    assert this_machine() == Target(this_python(), this_platform())


def test_target_with_one_word_is_completed_by_this_machine() -> None:
    """A platform alone means this Python there, a Python alone means here."""
    assert parse_targets(["3.9"], []) == (Target("3.9", this_platform()),)
    assert parse_targets([], ["win32"]) == (Target(this_python(), Platform("win32")),)


def test_unknown_targets_are_told_together() -> None:
    """Nobody has to run it once for each mistake."""
    with pytest.raises(BadInput) as caught:
        parse_targets(["2.7", "3.11"], ["amiga", "linux", "atari"])

    assert len(caught.value.problems) == 3


def test_target_knows_tags_and_environment() -> None:
    """The preferred tag has the lowest rank; a missing patch version counts as the first."""
    target = parse_target("3.11", "windows")

    assert target.tags["cp311-cp311-win_amd64"] == 0
    assert target.tags["py3-none-any"] > target.tags["py3-none-win_amd64"]
    assert target.environment["sys_platform"] == "win32"
    assert target.full_version == "3.11.0"
