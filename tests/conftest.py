"""What every test gets: one event loop, nobody who blocks it, and settings for Hypothesis."""

import asyncio
import gc
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import blockbuster
import hypothesis
import pytest

from support.clients import NOT_INSTALLED
from support.house import ROOT
from support.last_words import failed_names
from support.radosgw import RadosGw, running_radosgw
from support.second_chance import RERUNS, begin_anew, lives_by_the_clock
from support.side_by_side import SharedScheduling
from wheelyard.clock import FrozenClock

# Machines differ in speed, so no example may fail for being slow, and the one test command must
# give the same verdict everywhere; `--hypothesis-profile=thorough` looks longer.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("steady")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the only loop that the server runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def nobody_blocks_the_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail an async test in which our own code blocks the event loop.

    Only calls with a frame of ``wheelyard`` on the stack count: a test may read and write its own
    files.  Computing is not noticed; use ``loop_guard`` for that.
    """
    asynchronous = request.node.get_closest_marker("anyio") is not None
    if not asynchronous or request.node.get_closest_marker("blocking") is not None:
        yield
        return
    with blockbuster.blockbuster_ctx("wheelyard") as found:
        for name, function in found.functions.items():
            if name.startswith("sqlite3."):
                # One indexed row, in place: whose a name is, and who asks, is read every time.
                function.can_block_in("catalog/connections.py", "read_now")
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while tests are collected, nor later among what they consist of.

    Twenty thousand tests are some millions of objects, all of which stay.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a second chance to what a machine that stands still can fail."""
    for item in items:
        if lives_by_the_clock(item.path.relative_to(ROOT / "tests")):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give who is run again servers of its own, before anything else is set up."""
    begin_anew(item)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SharedScheduling:
    """Keep together what shares servers that take long to start."""
    return SharedScheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say first which clients were left out, and last which tests failed."""
    _tell_missing_clients(terminalreporter)
    yield
    for name in failed_names(terminalreporter.stats):
        terminalreporter.line(f"failed: {name}")


def _tell_missing_clients(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud when real clients were left out: without an index to install them from.

    ``WHEELYARD_TEST_CLIENTS=required`` makes that a failure.
    """
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    missing = [reason for reason in skipped if NOT_INSTALLED in reason]
    if missing:
        terminalreporter.section("real clients")
        reason = missing[0].rpartition(NOT_INSTALLED)[2].rstrip("')")
        terminalreporter.line(f"{len(missing)} tests with real clients were skipped: {reason}")


@pytest.fixture(scope="session")
def radosgw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RadosGw]:
    """Run an object store, one for all tests; each makes a bucket of its own."""
    with running_radosgw(tmp_path_factory.mktemp("radosgw")) as running:
        yield running


@pytest.fixture
def clock() -> FrozenClock:
    """Stop the time; the test moves it by hand."""
    return FrozenClock()


@dataclass(slots=True)
class LoopGuard:
    """The longest that one step kept the event loop to itself, in seconds of CPU time.

    CPU time of the loop's thread and not time on the wall: another program on the same machine
    must not make a test fail.
    """

    limit_seconds: float = 0.1
    worst_seconds: float = 0.0
    worst_step: str = "nothing"


@pytest.fixture
def loop_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopGuard]:
    """Fail the test when one step of the loop computes for longer than the guard's limit."""
    guard = LoopGuard()
    run_step = asyncio.Handle._run  # asyncio has no public hook

    def run_and_measure(handle: asyncio.Handle) -> None:
        started = time.thread_time()
        try:
            run_step(handle)
        finally:
            seconds = time.thread_time() - started
            if seconds > guard.worst_seconds:
                guard.worst_seconds = seconds
                guard.worst_step = repr(handle)

    monkeypatch.setattr(asyncio.Handle, "_run", run_and_measure)
    yield guard
    if guard.worst_seconds > guard.limit_seconds:
        pytest.fail(
            f"one step held the loop for {guard.worst_seconds:.3f} s of CPU time: "
            f"{guard.worst_step}. Move the work to a thread (`anyio.to_thread.run_sync`)."
        )
