"""Publishing: an index becomes a tree of files, then little of it has changed.

Our own program publishes what it holds, so it is given a mirror of the same index first, which is
not measured.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

from bench.cases import MirrorCase, PublishCase
from bench.ended import run_to_end
from bench.errors import CannotMeasureError
from bench.mirroring import Upstream
from bench.mirrors import WheelyardSync
from bench.publishers import Publisher, WheelyardPublish
from bench.results import Published
from bench.synthetic import SyntheticProject

__all__ = ["measure_publish"]

_FILL_SECONDS = 3600


def measure_publish(case: PublishCase, publisher: Publisher, folder: Path) -> list[Published]:
    """Return what it takes one program to publish an index, and then what has changed of it.

    Raises:
        CannotMeasureError: it did not end well, or not in time.
    """
    place = folder / publisher.name.replace(" ", "-")
    place.mkdir(parents=True)
    try:
        if not isinstance(publisher, WheelyardPublish):
            return [_measure(case, publisher, place, every) for every in (0, case.every)]
        found = []
        mirrored = MirrorCase(projects=case.projects, has_files=True, releases=case.releases)
        with Upstream(mirrored, folder) as upstream:
            for every in (0, case.every):
                if every:
                    upstream.change(every)
                _fill(place, upstream.base_url)
                found.append(_measure(case, publisher, place, every))
        return found
    finally:
        rmtree(place)


def _measure(case: PublishCase, publisher: Publisher, place: Path, every: int) -> Published:
    """Run a program to its end; every `every`th project was released anew, none with 0."""
    run = publisher.run(place, _projects(case, every))
    step = f"{1 / every:.1%} changed" if every else "first"
    try:
        ended = run_to_end(run.command, run.environment, place)
    except CannotMeasureError as error:
        raise CannotMeasureError(f"{step}: {error}") from error
    return Published(
        tool=publisher.name,
        case=str(case),
        step=step,
        projects=-(-case.projects // every) if every else case.projects,
        seconds=ended.seconds,
        processor_seconds=ended.processor_seconds,
        peak=ended.peak,
        private=ended.private,
        objects=sum(len(files) for _, _, files in os.walk(place / "tree")),
        foreign=ended.foreign,
    )


def _projects(case: PublishCase, every: int) -> Iterator[SyntheticProject]:
    """Yield the projects as they are after every `every`th was released anew."""
    for number in range(case.projects):
        revision = 1 if every and number % every == 0 else 0
        yield SyntheticProject(number, revision, case.releases)


def _fill(place: Path, base_url: str) -> None:
    """Mirror the index into our own store."""
    run = WheelyardSync().run(place, base_url, has_files=True)
    environment = {name: text for name, text in os.environ.items() if "WHEELYARD" not in name}
    answer = subprocess.run(
        run.command,
        cwd=place,
        env={**environment, **run.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_FILL_SECONDS,
        check=False,
    )
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", errors="replace").strip().splitlines()
        raise CannotMeasureError(f"the mirror was not filled: {(said or ['nothing said'])[-1]}")
