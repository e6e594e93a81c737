"""Clocks: the machine's, and one that stands still."""

import time

from wheelyard.clock import Clock, FrozenClock, SystemClock


def test_system_clock_tells_the_time_of_the_machine() -> None:
    """In seconds since the epoch."""
    before = time.time()

    now = SystemClock().now()

    assert before <= now <= time.time()


def test_frozen_clock_moves_only_when_told() -> None:
    """Forward, and back as clocks do when they are set."""
    clock: Clock = (frozen := FrozenClock(1_000.0))

    readings = [clock.now(), clock.now()]
    frozen.forward(5)
    readings.append(clock.now())
    frozen.forward(-10)
    readings.append(clock.now())

    assert readings == [1_000.0, 1_000.0, 1_005.0, 995.0]
