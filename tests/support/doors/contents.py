"""What every door offers: a project that needs another, whose name is not spelled as asked for."""

import os
from collections.abc import Iterable
from pathlib import Path

from support.packages import Package, make_sdist, make_wheel

__all__ = ["APP", "PARTS", "SDISTS", "WHEELS", "flat_directory", "folders"]

APP = "yard-app"
PARTS = "spare-parts"

WHEELS = (
    make_wheel("Yard.App", "1.0", requires=["spare-parts>=1"], payload_bytes=20_000),
    make_wheel("Spare.Parts", "1.0"),
    make_wheel("Spare.Parts", "1.5"),
)
SDISTS = (
    make_sdist("Yard.App", "1.0", requires=["spare-parts>=1"], legacy_filename=True),
    make_sdist("Spare.Parts", "1.5", legacy_filename=True),
)

_LONG_AGO = 1_700_000_000.0
"""Files that were written just now may still grow, and a careful reader waits."""


def flat_directory(folder: Path, packages: Iterable[Package] = WHEELS) -> Path:
    """Write archives side by side into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        path = folder / package.filename
        path.write_bytes(package.content)
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    return folder


def folders(folder: Path, packages: Iterable[Package] = WHEELS) -> Path:
    """Write archives into one folder per project, as its author spells the name, and return it."""
    for package in packages:
        flat_directory(folder / package.name, [package])
    return folder
