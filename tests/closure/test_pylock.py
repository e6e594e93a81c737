"""`pylock.toml`; what each sample says is in `test_reading.py`."""

from pathlib import Path

import pytest

from support.closures import LINUX, MACOS, WINDOWS
from wheelyard.closure.pylock import is_pylock_name, read_pylock

HEAD = 'lock-version = "1.0"\ncreated-by = "a-locker"\n'


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("pylock.a.b.toml", False),
        ("mypylock.toml", False),
        ("pylock.toml.bak", False),
    ],
)
def test_lock_is_known_by_its_name(*, name: str, is_one: bool) -> None:
    """Source: PEP 751, "File Name"."""
    assert is_pylock_name(name) is is_one


def test_targets_outside_of_the_environments_are_problems() -> None:
    """A lock for Linux says nothing about Windows."""
    text = f"{HEAD}environments = [\"sys_platform == 'linux'\"]\npackages = []\n"

    reading = read_pylock(Path("pylock.toml"), text.encode(), [LINUX, WINDOWS])

    said = f"`pylock.toml` is not for {WINDOWS}: its `environments` leave it out. "
    assert len(reading.problems) == 1
    assert reading.problems[0].startswith(said)


def test_package_for_some_pythons_is_needed_on_those() -> None:
    """`requires-python` of a package counts as a condition."""
    text = f"""{HEAD}
[[packages]]
name = "demo"
version = "1.0"
requires-python = ">=3.12"
sdist = {{ name = "demo-1.0.tar.gz", hashes = {{ sha256 = "{"0" * 64}" }} }}
"""

    reading = read_pylock(Path("pylock.toml"), text.encode(), [LINUX, MACOS])

    assert [one.targets for one in reading.locked] == [frozenset({MACOS})]
