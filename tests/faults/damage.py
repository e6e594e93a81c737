"""Ways to damage a held file, and what there is to see of it."""

import re
import subprocess
import sys
from pathlib import Path

from faults.yard import Yard, eventually
from support.house import ROOT
from support.packages import Package, make_wheel
from support.programs import run_program

__all__ = [
    "DAMAGES",
    "LARGE",
    "SMALL",
    "blob_of",
    "delete",
    "flip",
    "hold",
    "quarantined",
    "run_verify",
    "start_verify",
]

SMALL = 3_000
LARGE = 66 * 1024**2
"""Too long to be read before its first byte is given out."""


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def cut(path: Path) -> None:
    """Lose the second half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def zero(path: Path) -> None:
    """Keep the length and nothing else."""
    path.write_bytes(bytes(path.stat().st_size))


def delete(path: Path) -> None:
    """Leave a row without a file."""
    path.unlink()


def hold(yard: Yard, name: str, size: int) -> tuple[Package, str, Path]:
    """Return a package that is held, the path of its file, and where it is kept."""
    package = make_wheel(name, "1.0", payload_bytes=size)
    yard.add_held(package)
    path = yard.path_of(package)
    before = hits(yard)

    def comes_from_the_store() -> bool:
        # Not from the download that has just ended, and has the right bytes still in its hands.
        assert yard.client.ask(path).body == package.content
        return hits(yard) > before

    eventually(comes_from_the_store, "it comes from the store")
    return package, path, blob_of(yard.data, package)


def hits(yard: Yard) -> int:
    """Return how many files were sent from the store."""
    found = re.search(
        r'^wheelyard_cache_answers_total{kind="file",result="hit"} (\d+)',
        yard.client.ask("/-/metrics").text,
        re.MULTILINE,
    )
    return int(found[1]) if found else 0


def blob_of(data: Path, package: Package) -> Path:
    """Return where the bytes of a package are kept, once they are."""
    digest = package.sha256
    blob = data / "blobs" / digest[:2] / digest[2:4] / digest
    eventually(blob.is_file, "the file is in the store")
    return blob


def quarantined(data: Path) -> list[Path]:
    """Return what is in the quarantine of a data directory."""
    return list((data / "quarantine").iterdir())


def run_verify(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `wheelyard verify` on a data directory."""
    return run_program(
        ["verify", "--data", str(data), *words],
        cwd=data.parent,
        environ={"HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
        timeout=120,
    )


def start_verify(data: Path, *words: str) -> subprocess.Popen[str]:
    """Start `wheelyard verify` on a data directory, to be ended by the test."""
    return subprocess.Popen(
        [sys.executable, "-m", "wheelyard", "verify", "--data", str(data), *words],
        env={"HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src")},
        cwd=data.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


DAMAGES = [flip, cut, zero, delete]
