"""`pdm.lock`; what each sample says is in `test_reading.py`."""

from pathlib import Path

from support.closures import LINUX, MACOS
from wheelyard.closure.pdm_lock import read_pdm_lock

LOCK = """
[metadata]
lock_version = "4.4.1"

[[package]]
name = "demo"
version = "1.0"
requires_python = ">=3.12"
"""


def test_package_without_files_is_needed_whatever_they_are() -> None:
    """Locks without digests name versions alone."""
    reading = read_pdm_lock(Path("pdm.lock"), LOCK.encode(), [LINUX, MACOS])

    assert [(one.name, one.files, one.targets) for one in reading.locked] == [
        ("demo", None, frozenset({MACOS}))
    ]
