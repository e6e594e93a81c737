"""Mirroring: a whole index is filled ahead of need, then renewed with nothing and little changed.

The programs take turns at the same kind of upstream: nginx with files, or one that makes its pages
up while it is asked, where files would be too many.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from string import Template
from typing import Self

from bench.asking import ask
from bench.cases import MirrorCase
from bench.ended import run_to_end
from bench.errors import CannotMeasureError, CannotRunError
from bench.mirrors import Mirror, MirrorRun
from bench.peers.nginx import find_nginx
from bench.places import BENCH, ROOT
from bench.results import Mirrored
from bench.servers import find_port
from bench.synthetic import SyntheticIndex

__all__ = ["Upstream", "measure_mirror"]

START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Step:
    """One run: what it is called, and for how many projects there is something new."""

    name: str
    changed: int


def measure_mirror(case: MirrorCase, mirror: Mirror, folder: Path) -> list[Mirrored]:
    """Return what it takes one program to fill a mirror, and to renew it.

    Raises:
        CannotMeasureError: it did not end well, or not in time.
    """
    steps = (
        _Step("first", case.projects),
        _Step("nothing changed", 0),
        _Step(f"{1 / case.every:.1%} changed", -(-case.projects // case.every)),
    )
    place = folder / mirror.name.replace(" ", "-")
    place.mkdir(parents=True)
    try:
        with Upstream(case, folder) as upstream:
            found = []
            for step in steps:
                if step is steps[-1]:
                    upstream.change(case.every)
                run = mirror.run(place, upstream.base_url, has_files=case.has_files)
                found.append(_measure(case, step, mirror, run, place))
            return found
    finally:
        rmtree(place)


def _measure(
    case: MirrorCase, step: _Step, mirror: Mirror, run: MirrorRun, place: Path
) -> Mirrored:
    """Run a program to its end."""
    try:
        ended = run_to_end(run.command, run.environment, place)
    except CannotMeasureError as error:
        raise CannotMeasureError(f"{step.name}: {error}") from error
    return Mirrored(
        tool=mirror.name,
        case=str(case),
        step=step.name,
        projects=step.changed,
        seconds=ended.seconds,
        processor_seconds=ended.processor_seconds,
        peak=ended.peak,
        private=ended.private,
        catalog_size=_catalog_size(place),
        foreign=ended.foreign,
    )


def _catalog_size(place: Path) -> int:
    """Return how many bytes our own program's rows take; 0 for the others."""
    return sum(path.stat().st_size for path in place.glob("data/catalog*") if path.is_file())


class Upstream:
    """An index that is mirrored, and changes when it is told to."""

    def __init__(self, case: MirrorCase, folder: Path) -> None:
        self._case = case
        self._folder = folder
        self._stack = ExitStack()
        self._port, self._inner = find_port(), find_port()
        self.base_url = f"http://127.0.0.1:{self._port}"
        self._index = SyntheticIndex(
            folder / "upstream",
            self.base_url,
            case.projects,
            has_files=case.has_files,
            releases=case.releases,
        )

    def __enter__(self) -> Self:
        """Start everything."""
        case, inner = self._case, self._inner if self._case.latency_seconds else self._port
        try:
            if case.simulated:
                self._simulate(0)
            else:
                self._index.write()
                self._start(*_nginx(self._folder, inner), port=inner)
            if case.latency_seconds:
                way = (str(self._port), str(inner), str(case.latency_seconds))
                self._start(sys.executable, "-m", "bench.delay", *way, port=self._port)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything, and remove it."""
        self._stack.close()
        rmtree(self._folder / "upstream", ignore_errors=True)

    def change(self, every: int) -> None:
        """Release every `every`th project anew."""
        if self._case.simulated:
            self._stack.close()
            self._simulate(every)
        else:
            self._index.change(range(0, self._case.projects, every))

    def _simulate(self, every: int) -> None:
        words = (str(self._port), str(self._case.projects), str(every))
        self._start(sys.executable, "-m", "bench.simulated_index", *words, port=self._port)

    def _start(self, *command: str, port: int) -> None:
        self._stack.enter_context(_running(command, self._folder, port))


def _nginx(folder: Path, port: int) -> Sequence[str]:
    """Return the command of nginx over what is in `folder`."""
    place = folder / "nginx"
    (place / "temporary").mkdir(parents=True, exist_ok=True)
    text = Template((BENCH / "peers" / "nginx_mirrored.conf").read_text("utf-8")).substitute(
        port=port,
        tree=folder / "upstream",
        user="user root;" if os.geteuid() == 0 else "",
    )
    (place / "nginx.conf").write_text(text, "utf-8")
    return (find_nginx(), "-p", str(place), "-e", "error.log", "-c", str(place / "nginx.conf"))


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    """Run a server until the block is left; it is entered once the server answers."""
    with (folder / "upstream.log").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        give_up = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError, CannotMeasureError):
                ask(f"http://127.0.0.1:{port}/nothing", {})
                break
            if process.poll() is not None or time.monotonic() > give_up:
                raise CannotRunError("the upstream did not start")
            time.sleep(0.05)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
