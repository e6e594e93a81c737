"""A data directory with everything in it, filled once for all tests of the room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from mirror.ready.yard import EVERYTHING, WITHDRAWN, Place, fill
from support.simulator import running_simulator


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return the directory; whoever changes it changes a copy."""
    with running_simulator() as index:
        index.add(*(package for package in EVERYTHING if package is not WITHDRAWN))
        index.add(WITHDRAWN, yanked="broken")
        yield anyio.run(fill, tmp_path_factory.mktemp("ready") / "data", index)


@pytest.fixture
def place(full: Place, tmp_path: Path) -> Place:
    """Return a copy of the directory."""
    return full.copy_to(tmp_path / "data")


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., list[Path]]:
    """Return who writes lines into a requirements file."""

    def write(*lines: str, name: str = "requirements.txt") -> list[Path]:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return [path]

    return write
