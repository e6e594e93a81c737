"""Where the time goes: the server of this clone under the load of one case, profiled.

`cProfile` names Python's functions and slows them; `perf` sees native code too, at full speed, but
does not know Python's functions by name.
"""

import io
import pstats
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.asking import ask
from bench.cases import FULL, FileCase, PageCase, WarmCase
from bench.errors import CannotMeasureError
from bench.load import Load, run_load
from bench.machine import Processors, choose_processors
from bench.peers import Site, Wheelyard
from bench.servers import Server, find_port, running_server
from bench.upstream import AddFile, AddPage, running_upstream
from bench.warm import address_of, check

__all__ = ["CASES", "profile_native", "profile_python"]

LINES = 45

CASES: dict[str, WarmCase] = {
    "page": PageCase(files=20),
    "page-identity": PageCase(files=20, compressed=False),
    "page-html": PageCase(files=20, format="html"),
    "large-page": PageCase(files=3000),
    "large-page-identity": PageCase(files=3000, compressed=False),
    "file-50k": FULL.files[0],
    "file-5m": FULL.files[1],
    "file-100m": FULL.files[2],
}


def profile_python(case: WarmCase, seconds: int) -> str:
    """Return the functions that took most time of their own, and of all they called."""
    processors = choose_processors()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder, "profile")
        peer = Wheelyard(runner=("-m", "cProfile", "-o", str(file)))
        with _serving(case, peer, Path(folder), processors) as server:
            _put_load(case, server, seconds, processors)
        if not file.exists():
            raise CannotMeasureError("The server ended without writing its profile.")
        text = io.StringIO()
        stats = pstats.Stats(str(file), stream=text).strip_dirs()
        stats.sort_stats("tottime").print_stats(LINES)
        stats.sort_stats("cumulative").print_stats(LINES)
        return text.getvalue()


def profile_native(case: WarmCase, seconds: int) -> str:
    """Return the native functions that took most time.

    Raises:
        CannotMeasureError: `perf` is not installed, or not allowed.
    """
    if not (perf := shutil.which("perf")):
        raise CannotMeasureError("`perf` is not installed: `apt-get install linux-perf`.")
    processors = choose_processors()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = str(Path(folder, "perf.data"))
        with _serving(case, Wheelyard(), Path(folder), processors) as server:
            record = [perf, "record", "-q", "-e", "cpu-clock", "-o", data, "-p", str(server.pid)]
            with subprocess.Popen(
                [*record, "--", "sleep", str(seconds)], stderr=subprocess.DEVNULL
            ):
                _put_load(case, server, seconds, processors)
        report = [perf, "report", "--stdio", "--no-children", "-i", data, "--percent-limit", "0.5"]
        answer = subprocess.run(report, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise CannotMeasureError(f"perf failed: {answer.stderr.strip()[-300:]}")
        return answer.stdout


@contextmanager
def _serving(
    case: WarmCase, peer: Wheelyard, folder: Path, processors: Processors
) -> Iterator[Server]:
    """Run the server on its own processor."""
    with running_upstream(processors.prefix(processors.load)) as upstream:
        if isinstance(case, FileCase):
            upstream.tell(AddFile(case.project, case.size))
        else:
            upstream.tell(AddPage(case.project, case.files))
        site = Site(port=find_port(), folder=folder, upstream_url=upstream.url, tree=folder)
        with running_server(peer, site, processors.prefix(processors.server)) as server:
            yield server


def _put_load(case: WarmCase, server: Server, seconds: int, processors: Processors) -> None:
    url = address_of(case, server)
    check(case, ask(url, case.headers))
    connections = case.connections
    load = Load(url=url, headers=case.headers, connections=connections, seconds=seconds)
    run_load(load, processors)
