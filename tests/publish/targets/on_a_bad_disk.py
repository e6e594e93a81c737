"""Publishes to directories that cannot take it; run apart from other mounts, see the test.

Prints one JSON object: what was said in each case, and what was there afterwards.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio

from wheelyard.blobs import DiskThreads
from wheelyard.errors import Unavailable
from wheelyard.publish.targets import ObjectHeaders
from wheelyard.publish.targets.directory import DirectoryTarget

HEADERS = ObjectHeaders("text/html", "no-cache")
NOBODY = 65_534


async def written(root: Path, path: str, size: int) -> str:
    """Return what is said about writing an object."""
    async with DirectoryTarget(root, DiskThreads()) as target:
        try:
            await target.put(path, b"x" * size, HEADERS)
        except Unavailable as error:
            return error.reason
    return "nothing"


def said(root: Path, path: str, size: int) -> tuple[str, list[str]]:
    """Return what is said, and all files that are there then."""
    sentence = anyio.run(written, root, path, size)
    return sentence, sorted(
        str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()
    )


def mount(*words: str) -> None:
    """Mount, or raise."""
    subprocess.run(["mount", *words], check=True, capture_output=True)


def main(folder: Path) -> None:
    """Try each case."""
    os.chdir(folder)  # others may not look into the folders above it
    answers = {}
    disk = Path("disk")
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk))
    said(disk, "page", 10)
    answers["full"] = said(disk, "simple/large", 2 * 1024**2)
    disk.joinpath("packages").mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk / "packages"))
    answers["elsewhere"] = said(disk, "packages/a", 10)
    mount("-o", "remount,ro", str(disk))
    answers["read-only"] = said(disk, "page", 10)
    shut = Path("shut")
    shut.mkdir(mode=0o555)
    if os.geteuid() == 0:
        folder.chmod(0o755)
        os.seteuid(NOBODY)
    answers["shut"] = said(shut, "page", 10)
    answers["shut above"] = said(shut / "tree", "page", 10)
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
