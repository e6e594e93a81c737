"""Waiting for what raises no event, such as another process or a thread, and measuring time."""

import itertools
from collections.abc import Callable

import anyio

__all__ = ["best_of", "until"]

_ATTEMPTS = 6


def best_of(measure: Callable[[int], float], enough_seconds: float) -> float:
    """Return the first time that is less than ``enough_seconds``, or else the best of several.

    What is promised in seconds is promised of the program, and the machine may stand still for a
    while. ``measure`` is given the number of the attempt.
    """
    best = float("inf")
    for attempt in itertools.count():
        best = min(best, measure(attempt))
        if best < enough_seconds or attempt + 1 == _ATTEMPTS:
            break
    return best


async def until(holds: Callable[[], bool], seconds: float = 180.0) -> None:
    """Return as soon as ``holds`` does.

    Raises:
        TimeoutError: it does not in time.
    """
    with anyio.fail_after(seconds):
        while not holds():  # noqa: ASYNC110 - see the module
            await anyio.sleep(0.01)
