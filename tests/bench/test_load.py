"""The load: every answer that is not a whole 200 is noticed."""

import shutil
from collections.abc import Iterator

import pytest
from bench.load import Load, Loaded, parse_report, run_load
from bench.machine import Processors

from support.packages import make_wheel
from support.simulator import Simulator, redirect_to, running_simulator

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")

REPORT = (
    "Running 1s test\n  Thread Stats\n\n"
    '{"requests":10,"seconds":2.0,"read_bytes":5000,"p50_ms":1.5,"p99_ms":3.0,"failed":0,"others":0}'
)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index with one page."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("demo", "1.0"))
        yield simulator


def run(url: str) -> Loaded:
    """Put load on an address for a second, looking at every status."""
    load = Load(url=url, headers={"Accept": "text/html"}, connections=2, seconds=1, exact=True)
    return run_load(load, Processors())


def test_report_of_wrk_is_its_last_line() -> None:
    """What wrk itself prints is for people."""
    loaded = parse_report(REPORT)

    assert loaded.requests_per_second == 5
    assert loaded.p99_ms == 3


@pytest.mark.parametrize(
    ("read_bytes", "missing"), [(5000, 0), (4990, 0), (5300, 0), (4000, 2), (0, 10)]
)
def test_short_answers_are_missing(read_bytes: int, missing: int) -> None:
    """Redirects and 304 are no errors for wrk, but ten whole answers are longer than these."""
    words = {"requests": 10, "seconds": 1.0, "p50_ms": 1.0, "p99_ms": 1.0, "failed": 0, "others": 0}
    loaded = Loaded(**words, read_bytes=read_bytes)  # type: ignore[arg-type]  # ints are floats

    assert loaded.missing(wire_bytes=500) == missing


@needs_wrk
@pytest.mark.slow
def test_load_on_page_has_no_errors(upstream: Simulator) -> None:
    """A server in order is said to be in order."""
    loaded = run(f"{upstream.url}demo/")

    assert loaded.requests > 0
    assert (loaded.failed, loaded.others) == (0, 0)


@needs_wrk
@pytest.mark.slow
def test_load_counts_every_redirect(upstream: Simulator) -> None:
    """A redirect is not the page, although wrk takes it for a success."""
    upstream.fault("page", redirect_to("/elsewhere"))

    loaded = run(f"{upstream.url}demo/")

    assert loaded.requests > 0
    assert loaded.others >= loaded.requests
