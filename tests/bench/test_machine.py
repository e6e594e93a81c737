"""What the kernel says about processes, and what we make of it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from bench.machine import (
    MemoryWatch,
    Meter,
    choose_processors,
    load_memory,
    load_process_tree,
    load_processor_seconds,
)

# Told to, it works for a while, says so, and waits; with a child that only waits.
WORKER = """
import subprocess, sys, time
sys.stdin.readline()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
ballast = bytearray(b"x" * 40_000_000)
while time.process_time() < 0.3:
    pass
print(child.pid, flush=True)
sys.stdin.read()
child.communicate()
"""


@pytest.fixture
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that is to do some work."""
    command = [sys.executable, "-c", WORKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.communicate()


def wait_for(worker: "subprocess.Popen[bytes]") -> int:
    """Let the worker work; return the process id of its child once that is done."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(b"go\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def test_tree_has_children(worker: "subprocess.Popen[bytes]") -> None:
    """A server that forks is still one server."""
    child = wait_for(worker)

    assert load_process_tree(worker.pid) == (worker.pid, child)


def test_meter_bills_the_server_only(worker: "subprocess.Popen[bytes]") -> None:
    """The work of the server is counted, and is not taken for somebody else's."""
    meter = Meter(worker.pid)
    wait_for(worker)
    reading = meter.stop()

    assert 0.1 < reading.server_seconds <= reading.seconds * (os.cpu_count() or 1)
    assert 0 <= reading.foreign <= 1


def test_memory_counts_what_is_used(worker: "subprocess.Popen[bytes]") -> None:
    """Forty megabytes are at least forty megabytes, and shared ones are counted once."""
    wait_for(worker)
    memory = load_memory(load_process_tree(worker.pid))

    assert 40_000_000 < memory.proportional <= memory.resident


def test_memory_watch_sees_growth(worker: "subprocess.Popen[bytes]") -> None:
    """The highest point is remembered, from before to after."""
    with MemoryWatch(worker.pid) as watch:
        wait_for(worker)

    assert 0 < watch.growth <= watch.highest.proportional


def test_ended_process_has_taken_nothing() -> None:
    """A process may end while it is being looked at."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert load_processor_seconds([process.pid]) == 0
    assert load_memory([process.pid]).resident == 0


def test_server_and_load_are_apart() -> None:
    """On one processor they would take each other's time; with only one nobody is kept to it."""
    processors = choose_processors()

    assert processors.server != processors.load or processors.server is None
    assert processors.prefix(None) == ()
