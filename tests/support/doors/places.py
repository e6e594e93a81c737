"""A door that is open, programs that keep one open, and ports for them."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.simulator import ask

__all__ = ["OpenDoor", "Program", "running"]

_PATIENCE_SECONDS = 180.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """An index that can be asked at `url`, until somebody `leaves`."""

    url: str
    leave: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A command that serves an index: `live_url` answers as soon as it is ready."""

    command: tuple[str | Path, ...]
    live_url: str
    folder: Path
    variables: Mapping[str, str]


@contextlib.contextmanager
def running(program: Program) -> Iterator[Callable[[], None]]:
    """Run a program for the length of a `with` block; yield what ends it before.

    Raises:
        AssertionError: it ends by itself, or does not answer in time.
    """
    log_file = program.folder / "program.log"
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            [str(word) for word in program.command],
            cwd=program.folder,
            env=dict(program.variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):

        def leave() -> None:
            process.terminate()
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

        try:
            _wait_until_ready(program, process, log_file)
            yield leave
        finally:
            leave()


def _wait_until_ready(program: Program, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if ask(program.live_url).status < 500:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
    said = log_file.read_text("utf-8", errors="replace")
    raise AssertionError(f"{program.command[0]} does not answer; it said:\n{said}")
