"""`entry_points.txt` as installers read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.upload.archives.entry_points import entry_point_problems

SOUND = b"""\
[console_scripts]
acme = acme.cli:main
acme-2.x = acme.cli:main.run [extra, other]
acme_module = acme

[acme.plugins]
Name With Spaces = anything at all
name = acme
Name = acme

[empty]
"""


def test_usual_file_has_no_problem() -> None:
    """Groups other than scripts are between a program and its plug-ins."""
    assert entry_point_problems(SOUND) == ()
    assert entry_point_problems(b"") == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"acme = acme\n", "cannot be read: File contains no section headers"),
        (b"[a]\nx = 1\nx = 2\n", "cannot be read: "),
        (b"[a]\n[a]\n", "cannot be read: "),
        (b"\xff", "cannot be read: "),
        (b"[a/../b]\nx = 1\n", ""),
        (b"[?]\nx = 1\n", "has an invalid group `?`"),
        (b"[console_scripts]\n../x = a:b\n", "has an invalid name `../x`"),
        (b"[gui_scripts]\na\\b = a:b\n", "has an invalid name"),
        (b"[console_scripts]\n.. = a:b\n", "has an invalid name `..`"),
        (b"[console_scripts]\nx = a:b; import os\n", "has an invalid object"),
        (b"[console_scripts]\nx = \n", "has an invalid object"),
        (b"[console_scripts]\nx = a b\n", "has an invalid object"),
    ],
)
def test_unusable_file_is_told(content: bytes, words: str) -> None:
    """An installer would fail, or write a script where none should be."""
    problems = entry_point_problems(content)

    assert all(problem.startswith("Invalid distribution file. ") for problem in problems)
    assert words in "".join(problems)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(content: bytes) -> None:
    """No file makes the judge fail."""
    entry_point_problems(content)
    entry_point_problems(b"[console_scripts]\n" + content)
