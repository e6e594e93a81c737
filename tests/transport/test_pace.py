"""Rates and phases."""

import asyncio

import pytest

from wheelyard.transport.base import Fault
from wheelyard.transport.pace import Pace, Progress


def test_pace_below_the_least_rate_is_noticed_after_a_window() -> None:
    """One byte every five seconds is too slow, and is found out once the window is over."""
    pace = Pace(least_bytes_per_second=100, window_seconds=20)

    kept = [pace.add(1, 5.0) for _ in range(4)]

    assert kept == [True, True, True, False]


def test_pace_counts_only_the_time_spent_waiting() -> None:
    """A reader who takes an hour between chunks does not make the upstream slow."""
    pace = Pace(least_bytes_per_second=100, window_seconds=20)

    assert all(pace.add(65_536, 0.001) for _ in range(100))


def test_pace_starts_anew_with_each_window() -> None:
    """A fast beginning does not pay for a slow rest."""
    pace = Pace(least_bytes_per_second=100, window_seconds=10)

    kept = [pace.add(1_000_000, 10.0), pace.add(1, 10.0)]

    assert kept == [True, False]


@pytest.mark.anyio
async def test_phase_after_the_end_is_ignored() -> None:
    """A look-up that others still wait for does not touch the deadline of who gave up."""
    progress = Progress(asyncio.timeout(None), over=True)

    progress.enter(Fault.DNS, 1.0)

    assert progress.fault is Fault.CONNECT_TIMEOUT
