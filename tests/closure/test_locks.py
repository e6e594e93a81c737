"""What all locks share: releases once, names of files, targets that they are not for."""

from pathlib import Path

import pytest

from support.closures import LINUX, MACOS, WINDOWS
from wheelyard.closure import LockedFile
from wheelyard.closure.locks import Locked, allowed_targets, file_name, to_reading
from wheelyard.names import ProjectName, parse_filename

DEMO = ProjectName("demo")
ONE = LockedFile(parse_filename("demo-1.0.tar.gz"))
TWO = LockedFile(parse_filename("demo-1.0-py3-none-any.whl"))


def test_two_entries_of_a_release_are_one_need() -> None:
    """Tools list a release once for each set of extras."""
    reading = to_reading(
        [
            Locked(DEMO, "1.0", "line 2", frozenset({WINDOWS}), (ONE,)),
            Locked(DEMO, "1.0", "line 1", frozenset({LINUX}), (TWO, ONE)),
            Locked(DEMO, "2.0", "line 3", frozenset({MACOS})),
            Locked(DEMO, "3.0", "line 4", frozenset()),
        ]
    )

    found = [(one.version, one.targets, one.files) for one in reading.locked]
    assert found == [
        ("1.0", frozenset({WINDOWS, LINUX}), (TWO, ONE)),
        ("2.0", frozenset({MACOS}), None),
    ]
    assert all(one.is_pinned for one in reading.locked)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://files.example/a/demo-1.0%2Blocal.whl?x=1#y", "demo-1.0+local.whl"),
        ("./wheels/demo-1.0.whl", "demo-1.0.whl"),
        ("wheels\\demo-1.0.whl", "demo-1.0.whl"),
        ("demo-1.0%2B.whl", "demo-1.0%2B.whl"),
    ],
)
def test_file_is_named_by_the_end_of_its_place(text: str, name: str) -> None:
    """URLs are decoded, paths are not."""
    assert file_name(text) == name


def test_targets_that_a_lock_is_not_for_are_problems() -> None:
    """Whoever asks for them hears of it."""
    problems: list[str] = []

    found = allowed_targets(Path("a.lock"), ">=3.12", [LINUX, MACOS], problems)

    assert found == (MACOS,)
    assert len(problems) == 1
    assert problems[0].startswith(f"`a.lock` is not for {LINUX}: it is for Python >=3.12. ")
