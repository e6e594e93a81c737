"""The upstream of all servers: the tests' simulator in a process of its own.

A process, so that its work is neither in the server's bill nor in the way of the load. It is told
what to hold, and how slow to be, by lines of JSON on its standard input; `simulated` is the other
end.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from bench.errors import CannotMeasureError
from bench.places import ROOT

__all__ = [
    "AddFile",
    "AddNames",
    "AddPage",
    "Ask",
    "Count",
    "Slow",
    "Told",
    "Upstream",
    "running_upstream",
]


class AddPage(msgspec.Struct, tag=True, frozen=True):
    """Have a project with many tiny files."""

    project: str
    files: int


class AddFile(msgspec.Struct, tag=True, frozen=True):
    """Have a project with one file of so many bytes, unlike any other."""

    project: str
    size: int


class AddNames(msgspec.Struct, tag=True, frozen=True):
    """Have a list of so many projects."""

    names: int


class Slow(msgspec.Struct, tag=True, frozen=True):
    """Wait before each answer, and send files no faster than this; `None` is no limit."""

    latency_seconds: float = 0
    bytes_per_second: int | None = None


class Count(msgspec.Struct, tag=True, frozen=True):
    """Count how often the file of a project was asked for."""

    project: str


Ask = AddPage | AddFile | AddNames | Slow | Count


class Told(msgspec.Struct, frozen=True):
    """What the simulator says to each line: where it is, and what it counted."""

    base_url: str
    fetches: int = 0
    sent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Upstream:
    """A running upstream."""

    process: "subprocess.Popen[bytes]"
    base_url: str

    @property
    def url(self) -> str:
        """Return the address of the index."""
        return f"{self.base_url}/simple/"

    def tell(self, ask: Ask) -> Told:
        """Say one line, and return the answer once it is done.

        Raises:
            CannotMeasureError: the process has ended.
        """
        if self.process.stdin is None:
            raise CannotMeasureError("The upstream has no standard input.")
        self.process.stdin.write(msgspec.json.encode(ask) + b"\n")
        self.process.stdin.flush()
        return _read_answer(self.process)

    def count(self, project: str) -> Told:
        """Return how often the file of `project` was fetched."""
        return self.tell(Count(project))


@contextmanager
def running_upstream(prefix: Sequence[str] = ()) -> Iterator[Upstream]:
    """Run an upstream; `prefix` comes before the command, to keep it to one processor."""
    command = [*prefix, sys.executable, "-m", "bench.simulated"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield Upstream(process, _read_answer(process).base_url)
        finally:
            process.kill()  # it has nothing to save


def _read_answer(process: "subprocess.Popen[bytes]") -> Told:
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise CannotMeasureError("The upstream has ended; its complaint is above.")
    return msgspec.json.decode(line, type=Told)
