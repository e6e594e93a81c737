"""wrk: as many requests as a server answers, over kept connections."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import CannotMeasureError
from bench.machine import Processors
from bench.places import BENCH

__all__ = ["Load", "Loaded", "find_wrk", "parse_report", "run_load"]

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run of wrk. With `exact` every status is looked at, which costs the load a third."""

    url: str
    headers: Mapping[str, str]
    connections: int
    seconds: int
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What wrk counted. `others` are answers that are not 200; without `exact`, from 400 on.

    `failed` counts connections that broke and answers that took too long.
    """

    requests: int
    seconds: float
    read_bytes: int
    p50_ms: float
    p99_ms: float
    failed: int
    others: int

    @property
    def requests_per_second(self) -> float:
        """Return the rate of whole answers."""
        return self.requests / self.seconds

    def missing(self, wire_bytes: int) -> int:
        """Return how many answers cannot have been whole if one is `wire_bytes` long.

        A redirect or a 304 is not an error for wrk, but it is short. Headers such as `Age` make
        lengths differ by some bytes, so a hundredth is allowed.
        """
        whole = self.requests * wire_bytes
        return max(0, round((whole * 0.99 - self.read_bytes) / wire_bytes))


def find_wrk() -> str:
    """Return the path of wrk.

    Raises:
        CannotMeasureError: it is not installed.
    """
    if found := shutil.which("wrk"):
        return found
    raise CannotMeasureError("`wrk` makes the load and is not installed: `apt-get install wrk`.")


def run_load(load: Load, processors: Processors) -> Loaded:
    """Ask for one URL until the time is over, and return what came of it.

    Raises:
        CannotMeasureError: wrk did not run.
    """
    command = [
        *processors.prefix(processors.load),
        find_wrk(),
        "--threads=1",
        f"--connections={load.connections}",
        f"--duration={load.seconds}s",
        f"--timeout={TIMEOUT_SECONDS}s",
        f"--script={BENCH / 'load.lua'}",
        *(f"--header={name}: {value}" for name, value in load.headers.items()),
        load.url,
        "--",
        "exact" if load.exact else "fast",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CannotMeasureError(f"wrk failed: {answer.stderr.strip() or answer.stdout.strip()}")
    return parse_report(answer.stdout)


def parse_report(output: str) -> Loaded:
    """Return what our script wrote as the last line of wrk's output."""
    return Loaded(**json.loads(output.strip().splitlines()[-1]))
